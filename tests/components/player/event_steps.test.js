import assert from "node:assert/strict";
import { test } from "node:test";
import { eventBeside, sameEvent } from "../../../components/player/event_steps.js";

/**
 * @param {number} onset
 * @param {number} index - Of the class.
 */
function made(onset, index) {
  return { onset, offset: onset + 1, lane: index, index, judgement: "" };
}

const EVENTS = [made(1, 0), made(4, 1), made(4, 2), made(9, 0)];

test("the next event begins after the playhead, the previous one before it", () => {
  assert.equal(eventBeside(EVENTS, null, 2, 1), EVENTS[1]);
  assert.equal(eventBeside(EVENTS, null, 2, -1), EVENTS[0]);
  assert.equal(eventBeside(EVENTS, null, 9, 1), null);
  assert.equal(eventBeside(EVENTS, null, 0.5, -1), null);
});

test("events that begin together are reached one after another, in both directions", () => {
  assert.equal(eventBeside(EVENTS, EVENTS[1], 4, 1), EVENTS[2]);
  assert.equal(eventBeside(EVENTS, EVENTS[2], 4.001, 1), EVENTS[3]);
  assert.equal(eventBeside(EVENTS, EVENTS[2], 4, -1), EVENTS[1]);
  assert.equal(eventBeside(EVENTS, EVENTS[3], 9, 1), null);
});

test("an event that was left does not hold the playhead back", () => {
  assert.equal(eventBeside(EVENTS, EVENTS[3], 2, 1), EVENTS[1]);
});

test("an event is found again in the list of the next run", () => {
  const again = EVENTS.map((event) => ({ ...event }));
  assert.equal(sameEvent(again, EVENTS[2]), again[2]);
  assert.equal(sameEvent(again, made(4, 5)), null);
  assert.equal(sameEvent(again, null), null);
});
