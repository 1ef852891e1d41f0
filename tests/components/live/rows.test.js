import assert from "node:assert/strict";
import { test } from "node:test";
import { assignRows } from "../../../components/live/rows.js";

/**
 * Return the score of each class.
 *
 * @param {Record<number, number>} scores
 */
function scoresOf(scores) {
  return new Map(Object.entries(scores).map(([index, score]) => [Number(index), score]));
}

test("the best classes take free rows, best first", () => {
  const scores = scoresOf({ 4: 0.2, 7: 0.9, 1: 0.5 });
  assert.deepEqual(assignRows([null, null], scores), [7, 1]);
  assert.deepEqual(assignRows([null, null, null, null], scores), [7, 1, 4, null]);
});

test("a class keeps its row until another one is clearly above it", () => {
  assert.deepEqual(assignRows([7, 1], scoresOf({ 7: 0.5, 1: 0.55 })), [7, 1]);
  assert.deepEqual(assignRows([7, 1], scoresOf({ 7: 0.5, 1: 0.7 })), [1, 7]);
  assert.deepEqual(assignRows([7, 1], scoresOf({ 7: 0.5, 1: 0.4, 3: 0.45 })), [7, 1]);
  assert.deepEqual(assignRows([7, 1], scoresOf({ 7: 0.5, 1: 0.4, 3: 0.65 })), [3, 7]);
});

test("a class that is gone gives its row to any higher score", () => {
  assert.deepEqual(assignRows([7, 1], scoresOf({ 7: 0.5, 1: 0.01, 3: 0.02 })), [7, 3]);
});

test("equal scores are in the model's order", () => {
  assert.deepEqual(assignRows([null, null], scoresOf({ 9: 0.5, 2: 0.5, 5: 0.5 })), [2, 5]);
});

test("a class far below the threshold has no row", () => {
  assert.deepEqual(assignRows([null, null], scoresOf({ 7: 0.9, 1: 0.14 }), 0.3), [7, null]);
  assert.deepEqual(assignRows([null, null], scoresOf({ 7: 0.9, 1: 0.16 }), 0.3), [7, 1]);
});

test("a class keeps its row while its score wavers", () => {
  assert.deepEqual(assignRows([7, 1], scoresOf({ 7: 0.9, 1: 0.13 }), 0.3), [7, 1]);
  assert.deepEqual(assignRows([7, 1], scoresOf({ 7: 0.9, 1: 0.11 }), 0.3), [7, null]);
  assert.deepEqual(assignRows([7, 1], scoresOf({ 7: 0.1, 1: 0.1 }), 0.3), [null, null]);
});

test("without scores all rows are free", () => {
  assert.deepEqual(assignRows([7, 1], new Map()), [null, null]);
});
