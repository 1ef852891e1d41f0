import assert from "node:assert/strict";
import { test } from "node:test";
import {
  neighbour,
  nextOfName,
  nextUnreviewed,
  onlyOneAround,
  placeFrom,
  trueEventAt,
} from "../../../components/player/review.js";

/** @typedef {import("../../../components/player/data.js").TruthRow} TruthRow */

/**
 * @param {number} number
 * @param {number} onset
 * @param {number} offset
 * @param {string} name
 * @param {number} row
 * @returns {TruthRow}
 */
function row(number, onset, offset, name, row) {
  return { number, onset, offset, name, label: name, state: "correct", row };
}

const TRUTH = [row(1, 1, 3, "Dog", 0), row(4, 2, 4, "Cat", 1), row(2, 6, 6.01, "Dog", 0)];

const FOUND = [0.5, 2, 2, 5].map((onset, index) => {
  return { onset, offset: onset + 1, lane: -1, index, judgement: "" };
});

test("the next event that is not reviewed is searched on and around", () => {
  assert.equal(nextUnreviewed(["", "true", "", "false"], 0), 0);
  assert.equal(nextUnreviewed(["", "true", "", "false"], 1), 2);
  assert.equal(nextUnreviewed(["", "true", "", "false"], 3), 0);
  assert.equal(nextUnreviewed(["", "true"], 2), 0);
  assert.equal(nextUnreviewed(["true", "false"], 0), -1);
  assert.equal(nextUnreviewed([], 0), -1);
});

test("without an event, the search begins at the playhead", () => {
  assert.equal(placeFrom(FOUND, 0.6), 1);
  assert.equal(placeFrom(FOUND, 9), 0);
});

test("a true event is found at its row, short ones with some leeway", () => {
  assert.equal(trueEventAt(TRUTH, 0, 2.5, 0.1)?.number, 1);
  assert.equal(trueEventAt(TRUTH, 1, 2.5, 0.1)?.number, 4);
  assert.equal(trueEventAt(TRUTH, 0, 5.95, 0.1)?.number, 2);
  assert.equal(trueEventAt(TRUTH, 0, 5.5, 0.1), null);
  assert.equal(trueEventAt(TRUTH, 2, 2.5, 0.1), null);
});

test("the nearest of two true events is the one at a place", () => {
  const near = [row(1, 1, 2, "Dog", 0), row(2, 2.05, 3, "Dog", 0)];
  assert.equal(trueEventAt(near, 0, 2.04, 0.1)?.number, 2);
});

test("true events are visited in both directions", () => {
  assert.equal(neighbour(TRUTH, TRUTH[0], 1, 0)?.number, 4);
  assert.equal(neighbour(TRUTH, TRUTH[0], -1, 0), null);
  assert.equal(neighbour(TRUTH, TRUTH[2], 1, 0), null);
  assert.equal(neighbour(TRUTH, null, 1, 1.5)?.number, 4);
  assert.equal(neighbour(TRUTH, null, -1, 1.5)?.number, 1);
  assert.equal(neighbour(TRUTH, null, 1, 9)?.number, 2);
  assert.equal(neighbour(TRUTH, null, -1, 0)?.number, 1);
  assert.equal(neighbour([], null, 1, 0), null);
});

test("an event is merged with the next of its name", () => {
  assert.equal(nextOfName(TRUTH, TRUTH[0])?.number, 2);
  assert.equal(nextOfName(TRUTH, TRUTH[1]), null);
});

test("an event is split without being selected where it is the only one", () => {
  assert.equal(onlyOneAround(TRUTH, 1.5)?.number, 1);
  assert.equal(onlyOneAround(TRUTH, 2.5), null);
  assert.equal(onlyOneAround(TRUTH, 5), null);
});
