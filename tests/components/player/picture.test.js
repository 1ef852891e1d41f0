import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import {
  levelFor,
  loadSpectrogram,
  Picture,
  spectrumLevels,
  unpackPicture,
  waveLevels,
} from "../../../components/player/picture.js";
import { readSample } from "../samples/read.js";

test("a picture file of the app is read", () => {
  const picture = new Picture(readSample("picture.bin"));
  assert.deepEqual([...picture.waves[0].rows], [-32767, 16000, -1, 1, 0, 300]);
  assert.deepEqual([picture.waves[0].step, picture.peak], [0.5, 1]);
  assert.deepEqual([...picture.spectra[0].rows], [0, 100, 10, 200, 20, 255]);
  assert.equal(picture.floor, -80);
  assert.deepEqual(
    [picture.bands, picture.edges],
    [
      [125, 4000],
      [0, 8000],
    ],
  );
});

test("the best classes of a frame come best first", () => {
  const picture = new Picture(readSample("picture.bin"));
  assert.deepEqual(picture.best(0)[0], { label: "Siren", score: 255 / 256, category: 4, index: 3 });
  assert.deepEqual(
    picture.best(1).map(({ label, score }) => [label, score]),
    [
      ["Dog", 0.75],
      ["Nothing known", 0.5],
      ["Siren", 0.25],
      ["Speech", 0],
    ],
  );
  assert.equal(picture.best(1)[1].category, -1);
});

test("a file arrives compressed", async () => {
  const file = new Blob([readSample("picture.bin")]).stream();
  const picture = await unpackPicture(file.pipeThrough(new CompressionStream("gzip")));
  assert.equal(picture.labels.length, 4);
});

test("a spectrogram comes by itself, too", async () => {
  const file = new Uint8Array(gzipSync(readSample("spectrogram.bin")));
  const { bands, edges, floor, spectra } = await loadSpectrogram(file);
  assert.deepEqual(bands, [50, 500, 5000]);
  assert.deepEqual([edges, floor, spectra[0].step], [[20, 22_050], -120, 0.1]);
  assert.deepEqual([...spectra[0].rows], [0, 100, 3, 10, 200, 255]);
});

test("coarser waveforms keep the extremes", () => {
  const count = 10_001;
  const rows = Int16Array.from({ length: 2 * count }, (_, at) => (at % 2 ? 10 : -10));
  rows[2 * 7_000] = -30_000;
  rows[2 * 10_000 + 1] = 20_000; // in the last column, which is shared by fewer
  const levels = waveLevels({ step: 0.001, count, rows });
  assert.deepEqual(
    levels.map(({ count }) => count),
    [10_001, 2_501, 626],
  );
  for (const level of levels) {
    assert.equal(Math.min(...level.rows), -30_000);
    assert.equal(Math.max(...level.rows), 20_000);
  }
  const at = Math.floor(7_000 / 16);
  assert.equal(levels[2].rows[2 * at], -30_000);
  assert.ok(Math.abs(levels[2].step - 0.016) < 1e-12);
});

test("coarser spectrograms keep the loudest columns", () => {
  const [count, bands] = [5_000, 3];
  const rows = new Uint8Array(count * bands);
  rows[4_001 * bands + 2] = 200;
  const levels = spectrumLevels({ step: 0.01, count, rows }, bands);
  assert.deepEqual(
    levels.map(({ count }) => count),
    [5_000, 1_250],
  );
  assert.equal(levels[1].rows[1_000 * bands + 2], 200);
  assert.equal(
    levels[1].rows.reduce((sum, value) => sum + value),
    200,
  );
});

test("the level drawn is the coarsest with a column for each pixel", () => {
  const levels = [{ step: 1 }, { step: 4 }, { step: 16 }];
  assert.equal(levelFor(levels, 0.5).step, 1);
  assert.equal(levelFor(levels, 4).step, 4);
  assert.equal(levelFor(levels, 15.9).step, 4);
  assert.equal(levelFor(levels, 99).step, 16);
});
