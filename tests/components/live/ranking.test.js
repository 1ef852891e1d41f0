import assert from "node:assert/strict";
import { test } from "node:test";
import { advance, Ranking } from "../../../components/live/ranking.js";

/** @import { Place } from "../../../components/live/ranking.js" */

const HOP_S = 0.25;
const THRESHOLD = 0.3;

/**
 * Return a frame.
 *
 * @param {number} number - Counted from 0.
 * @param {Record<number, number>} scores - By class index.
 */
function frameOf(number, scores) {
  return {
    begin: number * HOP_S,
    end: (number + 1) * HOP_S,
    classes: Uint16Array.from(Object.keys(scores), Number),
    scores: Float32Array.from(Object.values(scores)),
  };
}

/**
 * Return the class indices after each of some frames.
 *
 * @param {Record<number, number>[]} frames
 */
function places(frames, count = 4) {
  /** @type {Place[]} */
  let held = [];
  return frames.map((scores, number) => {
    held = advance(held, frameOf(number, scores), THRESHOLD, count);
    return held.map(({ index }) => index);
  });
}

/** @param {number[][]} shown */
function changesOfBest(shown) {
  const best = shown.map(([index]) => index);
  return best.filter((index, at) => at > 0 && index !== best[at - 1]).length;
}

/**
 * Return pseudo-random numbers in [0, 1) (Numerical Recipes' linear congruential generator).
 *
 * @param {number} seed
 */
function random(seed) {
  let state = seed;
  return () => {
    state = (1664525 * state + 1013904223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

test("a class appears at the threshold, best first, in the model's order where equal", () => {
  assert.deepEqual(places([{ 4: 0.29 }]), [[]]);
  assert.deepEqual(places([{ 4: 0.3, 7: 0.9, 2: 0.3 }]), [[7, 2, 4]]);
  assert.deepEqual(places([{ 1: 0.4, 2: 0.5, 3: 0.6, 4: 0.7, 5: 0.8 }]), [[5, 4, 3, 2]]);
});

test("a score that wavers about the threshold does not flicker", () => {
  const next = random(7);
  const frames = Array.from({ length: 400 }, () => ({ 5: 0.22 + 0.16 * next() }));
  const shown = places([{ 5: 0.31 }, ...frames]);
  assert.ok(frames.filter((scores) => scores[5] < THRESHOLD).length > 100, "it wavers");
  assert.ok(shown.every((one) => one.length === 1));
});

test("a class stays for a second after it fell, and then leaves", () => {
  const shown = places([{ 5: 0.9 }, ...Array(8).fill({ 5: 0.02 })]);
  const n = shown.filter((one) => one.length > 0).length;
  assert.equal(n, 1 + 1 / HOP_S);
  assert.deepEqual(shown.at(-1), []);
});

test("a short pause between two sounds of one class changes nothing", () => {
  const beat = [{ 5: 0.8 }, { 5: 0.01 }, { 5: 0.01 }, { 5: 0.8 }];
  const shown = places([...beat, ...beat, ...beat]);
  assert.ok(shown.every(([best]) => best === 5));
});

test("two classes of about one score do not change places", () => {
  const next = random(3);
  const frames = Array.from({ length: 400 }, () => ({
    1: 0.6 + 0.1 * next(),
    2: 0.6 + 0.1 * next(),
  }));
  assert.ok(
    frames.filter((one, at) => at > 0 && one[1] > one[2] !== frames[at - 1][1] > frames[at - 1][2])
      .length > 100,
    "the higher one changes all the time",
  );
  assert.equal(changesOfBest(places(frames)), 0);
});

test("the best class changes at most twice a second, however wild the scores", () => {
  const next = random(11);
  const frames = Array.from({ length: 800 }, () =>
    Object.fromEntries(Array.from({ length: 6 }, (_, index) => [index, next()])),
  );
  const shown = places(frames);
  const naive = frames.map((one) => [
    Number(Object.entries(one).sort(([, a], [, b]) => b - a)[0][0]),
  ]);
  assert.ok(changesOfBest(naive) > 600);
  assert.ok(changesOfBest(shown) <= 2 * frames.length * HOP_S);
  for (const one of shown) assert.equal(new Set(one).size, one.length, "no class has two places");
});

test("a clearly higher class takes the first place, once the other one had its time", () => {
  const shown = places([{ 1: 0.5 }, ...Array(6).fill({ 1: 0.5, 2: 0.9 })]);
  assert.deepEqual(
    shown.map(([best]) => best),
    [1, 1, 1, 1, 2, 2, 2],
  );
});

test("a new sound does not wait for one that is over", () => {
  assert.deepEqual(places([{ 1: 0.9 }, { 1: 0.9 }, { 1: 0.03, 2: 0.5 }]).at(-1), [2, 1]);
});

test("silence is no class that sounds", () => {
  const frame = frameOf(0, { 3: 0.9, 5: 0.4 });
  const shown = advance([], frame, THRESHOLD, 4, 3);
  assert.deepEqual(
    shown.map(({ index }) => index),
    [5],
  );
  const ranking = new Ranking(4, 60);
  ranking.take([frameOf(0, { 3: 0.9 })], THRESHOLD, 3);
  assert.deepEqual([ranking.places, ranking.history], [[], []]);
});

test("the history has the best class of each frame of the last minute", () => {
  const ranking = new Ranking(4, 60);
  const frames = Array.from({ length: 400 }, (_, n) => frameOf(n, n < 380 ? { 3: 0.8 } : {}));
  ranking.take(frames.slice(0, 100), THRESHOLD);
  ranking.take(frames, THRESHOLD);
  const { history } = ranking;
  assert.ok(history.every(({ index }) => index === 3));
  assert.equal(history.at(-1)?.end, 95 + 1);
  assert.ok(history[0].end >= 40 && history[0].end < 40.5);
  assert.equal(new Set(history.map(({ end }) => end)).size, history.length);
  ranking.take(frames, 0.9);
  assert.deepEqual(ranking.history, [], "another threshold ranks all frames anew");
});
