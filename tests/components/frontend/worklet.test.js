import assert from "node:assert/strict";
import { test } from "node:test";
import { runInNewContext } from "node:vm";
import { WORKLET } from "../../../components/frontend/worklet.js";

/**
 * Make a processor as the browser does: from the source text, in a global scope of its own.
 *
 * @param {{ size: number, integers: boolean }} processorOptions
 */
function processorOf(processorOptions) {
  /** @type {(Int16Array | Float32Array)[]} */
  const blocks = [];
  class AudioWorkletProcessor {
    port = { postMessage: (/** @type {Int16Array | Float32Array} */ block) => blocks.push(block) };
  }
  /** @type {any} */
  let Processor;
  const registerProcessor = (/** @type {string} */ name, /** @type {unknown} */ registered) => {
    assert.equal(name, "blocks");
    Processor = registered;
  };
  runInNewContext(WORKLET, { AudioWorkletProcessor, registerProcessor });
  const processor = new Processor({ processorOptions });
  return {
    blocks,
    process: (/** @type {number[][]} */ ...channels) => processor.process([channels]),
  };
}

test("channels are averaged into blocks of the size", () => {
  const { blocks, process } = processorOf({ size: 3, integers: false });
  assert.equal(process([0.5, -0.5], [0, 0.5]), true);
  assert.equal(blocks.length, 0);
  process([1, 1], [1, 0]);
  assert.deepEqual([...blocks[0]], [0.25, 0, 1]);
  process([0, 0], [0, 0]);
  assert.deepEqual([...blocks[1]], [0.5, 0, 0]);
});

test("integers are rounded, and clipped where they do not fit", () => {
  const { blocks, process } = processorOf({ size: 5, integers: true });
  process([0.5, 1, 2, -1, -1.5]);
  assert.deepEqual([...blocks[0]], [16384, 32767, 32767, -32768, -32768]);
  assert.equal(blocks[0].BYTES_PER_ELEMENT, 2);
});

test("an input without channels gives nothing", () => {
  const { blocks, process } = processorOf({ size: 1, integers: false });
  assert.equal(process(), true);
  assert.equal(blocks.length, 0);
});
