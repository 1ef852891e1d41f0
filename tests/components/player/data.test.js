import assert from "node:assert/strict";
import { test } from "node:test";
import { inRows, unpack } from "../../../components/player/data.js";

/** @typedef {import("../../../components/player/data.js").PlayerData} PlayerData */

/** @param {ArrayLike<number>} values */
function table(values) {
  return { getChildAt: () => ({ toArray: () => values }) };
}

const EVENTS = Float64Array.of(0.5, 1.25, 0, 7, 2, 3, -1, 9);

/**
 * @param {Partial<PlayerData>} changes
 * @returns {PlayerData}
 */
function dataWith(changes) {
  const lanes = { names: ["Dog"], colours: ["#111111"], thresholds: [0.3], frames_per_column: 1 };
  return {
    ...{ clip: "", audio: null, picture: "", duration_s: 4, window_s: 0.975, hop_s: 0.48 },
    ...{ n_frames: 3, lanes, scores: table(Uint8Array.of(0, 128, 64)), events: table(EVENTS) },
    ...{ judgements: [], truth: [], threshold: 0.3, as_curves: false, wish: null, why: null },
    palette: { colours: {}, levels: [], categories: [] },
    ...changes,
  };
}

test("the same comes from tables and from bytes", () => {
  const bytes = new Uint8Array(1 + EVENTS.byteLength);
  bytes.set(new Uint8Array(EVENTS.buffer), 1);
  const report = dataWith({ scores: Uint8Array.of(0, 128, 64), events: bytes.subarray(1) });
  for (const data of [dataWith({}), report]) {
    const { lanes, events } = unpack(data);
    assert.equal(lanes.score(0, 1), 0.5);
    assert.deepEqual(events, [
      { onset: 0.5, offset: 1.25, lane: 0, index: 7, judgement: "" },
      { onset: 2, offset: 3, lane: -1, index: 9, judgement: "" },
    ]);
  }
});

test("events have their judgements", () => {
  const { events } = unpack(dataWith({ judgements: ["correct", "false alarm"] }));
  assert.deepEqual(
    events.map(({ judgement }) => judgement),
    ["correct", "false alarm"],
  );
});

test("no events come as an empty table", () => {
  const none = { getChildAt: () => null };
  assert.deepEqual(unpack(dataWith({ events: none })).events, []);
});

test("true events that overlap lie in rows above one another", () => {
  const event = (/** @type {number} */ onset, /** @type {number} */ offset) => {
    const state = /** @type {const} */ ("correct");
    return { onset, offset, label: "Dog", state, number: 1, name: "Dog" };
  };
  const rows = inRows([event(5, 6), event(0, 3), event(1, 2), event(3, 4)]);
  assert.deepEqual(
    rows.map(({ onset, row }) => [onset, row]),
    [
      [0, 0],
      [1, 1],
      [3, 0],
      [5, 0],
    ],
  );
});
