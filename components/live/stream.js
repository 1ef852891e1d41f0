/** What the page knows of a live stream: its state, scores, waveform, events and clock. */

import { assignRows } from "./rows.js";

/** @import { Arrays, LiveEvent, News, State } from "./messages.js" */

export const WAVE_S = 10;
export const TIMELINE_S = 60;

const LOG_ROWS = 100;
const ALERT_S = 2; // an alert stays for this time after its event, to be read
const BEHIND_S = 0.35; // messages come at least this often while the connection is not stalled
const SETTLE = 0.1; // share of a clock's error that one message corrects
const MAX_CLOCK_ERROR_S = 0.5; // a larger error is no jitter but another stretch of sound

/** @typedef {{ begin: number, end: number, classes: Uint16Array, scores: Float32Array }} Frame */

/** @returns {State} */
function initialState() {
  return { running: false, clock_s: 0, notice: "", health: [], counts: {}, level: null };
}

export class Stream {
  /**
   * @param {number} nRows - Classes that have a row.
   * @param {number} [threshold] - Score from which a class counts as heard.
   * @param {Pick<News, "labels" | "categories">} [model] - What listens.
   */
  constructor(nRows, threshold = 0, { labels = [], categories = [] } = {}) {
    this.state = initialState();
    this.labels = labels;
    this.categories = categories;
    /** @type {Frame[]} */
    this.frames = [];
    /** @type {{ first: number, stepS: number, extremes: number[] }} */
    this.wave = { first: 0, stepS: 1, extremes: [] };
    /** @type {Map<number, LiveEvent>} */
    this.events = new Map();
    /** @type {(number | null)[]} */
    this.rows = Array(nRows).fill(null); // class index of each row
    this.threshold = threshold;
    /** @type {number | null} */
    this.ahead = null; // stream time minus the browser's, in seconds
  }

  /**
   * Add what is new.
   *
   * @param {News} news
   * @param {number} now - The browser's time, in seconds.
   */
  add({ state, sound }, now) {
    if (sound) {
      this.addFrames(sound);
      this.addWave(sound.wave, sound.first, sound.stepS);
      this.addEvents(sound.events);
      this.setClock((state.clock_s ?? 0) - now);
    }
    Object.assign(this.state, state);
  }

  /** @param {Arrays} arrays */
  addFrames({ begins, ends, counts, classes, scores }) {
    let at = 0;
    for (let frame = 0; frame < begins.length; frame++) {
      const next = at + counts[frame];
      this.frames.push({
        begin: begins[frame],
        end: ends[frame],
        classes: classes.subarray(at, next),
        scores: Float32Array.from(scores.subarray(at, next), (score) => score / 65535),
      });
      at = next;
      this.assignRows(); // frame by frame, so that a reload ends with the same rows
    }
    const newest = this.frames.at(-1)?.end ?? 0;
    const first = this.frames.findIndex(({ end }) => end > newest - TIMELINE_S - 1);
    if (first > 0) this.frames.splice(0, first);
  }

  /**
   * @param {Int8Array} wave
   * @param {number} first - Number of its first stretch.
   * @param {number} stepS - Duration of a stretch.
   */
  addWave(wave, first, stepS) {
    const continues = first === this.wave.first + this.wave.extremes.length / 2;
    const before = continues ? this.wave.extremes : [];
    const extremes = [...before, ...wave].slice(-2 * Math.ceil(WAVE_S / stepS));
    const end = first + wave.length / 2;
    this.wave = { first: end - extremes.length / 2, stepS, extremes };
  }

  /** @param {LiveEvent[]} events - New ones, and those that have changed. */
  addEvents(events) {
    for (const event of events) this.events.set(event.number, event);
    if (this.events.size <= LOG_ROWS) return;
    const oldest = [...this.events.keys()].sort((a, b) => a - b).slice(0, -LOG_ROWS);
    for (const number of oldest) this.events.delete(number);
  }

  /**
   * Set the clock. Messages are more or less late; their mean says how the two clocks differ.
   *
   * @param {number} ahead - Stream time minus the browser's, in seconds.
   */
  setClock(ahead) {
    if (this.ahead === null || Math.abs(ahead - this.ahead) > MAX_CLOCK_ERROR_S) this.ahead = ahead;
    else this.ahead += SETTLE * (ahead - this.ahead);
  }

  /**
   * Return the stream time to show, which stands still where the stream stalls or has ended.
   *
   * @param {number} now - The browser's time, in seconds.
   */
  time(now) {
    const { running, clock_s } = this.state;
    if (!running || this.ahead === null) return clock_s;
    return Math.min(now + this.ahead - BEHIND_S, clock_s);
  }

  /**
   * Change how many classes have a row, and from which score.
   *
   * @param {number} nRows
   * @param {number} threshold
   */
  setRows(nRows, threshold) {
    this.threshold = threshold;
    this.rows = Array.from({ length: nRows }, (_, row) => this.rows[row] ?? null);
    this.assignRows();
  }

  assignRows() {
    this.rows = assignRows(this.rows, this.newestScores(), this.threshold);
  }

  /**
   * Return the newest score of each class.
   *
   * @returns {Map<number, number>}
   */
  newestScores() {
    const { classes = [], scores = [] } = this.frames.at(-1) ?? {};
    return new Map(Array.from(classes, (index, at) => [index, scores[at]]));
  }

  /**
   * Return the classes with the highest scores of the last minute, in the model's order.
   *
   * @param {number} count - How many at most.
   * @returns {number[]}
   */
  bestClasses(count) {
    /** @type {Map<number, number>} */
    const best = new Map();
    for (const { classes, scores } of this.frames) {
      for (let at = 0; at < classes.length; at++) {
        if (scores[at] > (best.get(classes[at]) ?? 0)) best.set(classes[at], scores[at]);
      }
    }
    const ranked = [...best].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
    const indices = ranked.slice(0, count).map(([index]) => index);
    return indices.sort((a, b) => a - b);
  }

  /**
   * Return the events, newest first.
   *
   * @returns {LiveEvent[]}
   */
  log() {
    return [...this.events.values()].sort((a, b) => b.number - a.number);
  }

  /**
   * Return whether a class has an event now, or had one a moment ago.
   *
   * @param {string} label
   */
  isActive(label) {
    const newest = this.log().find((event) => event.label === label);
    if (!newest || !this.state.running) return false;
    return newest.open || this.state.clock_s - newest.offset_s < ALERT_S;
  }
}
