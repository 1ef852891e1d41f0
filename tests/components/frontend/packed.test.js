import assert from "node:assert/strict";
import { test } from "node:test";
import { PackedReader } from "../../../components/frontend/packed.js";

test("arrays begin at multiples of their elements' size", () => {
  const header = new TextEncoder().encode('{"a":1}');
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setUint32(0, header.length, true);
  bytes.set(header, 4);
  bytes.set([7, 8, 9], 11); // bytes, and after them the next multiple of four
  new DataView(bytes.buffer).setFloat32(16, 0.5, true);
  new DataView(bytes.buffer).setInt16(20, -2, true);
  const reader = new PackedReader(bytes.buffer);
  assert.deepEqual(reader.header, { a: 1 });
  assert.deepEqual([...reader.take(Uint8Array, 3)], [7, 8, 9]);
  assert.deepEqual([...reader.take(Float32Array, 1)], [0.5]);
  assert.deepEqual([...reader.take(Int16Array, 1)], [-2]);
});
