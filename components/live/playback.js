/**
 * Playback component: plays a recording, and reports to the server how far it has played, while the
 * script names a source. The server scores the recording up to there, so sound and scores stay
 * together.
 *
 * The script mounts it on every page, so the recording plays on across a change of page.
 */

import { instanceOn } from "../frontend/dom.js";
import { Connection } from "./socket.js";

/** @import { Cleanup, Component, Tell } from "../frontend/streamlit.js" */

const REPORT_MS = 50;
const UNMOUNT_MS = 1500; // a component that is mounted again within this time was only moved

/**
 * @typedef {object} PlaybackData
 * @property {string} address - Of the WebSocket.
 * @property {number | null} source - Number of the source to play; null for none.
 * @property {string} [sound] - Address of the recording.
 * @property {number} [duration_s] - Of the recording.
 * @property {boolean} [repeats] - Whether it begins again after its end.
 */

/** Plays at most one recording. One for the page. */
class PlaybackControl {
  constructor() {
    /** @type {Playing | null} */
    this.playing = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.leaving = undefined;
    /** @type {Tell} */
    this.tell = () => {};
  }

  /**
   * Take what the script says.
   *
   * @param {PlaybackData} data
   * @param {Tell} tell
   */
  update(data, tell) {
    clearTimeout(this.leaving);
    this.tell = tell;
    if ((this.playing?.source ?? null) === data.source) return;
    this.playing?.stop();
    this.playing = null;
    if (data.source === null) return;
    const { source, address, sound = "", duration_s = 0, repeats = false } = data;
    this.playing = new Playing({ source, address, sound, duration_s, repeats }, (name, value) =>
      this.tell(name, value),
    );
  }

  /** Stop, unless the component is mounted again at once. */
  leave() {
    clearTimeout(this.leaving);
    this.leaving = setTimeout(() => {
      this.playing?.stop();
      this.playing = null;
    }, UNMOUNT_MS);
  }
}

/** Plays one recording, and reports over a connection of its own. */
export class Playing {
  /**
   * @param {Required<PlaybackData> & { source: number }} data
   * @param {Tell} tell
   */
  constructor({ source, address, sound, duration_s, repeats }, tell) {
    this.source = source;
    this.tell = tell;
    this.durationS = duration_s;
    this.repeats = repeats;
    this.laps = 0;
    this.hasEnded = false;
    this.closing = new AbortController();
    const { signal } = this.closing;
    this.audio = new Audio(sound);
    this.audio.addEventListener("ended", () => this.onEnd(), { signal });
    this.audio.addEventListener("error", () => this.fail(), { signal });
    this.connection = new Connection(address, {
      onOpen: () => this.connection.reset(),
      onOver: () => this.stop(),
    });
    this.timer = setInterval(() => this.report(), REPORT_MS);
    this.play();
  }

  async play() {
    try {
      await this.audio.play();
    } catch (error) {
      if (this.closing.signal.aborted) return;
      if (error instanceof DOMException && error.name === "NotAllowedError") this.wait();
      else this.fail();
    }
  }

  /** Wait for the click or key without which the browser plays no sound. */
  wait() {
    this.tell("blocked", true);
    const waiting = new AbortController();
    this.closing.signal.addEventListener("abort", () => waiting.abort());
    const begin = () => {
      waiting.abort();
      this.tell("blocked", false);
      this.play();
    };
    for (const kind of ["pointerdown", "keydown"]) {
      document.addEventListener(kind, begin, { signal: waiting.signal });
    }
  }

  /** Seconds played so far, all repetitions included. */
  get playedS() {
    return this.laps * this.durationS + Math.min(this.audio.currentTime, this.durationS);
  }

  report() {
    if (this.connection.bufferedBytes === Infinity) return; // later reports include this one
    if (!this.hasEnded) {
      if (!this.audio.paused) {
        this.connection.send(`played ${this.source} ${this.playedS.toFixed(3)}`);
      }
      return;
    }
    this.connection.send(`ended ${this.source}`);
    clearInterval(this.timer);
  }

  onEnd() {
    if (!this.repeats) {
      this.hasEnded = true;
      return;
    }
    this.laps += 1;
    this.audio.currentTime = 0;
    this.play();
  }

  fail() {
    this.tell("failed", this.source);
    this.stop();
  }

  stop() {
    this.closing.abort();
    clearInterval(this.timer);
    this.audio.pause();
    this.audio.removeAttribute("src");
    this.audio.load(); // ends the download
    this.connection.close();
  }
}

/**
 * The control belongs to the document, as that of the microphone (capture.js).
 *
 * @param {Component<PlaybackData>} component
 * @returns {Cleanup}
 */
function mountPlayback({ data, setTriggerValue }) {
  const control = instanceOn(document.body, () => new PlaybackControl());
  control.update(data, setTriggerValue);
  return () => control.leave();
}

export default mountPlayback;
