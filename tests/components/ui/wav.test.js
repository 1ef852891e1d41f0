import assert from "node:assert/strict";
import { test } from "node:test";
import { writeWav } from "../../../components/ui/wav.js";

test("a WAV file has its header and its samples", () => {
  const file = writeWav([Int16Array.of(0, 32_767), Int16Array.of(-32_767, 12, -16_383)], 44_100);
  const view = new DataView(file.buffer);
  const text = (/** @type {number} */ at) => String.fromCharCode(...file.subarray(at, at + 4));
  assert.deepEqual([text(0), text(8), text(12), text(36)], ["RIFF", "WAVE", "fmt ", "data"]);
  assert.deepEqual([view.getUint32(4, true), view.getUint32(40, true)], [file.length - 8, 10]);
  assert.deepEqual([view.getUint16(22, true), view.getUint32(24, true)], [1, 44_100]);
  const samples = [0, 1, 2, 3, 4].map((index) => view.getInt16(44 + 2 * index, true));
  assert.deepEqual(samples, [0, 32_767, -32_767, 12, -16_383]);
});
