import assert from "node:assert/strict";
import { test } from "node:test";
import { readMessage } from "../../../components/live/messages.js";
import { writeMessage } from "../../../components/live/pcm.js";
import { readSample } from "../samples/read.js";

test("a message of the app is read", () => {
  const { isNew, labels, categories, state, sound } = readMessage(readSample("live_message.bin"));
  assert.equal(isNew, true);
  assert.deepEqual([labels?.length, labels?.[1]], [20, "Speech"]);
  assert.equal(categories?.[2], null);
  assert.deepEqual([state.stream, state.heard, state.clock_s], [7, 3, 1.5]);
  assert.deepEqual(state.counts, { Dog: 2 });
  assert.deepEqual([...(sound?.begins ?? [])], [0, 0.25, 0.5]);
  assert.deepEqual([...(sound?.ends ?? [])], [0.25, 0.5, 0.75]);
  assert.deepEqual([...(sound?.counts ?? [])], [20, 20, 20]);
  assert.deepEqual([sound?.classes[1], sound?.scores[1]], [1, 6554]);
  assert.deepEqual([...(sound?.wave ?? [])], [-127, 127, -64, 32]);
  assert.deepEqual([sound?.first, sound?.stepS], [40, 0.02]);
  assert.equal(sound?.events[0].label, "Dog");
});

test("before the first stream there is only a state", () => {
  const header = new TextEncoder().encode('{"new":true,"stream":0,"running":false,"labels":[]} ');
  const message = new Uint8Array(4 + header.length);
  new DataView(message.buffer).setUint32(0, header.length, true);
  message.set(header, 4);
  const { state, sound } = readMessage(message.buffer);
  assert.equal(sound, undefined);
  assert.deepEqual(state, { stream: 0, running: false });
});

test("sound is written as the app reads it", () => {
  const samples = Int16Array.of(0, 1, -1, 32_767, -32_768);
  const message = writeMessage(3, 48_000, 5_000_000_000, samples);
  assert.deepEqual(new Uint8Array(message), new Uint8Array(readSample("pcm_message.bin")));
});
