import assert from "node:assert/strict";
import { test } from "node:test";
import { Axis } from "../../../components/player/axis.js";
import { SPECTROGRAM_BOX, WAVE_BOX } from "../../../components/player/layout.js";
import { frequencyAt, readAt, writeReading } from "../../../components/player/readout.js";

const PICTURE = {
  bands: [100, 300, 1000, 5000],
  /** @type {[number, number]} */
  edges: [0, 8000],
  floor: -80,
  spectra: [
    { step: 0.5, count: 4, rows: Uint8Array.from([0, 51, 102, 255, ...Array(12).fill(0)]) },
  ],
};
const AXIS = Object.assign(new Axis(2), { width: 200 });
const clock = (/** @type {number} */ time) => `${time.toFixed(2)} s`;

test("a height is the frequency of the band that is drawn there", () => {
  assert.equal(frequencyAt(PICTURE, 0), 0);
  for (const [band, hz] of PICTURE.bands.entries())
    assert.equal(frequencyAt(PICTURE, (band + 0.5) / 4), hz);
  assert.equal(frequencyAt(PICTURE, 0.5), 650); // half-way between two centres
  assert.ok(Math.abs(frequencyAt(PICTURE, 1) - 8000) < 1e-9);
});

test("time, frequency and level are read on the spectrogram", () => {
  const { top, height } = SPECTROGRAM_BOX;
  const inBand = (/** @type {number} */ band) => top + height * (1 - (band + 0.5) / 4);
  const read = (/** @type {number} */ band) => readAt(AXIS, PICTURE, { x: 25, y: inBand(band) });
  assert.deepEqual(read(3), { time: 0.25, hz: 5000, level: -0 });
  assert.deepEqual(read(1), { time: 0.25, hz: 300, level: -64 });
  assert.equal(read(0)?.level, -Infinity);
});

test("the waveform has a time alone, and what lies below nothing", () => {
  assert.deepEqual(readAt(AXIS, PICTURE, { x: 100, y: WAVE_BOX.top + 1 }), { time: 1 });
  const below = SPECTROGRAM_BOX.top + SPECTROGRAM_BOX.height + 1;
  assert.equal(readAt(AXIS, PICTURE, { x: 100, y: below }), null);
  assert.equal(readAt(AXIS, null, { x: 100, y: SPECTROGRAM_BOX.top + 1 }), null);
});

test("a reading is written with units", () => {
  const write = (/** @type {import("../../../components/player/readout.js").Reading} */ reading) =>
    writeReading(reading, -80, clock);
  assert.equal(write({ time: 1.5 }), "1.50 s");
  assert.equal(write({ time: 1.5, hz: 440.4, level: -33.6 }), "1.50 s · 440 Hz · −34 dB");
  assert.equal(write({ time: 1.5, hz: 1250, level: 0 }), "1.50 s · 1.25 kHz · 0 dB");
  assert.equal(write({ time: 1.5, hz: 20, level: -Infinity }), "1.50 s · 20 Hz · below −80 dB");
});
