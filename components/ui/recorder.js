/**
 * Recorder component. In the mode "hold" it records the microphone while its button, or the space
 * bar on it, is held; a tap counts in and then records by itself, which leaves both hands free. In
 * the mode "press" one press begins and the next one ends. Only what was recorded is sent to the
 * server, as a WAV file, through a file uploader of the page. A trigger of the script would be lost
 * where another run interrupts its callback; an uploader keeps the file.
 */

import { find, instanceOn, removeInstance, setText } from "../frontend/dom.js";
import { openMicrophone, orStuck } from "../frontend/microphone.js";
import { writeWav } from "./wav.js";

/** @import { Cleanup, Component } from "../frontend/streamlit.js" */

const TAP_MS = 350; // the button was tapped where it was held for less
const COUNT_FROM = 3;
const COUNT_MS = 800;
const MIN_RECORDED_S = 0.25;
const KEEP_OPEN_MS = 10_000; // so that the next recording begins at once
const BLOCK_SAMPLES = 2048;
const FLOOR_DBFS = -60;
const LOUD = 0.99; // peak that may be clipped

// The browser's processing is made for speech: it takes claps and snaps for noise.
const CONSTRAINTS = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };

const TEXTS = {
  idle: "Hold while it sounds, or tap for a count-in with both hands free.",
  opening: "Allow the microphone when the browser asks.",
  counting: "It records by itself after the count. Tap to cancel.",
  holding: "Let go to stop.",
  free: "Tap to stop.",
  pressed: "Press to stop.",
  short: "That was too short to hear. Hold the button while it sounds.",
  brief: "That was too short to hear.",
  lost: "The recording could not be sent. Reload the page and record it once more.",
};

/** @type {Record<string, string>} */
const PROBLEMS = {
  NotAllowedError:
    "The browser refused the microphone. Allow it in the site's settings, or upload recordings.",
  NotFoundError: "No microphone was found. Plug one in, or upload recordings.",
  NotReadableError:
    "The microphone cannot be read: another program may be using it. Close that program and try again.",
  insecure:
    "Browsers give a microphone only to pages over HTTPS or on localhost. Upload recordings instead.",
  stuck:
    "The browser's audio does not start. Connect headphones or a loudspeaker, or upload recordings.",
};

const NAMES = {
  hold: {
    idle: "Hold to record",
    opening: "One moment",
    counting: "Get ready",
    recording: "Recording",
  },
  press: { idle: "Record", opening: "One moment", counting: "Get ready", recording: "Stop" },
};

const RECORDING_TYPE = "audio/vnd.earmark.recording"; // as components/ui/recorder.py

/**
 * @typedef {keyof typeof NAMES.hold} RecorderState
 * @typedef {object} RecorderData
 * @property {keyof typeof NAMES} mode
 * @property {string} label - What is recorded, for screen readers; may be empty.
 * @property {number} longest_s - Longest recording.
 * @property {number} free_s - Duration of a recording after a count-in.
 * @property {string} uploader - Key of the container of the file uploader that gets the recordings.
 * @property {string} name - Name of the file.
 */

/** The microphone that all recorders of the page share. It stays open between two recordings. */
class SharedMicrophone {
  constructor() {
    /** @type {Promise<AudioContext> | null} */
    this.opening = null;
    this.open = new AbortController();
    /** @type {((block: Int16Array) => void) | null} */
    this.listener = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.closing = undefined;
  }

  /**
   * Hand blocks to a listener.
   *
   * @param {(block: Int16Array) => void} listener
   * @returns {Promise<number>} The sample rate, in Hz.
   */
  async listen(listener) {
    clearTimeout(this.closing);
    this.listener = listener;
    this.opening ??= openMicrophone({
      constraints: CONSTRAINTS,
      blockSize: () => BLOCK_SAMPLES,
      Kind: Int16Array,
      onBlock: (block) => this.listener?.(block),
      signal: this.open.signal,
    });
    try {
      const context = await this.opening;
      await orStuck(context.resume());
      return context.sampleRate;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Close the microphone, unless it is needed again soon. */
  release() {
    clearTimeout(this.closing);
    this.listener = null;
    this.closing = setTimeout(() => this.close(), KEEP_OPEN_MS);
  }

  close() {
    this.opening = null;
    this.open.abort();
    this.open = new AbortController();
  }
}

const microphone = new SharedMicrophone();

/** One button. */
class Recorder {
  /**
   * @param {HTMLElement} root
   * @param {RecorderData} data
   */
  constructor(root, data) {
    this.root = root;
    this.data = data;
    /** @type {RecorderState} */
    this.state = "idle";
    /** @type {Int16Array[]} */
    this.blocks = [];
    this.seconds = 0;
    this.limit = 0;
    this.rate = 0;
    this.attempt = 0; // counts presses, so that what was waited for can be told to be over
    this.isHeld = false;
    this.pressedAt = 0;
    this.listeners = new AbortController();
    this.listen();
    this.show("idle");
  }

  /** @param {string} name - Class of the element. */
  find(name) {
    return find(this.root, `.${name}`);
  }

  listen() {
    const hold = this.find("hold");
    const { signal } = this.listeners;
    /**
     * @template {keyof HTMLElementEventMap} T
     * @param {T} name
     * @param {(event: HTMLElementEventMap[T]) => void} act
     */
    const on = (name, act) => hold.addEventListener(name, act, { signal });
    const isKey = (/** @type {KeyboardEvent} */ { key }) => key === " " || key === "Enter";
    on("contextmenu", (event) => event.preventDefault());
    if (this.data.mode === "press") {
      on("click", () => this.press());
      return;
    }
    on("pointerdown", (event) => {
      if (event.button !== 0) return;
      hold.setPointerCapture(event.pointerId);
      this.press();
    });
    on("pointerup", () => this.release());
    on("pointercancel", () => this.release());
    on("keydown", (event) => {
      if (!isKey(event)) return;
      event.preventDefault();
      if (!event.repeat) this.press();
    });
    on("keyup", (event) => {
      if (isKey(event)) this.release();
    });
    on("blur", () => this.release());
  }

  /** @param {RecorderData} data - What the script says. */
  update(data) {
    this.data = data;
    setText(this.find("label"), data.label ? ` ${data.label}` : "");
  }

  async press() {
    if (this.state === "counting") return this.cancel();
    if (this.state === "recording") return this.finish();
    if (this.state !== "idle") return;
    this.isHeld = true;
    this.pressedAt = performance.now();
    const attempt = ++this.attempt;
    this.show("opening");
    try {
      this.rate = await microphone.listen((block) => this.add(block));
    } catch (error) {
      this.isHeld = false;
      this.show("idle", problemText(error));
      return;
    }
    if (attempt !== this.attempt) return;
    if (this.data.mode === "press") this.record("pressed");
    else if (this.isHeld) this.record("holding");
    else this.countIn(attempt);
  }

  release() {
    if (!this.isHeld) return;
    this.isHeld = false;
    const isTap = performance.now() - this.pressedAt < TAP_MS;
    if (this.state !== "recording") return; // still opening: a count-in follows
    if (isTap) this.countIn(++this.attempt);
    else this.finish();
  }

  /** @param {number} attempt */
  async countIn(attempt) {
    this.show("counting");
    for (let left = COUNT_FROM; left > 0; left--) {
      this.find("clock").textContent = String(left);
      await new Promise((resolve) => setTimeout(resolve, COUNT_MS));
      if (attempt !== this.attempt) return;
    }
    this.record("free");
  }

  /** @param {"free" | "holding" | "pressed"} way */
  record(way) {
    this.blocks = [];
    this.seconds = 0;
    this.limit = way === "free" ? this.data.free_s : this.data.longest_s;
    this.show("recording", TEXTS[way]);
  }

  /** @param {Int16Array} block */
  add(block) {
    this.showLevel(block);
    if (this.state !== "recording") return;
    this.blocks.push(block);
    this.seconds += block.length / this.rate;
    this.find("clock").textContent = `${this.seconds.toFixed(1)} s`;
    if (this.seconds >= this.limit) this.finish();
  }

  finish() {
    const { blocks, seconds } = this;
    this.cancel();
    if (seconds < MIN_RECORDED_S) {
      this.show("idle", this.data.mode === "hold" ? TEXTS.short : TEXTS.brief);
      return;
    }
    const file = writeWav(blocks, this.rate);
    const { uploader, name } = this.data;
    if (!upload(file, name, uploader)) this.show("idle", TEXTS.lost);
  }

  cancel() {
    this.isHeld = false;
    this.attempt++;
    this.blocks = [];
    microphone.release();
    this.show("idle");
  }

  stop() {
    this.cancel();
    this.listeners.abort();
    removeInstance(this.root);
  }

  /** @param {Int16Array} block */
  showLevel(block) {
    let peak = 0;
    for (const sample of block) peak = Math.max(peak, Math.abs(sample) / 32768);
    const dbfs = Math.max(FLOOR_DBFS, 20 * Math.log10(peak || 1e-6));
    const fill = this.find("fill");
    fill.style.transform = `scaleX(${1 - dbfs / FLOOR_DBFS})`;
    fill.classList.toggle("loud", peak >= LOUD);
    this.find("meter").setAttribute("aria-valuenow", String(Math.round(dbfs)));
  }

  /** @param {Exclude<RecorderState, "recording">} state */
  textOf(state) {
    return this.data.mode === "press" && state === "idle" ? "" : TEXTS[state];
  }

  /**
   * @param {RecorderState} state
   * @param {string} [text]
   */
  show(state, text = state === "recording" ? TEXTS.holding : this.textOf(state)) {
    this.state = state;
    this.root.dataset.state = state;
    setText(this.find("words"), text);
    this.find("words").hidden = text === "";
    setText(this.find("name"), NAMES[this.data.mode][state]);
    if (state === "idle") {
      this.find("clock").textContent = "";
      this.find("fill").style.transform = "scaleX(0)";
    }
  }
}

/**
 * Put a recording into a file uploader of the page, as if it had been dropped there.
 *
 * @param {Uint8Array<ArrayBuffer>} file
 * @param {string} name
 * @param {string} uploader - Key of its container.
 * @returns {boolean} Whether there is such an uploader.
 */
function upload(file, name, uploader) {
  const input = document.querySelector(`.st-key-${uploader} input[type="file"]`);
  if (!(input instanceof HTMLInputElement)) return false;
  const files = new DataTransfer();
  files.items.add(new File([file], name, { type: RECORDING_TYPE }));
  input.files = files.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
  return true;
}

/**
 * Say why there is no microphone.
 *
 * @param {unknown} error
 * @returns {string}
 */
function problemText(error) {
  if (!(error instanceof Error)) return String(error);
  return PROBLEMS[error.name] ?? PROBLEMS[error.message] ?? String(error);
}

/**
 * @param {Component<RecorderData>} component
 * @returns {Cleanup}
 */
function mountRecorder({ data, parentElement }) {
  const root = find(parentElement, ".recorder");
  const recorder = instanceOn(root, () => new Recorder(root, data));
  recorder.update(data);
  return () => recorder.stop();
}

export default mountRecorder;
