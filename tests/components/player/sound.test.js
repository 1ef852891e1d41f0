import assert from "node:assert/strict";
import { test } from "node:test";
import { Sound } from "../../../components/player/sound.js";

/** A media element that plays when it is told to. */
class Media extends EventTarget {
  currentTime = 0;
  paused = true;
  ended = false;
  src = "";
  duration = 3;
  /** @type {object | null} */
  error = null;
  volume = 1;
  defaultPlaybackRate = 1;
  playbackRate = 1;
  preservesPitch = true;

  load() {
    this.error = null;
    this.currentTime = 0;
  }

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

/**
 * @param {import("node:test").TestContext} context
 * @param {boolean} decodes - Whether the browser decodes the sound.
 */
function browserDecodes(context, decodes) {
  context.mock.method(globalThis, "fetch", async () => new Response("sound"));
  const decodeAudioData = async () => {
    if (!decodes) throw new DOMException("", "EncodingError");
  };
  const Offline = class {
    decodeAudioData = decodeAudioData;
  };
  Object.assign(globalThis, { OfflineAudioContext: Offline });
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

for (const [name, decodes, problem] of /** @type {const} */ ([
  ["NotAllowedError", true, "refused"],
  ["NotSupportedError", false, "unplayable"],
  ["NotSupportedError", true, "no output"],
  ["AbortError", true, null],
])) {
  test(`a play that ends with ${name} is told as ${problem}`, async (context) => {
    const { media, sound, state } = made();
    browserDecodes(context, decodes);
    sound.load("sound");
    const { play } = media;
    media.play = async () => {
      throw new DOMException("", name);
    };
    await sound.play();
    assert.equal(sound.problem, problem);
    assert.equal(state.changes > 0, problem !== null);
    media.play = play;
    await sound.play();
    assert.equal(sound.problem, null);
  });
}

test("after an error of the element, playing loads it again where it was", async (context) => {
  const { media, sound } = made();
  browserDecodes(context, false);
  sound.load("sound");
  media.currentTime = 1.5;
  media.error = {};
  media.dispatchEvent(new Event("error"));
  assert.equal(sound.problem, "unplayable");
  await sound.play();
  assert.deepEqual([media.error, media.currentTime, sound.isPlaying], [null, 1.5, true]);
});

test("a fault that is not the browser's is thrown", async () => {
  const { media, sound } = made();
  media.play = async () => {
    throw new TypeError("fault");
  };
  await assert.rejects(sound.play(), TypeError);
});

test("nothing is heard of the element once the signal is aborted", async () => {
  const { media, sound, end, state } = made();
  await sound.play();
  assert.equal(state.changes, 1);
  end.abort();
  media.pause();
  assert.equal(state.changes, 1);
});

test("volume, speed and pitch are set, and hold for the next sound", () => {
  const { media, sound } = made();
  sound.adjust({ volume: 0.5, speed: 2, keeps_pitch: false });
  const { volume, playbackRate, defaultPlaybackRate, preservesPitch } = media;
  assert.deepEqual([volume, playbackRate, defaultPlaybackRate], [0.5, 2, 2]);
  assert.equal(preservesPitch, false);
});
