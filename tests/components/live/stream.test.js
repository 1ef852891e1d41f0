import assert from "node:assert/strict";
import { test } from "node:test";
import { readMessage } from "../../../components/live/messages.js";
import { Stream } from "../../../components/live/stream.js";
import { readSample } from "../samples/read.js";

/** @typedef {import("../../../components/live/messages.js").News} News */
/** @typedef {import("../../../components/live/messages.js").LiveEvent} LiveEvent */

/**
 * @param {object} content
 * @param {number[]} [content.scores] - Of class 0, one per frame of a second.
 * @param {number} [content.begin]
 * @param {LiveEvent[]} [content.events]
 * @param {number} [content.clock_s]
 * @param {number} [content.first]
 * @returns {News}
 */
function newsWith({ scores = [], begin = 0, events = [], clock_s = 0, first = 0 }) {
  const begins = Float32Array.from(scores, (_, frame) => begin + frame);
  return {
    isNew: false,
    state: { running: true, clock_s },
    sound: {
      begins,
      ends: begins.map((time) => time + 1),
      counts: new Uint16Array(scores.length).fill(1),
      classes: new Uint16Array(scores.length),
      scores: Uint16Array.from(scores, (score) => 65535 * score),
      wave: Int8Array.of(-1, 1),
      first,
      stepS: 0.02,
      events,
    },
  };
}

/**
 * @param {number} number
 * @param {Partial<LiveEvent>} [changes]
 * @returns {LiveEvent}
 */
function eventOf(number, changes) {
  const event = { number, at: 0, label: "Dog", offset_s: 1, lasted: "1 s", peak: 1, open: false };
  return { ...event, ...changes };
}

test("a message of the app is taken in", () => {
  const news = readMessage(readSample("live_message.bin"));
  const stream = new Stream(2, 0, news);
  stream.add(news, 100);
  assert.equal(stream.labels[1], "Speech");
  assert.ok(Math.abs((stream.newestScores().get(1) ?? 0) - 0.9) < 1e-4);
  assert.equal(stream.rows[0], 1);
  assert.deepEqual(stream.bestClasses(1), [1]);
  assert.deepEqual(
    stream.log().map(({ label }) => label),
    ["Dog"],
  );
});

test("frames older than a minute are dropped", () => {
  const stream = new Stream(1);
  for (let begin = 0; begin < 200; begin += 10) {
    stream.add(newsWith({ scores: Array(10).fill(0.5), begin }), begin);
  }
  assert.equal(stream.frames.length, 61);
  assert.equal(stream.frames.at(-1)?.end, 200);
});

test("a waveform continues, or begins again where stretches are missing", () => {
  const stream = new Stream(1);
  stream.add(newsWith({ first: 40 }), 0);
  stream.add(newsWith({ first: 41 }), 0);
  assert.deepEqual([stream.wave.first, stream.wave.extremes.length], [40, 4]);
  stream.add(newsWith({ first: 50 }), 0);
  assert.deepEqual([stream.wave.first, stream.wave.extremes.length], [50, 2]);
});

test("the log keeps the newest events, in their newest form", () => {
  const stream = new Stream(1);
  const events = Array.from({ length: 150 }, (_, number) => eventOf(number, { open: true }));
  stream.add(newsWith({ events }), 0);
  stream.add(newsWith({ events: [eventOf(149)] }), 0);
  assert.equal(stream.log().length, 100);
  assert.deepEqual([stream.log()[0].number, stream.log()[0].open], [149, false]);
  assert.equal(stream.log()[99].number, 50);
});

test("a class is active during its event and a moment after it", () => {
  const stream = new Stream(1);
  stream.add(newsWith({ events: [eventOf(0, { open: true })], clock_s: 9 }), 0);
  assert.equal(stream.isActive("Dog"), true);
  assert.equal(stream.isActive("Cat"), false);
  stream.add(newsWith({ events: [eventOf(0, { offset_s: 9 })], clock_s: 10 }), 0);
  assert.equal(stream.isActive("Dog"), true);
  stream.add(newsWith({ clock_s: 12 }), 0);
  assert.equal(stream.isActive("Dog"), false);
});

test("the clock follows the messages, and stands still where they stall", () => {
  const stream = new Stream(1);
  stream.add(newsWith({ clock_s: 10 }), 100);
  assert.ok(Math.abs(stream.time(100.1) - 9.75) < 1e-9);
  assert.equal(stream.time(105), 10);
  stream.add(newsWith({ clock_s: 10.3 }), 100.2); // by 0.1 s early: a tenth of it counts
  assert.ok(Math.abs((stream.ahead ?? 0) + 89.99) < 1e-9);
  stream.add(newsWith({ clock_s: 40 }), 100.4); // another stretch of sound
  assert.ok(Math.abs((stream.ahead ?? 0) + 60.4) < 1e-9);
  stream.add({ isNew: false, state: { running: false } }, 101);
  assert.equal(stream.time(101), 40);
});

test("rows are the same whether frames come one by one or at once", () => {
  const scores = [0.1, 0.9, 0.3, 0.6];
  const atOnce = new Stream(1);
  atOnce.add(newsWith({ scores }), 0);
  const oneByOne = new Stream(1);
  scores.forEach((score, begin) => {
    oneByOne.add(newsWith({ scores: [score], begin }), begin);
  });
  assert.deepEqual(atOnce.rows, oneByOne.rows);
  atOnce.setRows(3, 0);
  assert.deepEqual(atOnce.rows, [0, null, null]);
});
