import assert from "node:assert/strict";
import { test } from "node:test";
import { fitted } from "../../../components/player/layers.js";

/** @param {string} text */
const measure = (text) => 6 * text.length;

test("a label is whole where there is room, cut with an ellipsis, or left out", () => {
  assert.equal(fitted("Bark", 24, measure), "Bark");
  assert.equal(fitted("Bark", 23, measure), "");
  assert.equal(fitted("Speech", 35, measure), "Spee…");
  assert.equal(fitted("Car passing", 32, measure), "Car…");
  assert.equal(fitted("Speech", 12, measure), "");
  assert.equal(fitted("", 0, measure), "");
});
