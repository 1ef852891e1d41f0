import assert from "node:assert/strict";
import { test } from "node:test";
import { Axis, formatClock } from "../../../components/player/axis.js";

/** @param {number} duration */
function axisOf(duration, width = 1000) {
  const axis = new Axis(duration);
  axis.width = width;
  return axis;
}

test("an axis shows the whole clip at first", () => {
  const axis = axisOf(20);
  assert.deepEqual([axis.from, axis.to, axis.isWhole], [0, 20, true]);
  assert.equal(axis.x(5), 250);
  assert.equal(axis.time(250), 5);
});

test("a position beyond the clip is its beginning or end", () => {
  const axis = axisOf(20);
  assert.deepEqual([axis.time(-10), axis.time(1200)], [0, 20]);
});

test("a zoomed time keeps its position", () => {
  const axis = axisOf(20);
  axis.zoom(4, 8);
  assert.equal(axis.span, 5);
  assert.ok(Math.abs(axis.x(8) - 400) < 1e-9);
  assert.equal(axis.isWhole, false);
  axis.zoom(1 / 100, 8);
  assert.equal(axis.isWhole, true);
});

test("a stretch lies within the clip, and is no shorter than the closest zoom", () => {
  const axis = axisOf(20);
  axis.show(19, 5);
  assert.deepEqual([axis.from, axis.to], [15, 20]);
  axis.show(-3, 5);
  assert.deepEqual([axis.from, axis.to], [0, 5]);
  axis.zoom(1e9, 2);
  assert.ok(Math.abs(axis.span - 0.05) < 1e-9);
  const short = axisOf(0.02);
  short.zoom(10, 0.01);
  assert.equal(short.span, 0.02);
});

test("the axis moves by a page where the playhead runs out of sight", () => {
  const axis = axisOf(20);
  axis.show(0, 5);
  axis.follow(4.9);
  assert.equal(axis.from, 0);
  axis.follow(5.1);
  assert.ok(Math.abs(axis.from - (5.1 - 0.25)) < 1e-9);
  axis.pan(-100);
  assert.equal(axis.from, 0);
});

test("ticks are round, and have room for their labels", () => {
  for (const [duration, width] of [
    [0.05, 300],
    [3, 900],
    [59, 320],
    [75, 1400],
    [7200, 800],
    [40_000, 500],
  ]) {
    const ticks = axisOf(duration, width).ticks();
    const step = ticks.length > 1 ? ticks[1].time - ticks[0].time : duration;
    assert.ok((step / duration) * width >= 89.9, `${duration} s in ${width} px`);
    assert.equal(new Set(ticks.map(({ label }) => label)).size, ticks.length);
    assert.ok(ticks.length >= 1);
  }
});

test("a tick's label lies beside the tick, within the axis", () => {
  const axis = axisOf(60, 300);
  assert.equal(axis.labelX(0, 30), 4);
  assert.equal(axis.labelX(262, 30), 266);
  for (const x of [263, 280, 299.5, 300]) {
    const label = axis.labelX(x, 30);
    assert.ok(label + 30 < x, `the label of the tick at ${x} begins at ${label}`);
  }
});

test("ticks of a zoomed axis lie within it", () => {
  const axis = axisOf(100);
  axis.show(33.3, 10);
  assert.deepEqual(
    axis.ticks().map(({ label }) => label),
    ["0:34", "0:35", "0:36", "0:37", "0:38", "0:39", "0:40", "0:41", "0:42", "0:43"],
  );
});

for (const [seconds, digits, withMinutes, expected] of /** @type {const} */ ([
  [7.25, 2, false, "7.25"],
  [7.25, 2, true, "0:07.25"],
  [7, 0, true, "0:07"],
  [67, 0, false, "1:07"],
  [59.996, 2, false, "1:00.00"],
  [3661, 0, false, "1:01:01"],
  [3599.96, 1, true, "1:00:00.0"],
])) {
  test(`${seconds} s is written ${expected}`, () => {
    assert.equal(formatClock(seconds, digits, withMinutes), expected);
  });
}
