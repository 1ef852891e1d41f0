/**
 * Example list component: rows of examples to play, move to another class or remove. Names are set
 * as text, never as markup.
 */

import { element, find, instanceOn, setText } from "../frontend/dom.js";

/** @import { Cleanup, Component, Tell } from "../frontend/streamlit.js" */

const REFUSED = "The browser did not let the sound begin. Press Play.";
const UNPLAYABLE = "This browser did not play this sound. Check its audio output, then press Play.";
const SVG = "http://www.w3.org/2000/svg";
const PLAY = "M8 5v14l11-7z";
const STOP = "M6 6h12v12H6z";
const REMOVE =
  "M19 6.4 17.6 5 12 10.6 6.4 5 5 6.4 10.6 12 5 17.6 6.4 19 12 13.4 17.6 19 19 17.6 13.4 12z";

/**
 * @typedef {object} Example
 * @property {number} number
 * @property {string} name
 * @property {string} label - Of its class.
 * @property {string} words - Length and level, or a note.
 * @property {number[]} outline - Peak of each stretch, in percent.
 * @property {string | null} sound - URL.
 */

/** @typedef {{ rows: Example[], classes: string[] }} ExampleListData With classes to choose. */

/** Shows the list. Rows are made again only where the list changed, so that a sound plays on. */
class ExampleList {
  /**
   * @param {HTMLElement} list
   * @param {HTMLElement} problem - Says why nothing plays.
   */
  constructor(list, problem) {
    this.list = list;
    this.problem = problem;
    this.sound = new Audio();
    /** @type {number | null} */
    this.playing = null; // number of the example
    this.shown = "";
    this.listeners = new AbortController(); // of the rows that are shown
    /** @type {Tell} */
    this.tell = () => {};
  }

  /**
   * @param {ExampleListData} data
   * @param {Tell} tell
   */
  update(data, tell) {
    this.tell = tell;
    const shown = JSON.stringify(data);
    if (this.shown === shown) return;
    this.shown = shown;
    this.stop();
    this.listeners.abort();
    this.listeners = new AbortController();
    this.list.replaceChildren(...data.rows.map((row) => this.row(row, data.classes)));
  }

  stop() {
    this.sound.pause();
    this.report("");
  }

  /** @param {string} words - Why nothing plays; empty if nothing is wrong. */
  report(words) {
    setText(this.problem, words);
    this.problem.hidden = words === "";
  }

  /**
   * @param {HTMLElement} target
   * @param {"change" | "click"} name
   * @param {() => void} act
   */
  on(target, name, act) {
    target.addEventListener(name, act, { signal: this.listeners.signal });
  }

  /**
   * @param {Example} example
   * @param {string[]} classes
   */
  row(example, classes) {
    const item = element("li");
    item.append(this.playButton(example), waveform(example.outline), description(example));
    item.classList.toggle("choosable", classes.length > 0);
    if (classes.length > 0) item.append(this.classChoice(example, classes));
    const remove = iconButton(REMOVE, `Remove ${example.name}`);
    this.on(remove, "click", () => this.tell("remove", example.number));
    item.append(remove);
    return item;
  }

  /** @param {Example} example */
  playButton({ name, number, sound }) {
    const play = iconButton(PLAY, `Play ${name}`);
    play.disabled = sound === null;
    const show = (/** @type {string} */ icon) =>
      play.querySelector("path")?.setAttribute("d", icon);
    const showPlay = () => show(PLAY);
    this.on(play, "click", () => {
      const isPlaying = this.playing === number && !this.sound.paused;
      this.stop();
      if (isPlaying || sound === null) return;
      this.sound.onpause = showPlay;
      this.sound.onended = showPlay;
      this.sound.src = sound;
      this.playing = number;
      show(STOP);
      this.sound.play().catch((error) => {
        showPlay();
        if (error.name === "AbortError") return; // stopped, or another one began: nothing is wrong
        this.report(error.name === "NotAllowedError" ? REFUSED : UNPLAYABLE);
      });
    });
    return play;
  }

  /**
   * @param {Example} example
   * @param {string[]} classes
   */
  classChoice({ name, number, label }, classes) {
    const choice = element("select");
    choice.setAttribute("aria-label", `Class of ${name}`);
    choice.append(...classes.map((each) => new Option(each, each, false, each === label)));
    this.on(choice, "change", () => this.tell("relabel", { number, label: choice.value }));
    return choice;
  }
}

/**
 * @param {string} icon - Path of 24 by 24.
 * @param {string} label
 */
function iconButton(icon, label) {
  const button = element("button");
  button.type = "button";
  button.title = label;
  button.setAttribute("aria-label", label);
  button.append(drawing("0 0 24 24", icon));
  return button;
}

/** @param {number[]} outline - Peak of each stretch, in percent. */
function waveform(outline) {
  const bars = outline.map((percent, at) => {
    const half = Math.max(0.4, percent / 10);
    return `M${at} ${10 - half}h.7v${2 * half}h-.7z`;
  });
  const picture = drawing(`0 0 ${Math.max(1, outline.length)} 20`, bars.join(""));
  picture.setAttribute("preserveAspectRatio", "none");
  picture.setAttribute("fill", "currentColor");
  picture.classList.add("wave");
  return picture;
}

/**
 * @param {string} box
 * @param {string} shape - Path.
 */
function drawing(box, shape) {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("viewBox", box);
  picture.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", shape);
  picture.append(path);
  return picture;
}

/** @param {Example} example */
function description({ name, words }) {
  const both = element("div", "", "words");
  const title = element("span", name);
  title.title = name;
  both.append(title, element("span", words, "more"));
  return both;
}

/**
 * @param {Component<ExampleListData>} component
 * @returns {Cleanup}
 */
function mountExampleList({ data, parentElement, setTriggerValue }) {
  const root = find(parentElement, ".shelf");
  const problem = find(parentElement, ".problem");
  const list = instanceOn(root, () => new ExampleList(root, problem));
  list.update(data, setTriggerValue);
  return () => list.stop();
}

export default mountExampleList;
