/**
 * Hit list component: a page of what was found in an archive, to see, to hear, and to accept or
 * reject. Names are set as text, never as markup.
 */

import { element, find, instanceOn, removeInstance, setText } from "../frontend/dom.js";
import { Outbox } from "../player/outbox.js";
import { acts } from "../player/page_keys.js";
import { pixelScale } from "../player/palette.js";

/** @import { Cleanup, Component, Tell } from "../frontend/streamlit.js" */
/** @import { Answer } from "../player/outbox.js" */
/** @import { Palette } from "../player/palette.js" */

const REFUSED = "The browser did not let the sound begin. Press Play.";
const UNPLAYABLE = "This browser did not play this sound. Check its audio output, then press Play.";
const REVIEWS = { accept: true, reject: false, withdraw: null };
const SVG = "http://www.w3.org/2000/svg";
const PLAY = "M8 5v14l11-7z";
const STOP = "M6 6h12v12H6z";
const ACCEPT = "M9 16.2 4.8 12l-1.4 1.4L9 19 21 7l-1.4-1.4z";
const REJECT =
  "M19 6.4 17.6 5 12 10.6 6.4 5 5 6.4 10.6 12 5 17.6 6.4 19 12 13.4 17.6 19 19 17.6 13.4 12z";

/**
 * @typedef {object} HitRow
 * @property {string} key - Identifies the hit in the archive.
 * @property {string} name - Of the recording.
 * @property {string} label - Class; empty for a similar sound.
 * @property {string} score
 * @property {string} when - Date and time of day; empty if unknown.
 * @property {string} at - Place in the recording, and length.
 * @property {string} problem - Why there is no sound.
 * @property {boolean | null} accepted - Review; null without one.
 * @property {string | null} sound - URL.
 * @property {string} picture - Levels of the spectrogram in base64, by bands from the lowest up.
 * @property {number} columns
 * @property {number} bands
 */

/** @typedef {keyof typeof REVIEWS} Review */

/**
 * @typedef {object} HitListData
 * @property {HitRow[]} rows
 * @property {number} first - Position of the first row among all hits, from 0.
 * @property {number} total
 * @property {number} perPage - Number of hits on a page of the list.
 * @property {Answer[]} answers - To all lists of this visitor.
 * @property {Palette["levels"]} palette
 */

/** Shows the list. Rows are made again only where the hits changed, so that a sound plays on. */
export class HitList {
  /** @param {ShadowRoot | HTMLElement} root */
  constructor(root) {
    this.list = find(root, ".hits");
    this.problem = find(root, "p.problem");
    this.place = find(root, ".place");
    this.previous = find(root, ".previous", HTMLButtonElement);
    this.next = find(root, ".next", HTMLButtonElement);
    this.sound = new Audio();
    /** @type {HitListData} */
    this.data = { rows: [], first: 0, total: 0, perPage: 1, answers: [], palette: [] };
    this.current = 0;
    this.playing = -1;
    this.shown = "";
    /** @type {Tell} */
    this.tell = () => {};
    this.outbox = new Outbox((message) => this.tell("ask", message));
    this.listeners = new AbortController();
    const { signal } = this.listeners;
    this.previous.addEventListener("click", () => this.turn("previous"), { signal });
    this.next.addEventListener("click", () => this.turn("next"), { signal });
    document.addEventListener("keydown", (event) => this.onKey(event), { signal });
    for (const name of ["pause", "ended"])
      this.sound.addEventListener(name, () => this.mark(), { signal });
  }

  /**
   * @param {HitListData} data
   * @param {Tell} tell
   */
  update(data, tell) {
    this.tell = tell;
    const isBack = data.first < this.data.first;
    this.data = data;
    this.outbox.settle(data.answers);
    this.keepReviews();
    const last = data.first + data.rows.length;
    setText(this.place, data.total ? `${data.first + 1} to ${last} of ${data.total}` : "");
    this.previous.disabled = data.first === 0;
    this.next.disabled = last >= data.total;
    const shown = JSON.stringify([data.palette, data.rows.map(({ accepted, ...other }) => other)]);
    if (shown !== this.shown) {
      this.shown = shown;
      this.stop();
      this.current = isBack ? data.rows.length - 1 : 0;
      this.list.replaceChildren(...data.rows.map((row, at) => this.row(row, at)));
    }
    this.mark();
  }

  /** Show the reviews that the script does not know yet. */
  keepReviews() {
    for (const { kind, hit } of this.outbox.requests) {
      const row = this.data.rows.find(({ key }) => key === hit);
      if (row && kind in REVIEWS) row.accepted = REVIEWS[/** @type {Review} */ (kind)];
    }
  }

  /** Stop the sound, and say nothing more of why another one did not play. */
  stop() {
    this.playing = -1;
    this.sound.pause();
    this.report("");
  }

  /** End all listeners. */
  close() {
    this.stop();
    this.listeners.abort();
  }

  /** @param {string} words - Why nothing plays; empty if nothing is wrong. */
  report(words) {
    setText(this.problem, words);
    this.problem.hidden = words === "";
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!this.data.rows.length || !this.list.getClientRects().length) return;
    const path = event.composedPath();
    // Enter follows a link, and opens what has the focus elsewhere on the page.
    const isMeant = path[0] === document.body || path.includes(this.list);
    if (event.key === "Enter" && !isMeant) return;
    const key = event.key === "Enter" ? " " : event.key.toLowerCase();
    if (!acts(key, path, true)) return;
    // What was just reviewed is still current until the next page is there.
    if (this.outbox.requests.some(({ kind }) => kind === "turn")) return;
    const act = {
      j: () => this.go(1),
      k: () => this.go(-1),
      a: () => this.review(this.current, "accept"),
      x: () => this.review(this.current, "reject"),
      u: () => this.review(this.current, "withdraw"),
      " ": () => this.play(this.current),
    }[key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  /** @param {1 | -1} step */
  go(step) {
    const at = this.current + step;
    if (at < 0) this.turn("previous");
    else if (at >= this.data.rows.length) this.turn("next");
    else this.select(at);
  }

  /** @param {"next" | "previous"} to */
  turn(to) {
    const { first, perPage } = this.data;
    if ((to === "next" ? this.next : this.previous).disabled) return;
    this.outbox.add("turn", { first: first + (to === "next" ? perPage : -perPage) });
  }

  /** @param {number} at */
  select(at) {
    this.current = at;
    this.mark();
    this.list.children[at]?.scrollIntoView({ block: "nearest" });
  }

  /**
   * Accept or reject a hit, and go on to the next one.
   *
   * @param {number} row
   * @param {Review} kind
   */
  review(row, kind) {
    this.data.rows[row].accepted = REVIEWS[kind];
    this.outbox.add(kind, { hit: this.data.rows[row].key });
    if (kind !== "withdraw" && row === this.current && row + 1 < this.data.rows.length)
      this.select(row + 1);
    this.mark();
  }

  /** @param {number} row */
  play(row) {
    const isPlaying = this.playing === row && !this.sound.paused;
    const { sound } = this.data.rows[row];
    this.stop();
    this.select(row);
    if (isPlaying || sound === null) return;
    this.sound.src = sound;
    this.playing = row;
    this.mark();
    this.sound.play().catch((error) => {
      if (error.name === "AbortError") return; // stopped, or another one began: nothing is wrong
      this.playing = -1;
      this.mark();
      this.report(error.name === "NotAllowedError" ? REFUSED : UNPLAYABLE);
    });
    this.mark();
  }

  /** Show which row is current, which plays, and the reviews. */
  mark() {
    for (const [at, item] of [...this.list.children].entries()) {
      const { accepted } = this.data.rows[at];
      const isCurrent = at === this.current;
      item.classList.toggle("current", isCurrent);
      item.toggleAttribute("aria-current", isCurrent);
      item.classList.toggle("rejected", accepted === false);
      const isPlaying = at === this.playing && !this.sound.paused;
      item.querySelector(".play path")?.setAttribute("d", isPlaying ? STOP : PLAY);
      item.querySelector(".accept")?.setAttribute("aria-pressed", String(accepted === true));
      item.querySelector(".reject")?.setAttribute("aria-pressed", String(accepted === false));
    }
  }

  /**
   * @param {HitRow} row
   * @param {number} at
   */
  row(row, at) {
    const item = element("li");
    const place = this.data.first + at + 1;
    const play = iconButton(PLAY, `Play result ${place}`, "play");
    play.disabled = row.sound === null;
    play.addEventListener("click", () => this.play(at));
    const accept = iconButton(ACCEPT, `Accept result ${place}`, "accept");
    const reject = iconButton(REJECT, `Reject result ${place}`, "reject");
    const now = () => this.data.rows[at].accepted;
    accept.addEventListener("click", () => this.review(at, now() === true ? "withdraw" : "accept"));
    reject.addEventListener("click", () =>
      this.review(at, now() === false ? "withdraw" : "reject"),
    );
    const review = element("div", "", "review");
    review.append(accept, reject);
    const score = element("span", row.score, "score");
    item.append(play, picture(row, this.data.palette), description(row), score, review);
    return item;
  }
}

/**
 * @param {string} icon - Path of 24 by 24.
 * @param {string} label
 * @param {string} className
 */
function iconButton(icon, label, className) {
  const button = element("button", "", className);
  button.type = "button";
  button.title = label;
  button.setAttribute("aria-label", label);
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", icon);
  drawing.append(path);
  button.append(drawing);
  return button;
}

/**
 * Draw the spectrogram of a hit.
 *
 * @param {HitRow} row
 * @param {Palette["levels"]} stops
 */
function picture({ picture: levels, columns, bands }, stops) {
  const canvas = element("canvas");
  canvas.setAttribute("aria-hidden", "true");
  const context = canvas.getContext("2d");
  if (!columns || !context) return canvas;
  canvas.width = columns;
  canvas.height = bands;
  context.putImageData(new ImageData(pixels(levels, columns, bands, stops), columns, bands), 0, 0);
  return canvas;
}

/**
 * Return the pixels of a spectrogram, the highest band on top.
 *
 * @param {string} levels - One byte each in base64, by bands from the lowest up.
 * @param {number} columns
 * @param {number} bands
 * @param {Palette["levels"]} stops
 * @returns {Uint8ClampedArray<ArrayBuffer>}
 */
export function pixels(levels, columns, bands, stops) {
  const scale = pixelScale(stops);
  const bytes = atob(levels);
  const drawn = new Uint32Array(columns * bands);
  for (let band = 0; band < bands; band++) {
    const top = (bands - 1 - band) * columns;
    for (let column = 0; column < columns; column++)
      drawn[top + column] = scale[bytes.charCodeAt(band * columns + column)];
  }
  return new Uint8ClampedArray(drawn.buffer);
}

/** @param {HitRow} row */
function description({ label, name, when, at, problem }) {
  const words = element("div", "", "words");
  const what = element("span", label || name, "what");
  what.title = label || name;
  const where = element("span", label ? `${name} · ${at}` : at, "more");
  where.title = name;
  words.append(what, element("span", when, "more"), where);
  if (problem) words.append(element("span", problem, "problem"));
  return words;
}

/**
 * @param {Component<HitListData>} component
 * @returns {Cleanup}
 */
function mountHitList({ data, parentElement, setTriggerValue }) {
  const root = find(parentElement, ".hits");
  const list = instanceOn(root, () => new HitList(parentElement));
  list.update(data, setTriggerValue);
  return () => {
    list.close();
    removeInstance(root);
  };
}

export default mountHitList;
