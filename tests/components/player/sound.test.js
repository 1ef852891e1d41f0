import assert from "node:assert/strict";
import { test } from "node:test";
import { Sound } from "../../../components/player/sound.js";

/** A media element that plays when it is told to. */
class Media extends EventTarget {
  currentTime = 0;
  paused = true;
  ended = false;
  src = "";

  async play() {
    this.paused = false;
    this.dispatchEvent(new Event("play"));
  }

  pause() {
    this.paused = true;
    this.dispatchEvent(new Event("pause"));
  }
}

function made() {
  const media = new Media();
  const end = new AbortController();
  const state = { changes: 0 };
  const element = /** @type {HTMLMediaElement} */ (/** @type {unknown} */ (media));
  const sound = new Sound(element, () => state.changes++, end.signal);
  return { media, sound, end, state };
}

test("a stretch ends at its end", async () => {
  const { media, sound } = made();
  await sound.playStretch(1, 2, false);
  assert.equal(media.currentTime, 1);
  media.currentTime = 1.9;
  sound.keepInside();
  assert.equal(sound.isPlaying, true);
  media.currentTime = 2.01;
  media.dispatchEvent(new Event("timeupdate"));
  assert.deepEqual([sound.isPlaying, media.currentTime, sound.stretch], [false, 2, null]);
});

test("a stretch that is repeated begins again", async () => {
  const { media, sound } = made();
  await sound.playStretch(1, 2, true, 1.5);
  assert.equal(media.currentTime, 1.5);
  media.currentTime = 2.1;
  sound.keepInside();
  assert.deepEqual([sound.isPlaying, media.currentTime], [true, 1]);
});

test("a seek beyond the stretch leaves it", async () => {
  const { media, sound } = made();
  await sound.playStretch(1, 2, true);
  sound.seek(1.5);
  assert.notEqual(sound.stretch, null);
  sound.seek(3);
  assert.equal(sound.stretch, null);
  sound.keepInside();
  assert.deepEqual([sound.isPlaying, media.currentTime], [true, 3]);
});

test("the same sound is loaded once", () => {
  const { media, sound } = made();
  sound.load("a");
  media.src = "";
  sound.load("a");
  assert.equal(media.src, "");
  sound.load("b");
  assert.equal(media.src, "b");
});

test("a play that the browser refuses is no error, another fault is", async () => {
  const { media, sound } = made();
  media.play = async () => {
    throw new DOMException("", "NotAllowedError");
  };
  await sound.play();
  media.play = async () => {
    throw new DOMException("", "NotSupportedError");
  };
  await assert.rejects(sound.play(), { name: "NotSupportedError" });
});

test("nothing is heard of the element once the signal is aborted", async () => {
  const { media, sound, end, state } = made();
  await sound.play();
  assert.equal(state.changes, 1);
  end.abort();
  media.pause();
  assert.equal(state.changes, 1);
});
