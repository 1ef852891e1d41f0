import assert from "node:assert/strict";
import { test } from "node:test";
import { frequencyAt, shareOf } from "../../../components/player/readout.js";
import { frequencyLabels } from "../../../components/player/shown_spectrogram.js";

/**
 * @param {[number, number]} edges
 * @param {(share: number) => number} hz - Frequency at a share of the height.
 */
function made(edges, hz) {
  return { edges, bands: Array.from({ length: 128 }, (_, band) => hz((band + 0.5) / 128)) };
}

const LINEAR = made([0, 22_050], (share) => 22_050 * share);
const LOG = made([50, 16_000], (share) => 50 * 320 ** share);

test("heights and frequencies are each other's inverse", () => {
  for (const picture of [LINEAR, LOG]) {
    for (const hz of [60, 440, 1000, 7999, 15_990]) {
      assert.ok(Math.abs(frequencyAt(picture, shareOf(picture, hz)) - hz) < 1e-6 * hz, `${hz} Hz`);
    }
  }
  assert.ok(Math.abs(shareOf(LINEAR, 11_025) - 0.5) < 0.001);
});

test("the edges are labelled, and round frequencies where there is room", () => {
  const texts = (/** @type {typeof LINEAR} */ picture) =>
    frequencyLabels(picture).map(({ text }) => text);
  assert.deepEqual(texts(LINEAR), ["22.05 kHz", "15 kHz", "10 kHz", "5 kHz", "0"]);
  assert.deepEqual(texts(LOG), ["16 kHz", "5 kHz", "2 kHz", "500 Hz", "200 Hz", "50 Hz"]);
});

test("labels never overlap, and stand from the top to the bottom", () => {
  for (const top of [30, 100, 900, 2000, 8000, 24_000, 96_000]) {
    const shares = frequencyLabels(made([0, top], (share) => top * share)).map((one) => one.share);
    shares.slice(1).forEach((share, at) => {
      assert.ok(shares[at] - share >= 0.14 - 1e-9, `${top} Hz`);
    });
  }
});
