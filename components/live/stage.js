/**
 * Stage: the live stream for a projector. It fills the screen, or the window where the browser
 * refuses the full screen, with what is heard now, the last minute, the level, and alerts.
 */

import { prepareCanvas } from "../frontend/canvas.js";
import { element, find, setText } from "../frontend/dom.js";
import { AlertScreen } from "./alerts.js";
import { meterShare } from "./meter.js";
import { Ranking } from "./ranking.js";
import { TIMELINE_S } from "./stream.js";

/** @import { Stream } from "./stream.js" */

const PLACES = 4;
const SILENCE = "Silence"; // AudioSet's class of nothing: Stage says "Listening" instead
const EASE = 0.25; // share of the way that a length moves in each step
const ARRIVED = 0.002; // a smaller difference is not visible
const POINTED_MS = 2500; // time for which the buttons stay after the pointer moved
const SPOKEN_S = 3; // least time between two announcements of a class
const LONG_LABEL = 26; // characters from which a label is written smaller
const THIN = 0.3; // share of the ribbon's height at a score of 0

/**
 * @typedef {object} View What Stage shows beside the stream.
 * @property {number} threshold
 * @property {readonly string[]} watched - Labels.
 * @property {string[]} colours - Of each class.
 * @property {Record<string, string>} palette
 * @property {string} problem - Sentence about a stream that does not run; otherwise empty.
 */

/** One class on the screen. */
class Entry {
  /** @param {HTMLElement} item */
  constructor(item) {
    this.item = item;
    this.name = element("span", "", "stage-name");
    this.fill = element("div", "", "stage-fill");
    this.score = element("span", "", "stage-score");
    const track = element("div", "", "stage-track");
    track.append(this.fill);
    item.append(this.name, track, this.score);
    this.length = 0;
    this.wanted = 0;
    this.clear();
  }

  clear() {
    this.item.classList.remove("shown", "fading");
    this.wanted = 0;
  }

  /**
   * @param {string} label
   * @param {string} colour
   * @param {number} score
   * @param {boolean} isFading - Whether it is only waiting to leave.
   */
  show(label, colour, score, isFading) {
    if (this.name.textContent !== label) this.length = 0;
    setText(this.name, label);
    setText(this.score, score.toFixed(2));
    this.item.classList.add("shown");
    this.item.classList.toggle("fading", isFading);
    this.item.classList.toggle("long", label.length > LONG_LABEL);
    this.item.style.setProperty("--category", colour);
    this.wanted = score;
  }

  /** @param {number} share - Of the way, in (0, 1]. */
  move(share) {
    const left = this.wanted - this.length;
    this.length = Math.abs(left) < ARRIVED ? this.wanted : this.length + share * left;
    this.fill.style.transform = `scaleX(${this.length})`;
  }
}

export class Stage {
  /**
   * @param {HTMLElement} root - Element of the panel.
   * @param {(isOpen: boolean) => void} tell - Called when the visitor opens or leaves it.
   */
  constructor(root, tell) {
    this.tell = tell;
    this.dialog = find(root, ".stage", HTMLDialogElement);
    this.screen = find(root, ".stage-screen");
    this.ribbon = find(root, ".stage-ribbon", HTMLCanvasElement);
    this.ease = matchMedia("(prefers-reduced-motion: reduce)").matches ? 1 : EASE;
    this.ranking = new Ranking(PLACES, TIMELINE_S + 2);
    this.alerts = new AlertScreen();
    this.level = 0;
    this.wasFull = false;
    this.spoken = { text: "", at: -Infinity };
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.pointed = undefined;
    this.listening = new AbortController();
    const list = find(root, ".stage-next");
    list.replaceChildren(); // of a panel that was stopped before
    find(root, ".stage-first").replaceChildren();
    this.entries = [new Entry(find(root, ".stage-first"))];
    while (this.entries.length < PLACES) {
      const item = element("li");
      list.append(item);
      this.entries.push(new Entry(item));
    }
    this.listen(root);
  }

  /** @param {HTMLElement} root */
  listen(root) {
    const { signal } = this.listening;
    find(root, ".stage-open").addEventListener("click", () => this.enter(), { signal });
    find(root, ".stage-leave").addEventListener("click", () => this.leave(), { signal });
    find(root, ".stage-full").addEventListener("click", () => this.fill(), { signal });
    this.screen.addEventListener("pointermove", () => this.point(), { signal });
    this.dialog.addEventListener("close", () => this.onClose(), { signal });
    document.addEventListener("keydown", (event) => this.onKey(event), { signal });
    document.addEventListener("fullscreenchange", () => this.onFull(), { signal });
  }

  get isOpen() {
    return this.dialog.open;
  }

  /** Open it on the visitor's request, in full screen if the browser allows it. */
  enter() {
    this.open();
    this.fill();
    this.tell(true);
  }

  /** Open it in the window. */
  open() {
    if (this.isOpen || !this.dialog.isConnected) return;
    this.dialog.showModal(); // the rest of the page is inert, and Escape closes it
    this.screen.focus();
    this.point();
  }

  async fill() {
    try {
      await this.screen.requestFullscreen({ navigationUI: "hide" });
    } catch {
      this.wasFull = false; // refused, or unknown to the browser: it fills the window
    }
  }

  leave() {
    if (this.isOpen) this.dialog.close();
  }

  onClose() {
    if (document.fullscreenElement) document.exitFullscreen();
    this.wasFull = false;
    this.tell(false);
  }

  /** Leave with the full screen, which Escape ends without a key event for the page. */
  onFull() {
    const isFull = document.fullscreenElement !== null;
    if (this.wasFull && !isFull) this.leave();
    this.wasFull = isFull && this.isOpen;
    this.screen.classList.toggle("full", this.wasFull);
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.key.toLowerCase() !== "f" || event.repeat || event.defaultPrevented) return;
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
    event.preventDefault();
    if (!this.isOpen) this.enter();
    else if (this.wasFull) this.leave();
    else this.fill();
  }

  /** Show the buttons and the pointer for a moment. */
  point() {
    this.screen.classList.add("pointed");
    clearTimeout(this.pointed);
    this.pointed = setTimeout(() => this.screen.classList.remove("pointed"), POINTED_MS);
  }

  /** Forget the stream, because another one has begun. */
  clear() {
    this.ranking.clear();
  }

  /**
   * Show an alert that fills the screen.
   *
   * @param {string} label
   */
  alert(label) {
    this.alerts.add(label, performance.now() / 1000);
  }

  /**
   * Show the state of the stream.
   *
   * @param {Stream} stream
   * @param {View} view
   */
  show(stream, view) {
    this.ranking.take(stream.frames, view.threshold, stream.labels.indexOf(SILENCE));
    if (!this.isOpen) return;
    const { running, level } = stream.state;
    const places = running ? this.ranking.places : [];
    this.entries.forEach((entry, at) => {
      const place = places[at];
      if (!place) entry.clear();
      else {
        const isFading = place.heard < this.ranking.end;
        const { index, score } = place;
        entry.show(stream.labels[index], view.colours[index], score, isFading);
      }
    });
    this.level = running ? meterShare(level?.rms_dbfs ?? null) : 0;
    this.screen.dataset.state = places.length > 0 ? "sounding" : "calm";
    setText(find(this.screen, ".stage-calm"), running ? "Listening" : "Not listening");
    setText(find(this.screen, ".stage-problem"), view.problem);
    this.showCounts(stream, view.watched);
    const best = places[0];
    this.speak(best ? stream.labels[best.index] : running ? "Listening" : "Not listening");
  }

  /**
   * @param {Stream} stream
   * @param {readonly string[]} watched
   */
  showCounts(stream, watched) {
    const texts = watched.map((label) => `${label} ${stream.state.counts[label] ?? 0}×`);
    const list = find(this.screen, ".stage-counts");
    if (list.dataset.shown === texts.join("\t")) return;
    list.dataset.shown = texts.join("\t");
    list.replaceChildren(...texts.map((text) => element("span", text)));
  }

  /**
   * Announce the best class to screen readers, not more often than it can be heard.
   *
   * @param {string} text
   */
  speak(text) {
    const now = performance.now() / 1000;
    if (text === this.spoken.text || now - this.spoken.at < SPOKEN_S) return;
    this.spoken = { text, at: now };
    setText(find(this.screen, ".stage-spoken"), text);
  }

  /**
   * Move all that moves.
   *
   * @param {Stream} stream
   * @param {View} view
   */
  step(stream, view) {
    for (const entry of this.entries) entry.move(this.ease);
    const fill = find(this.screen, ".stage-level-fill");
    const shown = Number(fill.dataset.share ?? 0);
    const share = shown + (this.level - shown) * this.ease;
    fill.dataset.share = String(share);
    fill.style.transform = `scaleX(${share})`;
    this.drawRibbon(stream, view);
    this.showAlert(stream, view);
  }

  /**
   * @param {Stream} stream
   * @param {View} view
   */
  showAlert(stream, view) {
    const labels = this.alerts.shown(performance.now() / 1000);
    const alert = find(this.screen, ".stage-alert");
    alert.classList.toggle("shown", labels.length > 0);
    setText(find(alert, ".stage-alert-label"), labels.join(", "));
    if (labels.length === 0) return;
    const colour = view.colours[stream.labels.indexOf(labels[0])] ?? view.palette.score;
    alert.style.setProperty("--category", colour);
    alert.classList.toggle("long", labels.join(", ").length > LONG_LABEL);
  }

  /**
   * Draw the best class of the last minute, in the colour of its category, the thicker the higher
   * its score.
   *
   * @param {Stream} stream
   * @param {View} view
   */
  drawRibbon(stream, view) {
    const { context, width, height } = prepareCanvas(this.ribbon);
    const first = stream.time(performance.now() / 1000) - TIMELINE_S;
    const x = (/** @type {number} */ time) => ((time - first) / TIMELINE_S) * width;
    context.fillStyle = view.palette.lane;
    context.fillRect(0, 0, width, height);
    context.fillStyle = view.palette.grid;
    context.fillRect(0, height / 2 - 1, width, 2);
    for (const { begin, end, index, score } of this.ranking.history) {
      const [left, right] = [Math.round(x(begin)), Math.round(x(end))]; // without seams
      if (right < 0) continue;
      const tall = height * (THIN + (1 - THIN) * score);
      context.fillStyle = view.colours[index];
      context.fillRect(left, (height - tall) / 2, right - left, tall);
    }
  }

  stop() {
    this.listening.abort();
    clearTimeout(this.pointed);
    if (document.fullscreenElement && this.wasFull) document.exitFullscreen();
    if (this.isOpen) this.dialog.close();
  }
}

/**
 * Return whether a key is meant for the element that has the focus.
 *
 * @param {KeyboardEvent} event
 */
function isTyping(event) {
  const [target] = event.composedPath();
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.matches("textarea, select, [role=combobox]")) return true;
  return target instanceof HTMLInputElement && !["checkbox", "range"].includes(target.type);
}
