import assert from "node:assert/strict";
import { test } from "node:test";
import { gradient, pixelScale, rangedScale } from "../../../components/player/palette.js";

/** @type {[number, string][]} */
const STOPS = [
  [0, "#000000"],
  [0.5, "#ff0080"],
  [1, "#ffffff"],
];

/**
 * @param {Uint32Array} scale
 * @param {number} index
 */
function pixel(scale, index) {
  return [...new Uint8Array(scale.buffer, 4 * index, 4)];
}

test("a scale begins and ends with its stops, and is opaque", () => {
  const scale = pixelScale(STOPS);
  assert.equal(scale.length, 256);
  assert.deepEqual(pixel(scale, 0), [0, 0, 0, 255]);
  assert.deepEqual(pixel(scale, 255), [255, 255, 255, 255]);
});

test("colours between two stops are mixed", () => {
  const scale = pixelScale(STOPS);
  const [red, green, blue] = pixel(scale, 64);
  assert.equal(green, 0);
  assert.ok(Math.abs(red - 128) <= 1);
  assert.ok(Math.abs(blue - 64) <= 1);
  const reds = Array.from({ length: 256 }, (_, index) => pixel(scale, index)[0]);
  assert.deepEqual(
    reds,
    [...reds].sort((a, b) => a - b),
  );
});

test("the gradient has all stops in place", () => {
  assert.equal(gradient(STOPS), "linear-gradient(to right, #000000 0%,#ff0080 50%,#ffffff 100%)");
});

test("a range of levels takes all colours, and what lies below it the first", () => {
  const scale = pixelScale(STOPS);
  const ranged = rangedScale(scale, -80, 40);
  assert.equal(ranged[255], scale[255]);
  assert.equal(ranged[Math.floor(255 / 2)], scale[0]); // -40 dB
  assert.equal(ranged[0], scale[0]);
  assert.equal(ranged[204], scale[Math.round(255 * 0.6)]); // -16 dB
  assert.deepEqual(rangedScale(scale, -80, 80), scale);
});

test("a range below the picture's floor leaves the first colours out", () => {
  const scale = pixelScale(STOPS);
  assert.equal(rangedScale(scale, -80, 160)[0], scale[Math.round(255 / 2)]);
});
