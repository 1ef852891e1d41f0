/**
 * Lanes component: draws two models' scores over time, the first one's upwards and the second one's
 * downwards, shows where the player of the same clip is, and tells the script where it is clicked.
 */

import { prepareCanvas } from "../frontend/canvas.js";
import { find, instanceOn, removeInstance, setText } from "../frontend/dom.js";
import { Axis, formatClock } from "../player/axis.js";
import { column } from "../player/data.js";
import { listenForPlayhead } from "../player/playhead.js";

/** @import { ArrowTable, Cleanup, Component, Tell } from "../frontend/streamlit.js" */

const RULER_PX = 20;
const LANE_PX = 66;
const WORDS_PX = 20; // of a lane, above its scores
const GAP_PX = 4; // below its scores
const FONT = '13px "Source Sans", sans-serif';
const BOLD = `600 ${FONT}`;

/**
 * @typedef {object} LanesData
 * @property {string} clip - Digest of the clip.
 * @property {ArrowTable} edges_s - Borders of the columns, in seconds.
 * @property {ArrowTable} up - Scores of the first model, lane by lane, in `steps`.
 * @property {ArrowTable} down
 * @property {number} steps - Value of a score of 1.
 * @property {[label: string, up: number, down: number][]} lanes - With the highest scores.
 * @property {[up: string, down: string]} signs
 * @property {[up: string, down: string]} titles
 * @property {[up: string, down: string]} sides - Colours of the models.
 * @property {Record<string, string>} colours
 * @property {{ label: string, onset_s: number, offset_s: number } | null} marked - Stretch that
 *   was played last.
 */

class MirroredLanes {
  /**
   * @param {HTMLElement} root
   * @param {LanesData} data
   */
  constructor(root, data) {
    this.root = root;
    this.data = data;
    /** @type {Tell} */
    this.tell = () => {};
    /** @type {ArrayLike<number>} */
    this.edges = [];
    /** @type {ArrayLike<number>} */
    this.up = [];
    /** @type {ArrayLike<number>} */
    this.down = [];
    this.axis = new Axis(0);
    this.time = 0;
    this.listeners = new AbortController();
    const { signal } = this.listeners;
    const canvas = find(root, "canvas");
    canvas.addEventListener("click", (event) => this.onClick(event), { signal });
    canvas.addEventListener("pointermove", (event) => this.onMove(event), { signal });
    canvas.addEventListener("pointerleave", () => this.hideHint(), { signal });
    listenForPlayhead(({ clip, time }) => {
      if (clip !== this.data.clip) return;
      this.time = time;
      this.placeMarks();
    }, signal);
    this.observer = new ResizeObserver(() => this.paint());
    this.observer.observe(root);
  }

  stop() {
    this.listeners.abort();
    this.observer.disconnect();
    removeInstance(this.root);
  }

  /**
   * @param {LanesData} data
   * @param {Tell} tell
   */
  show(data, tell) {
    if (data.clip !== this.data.clip) this.time = 0;
    this.data = data;
    this.tell = tell;
    this.edges = column(data.edges_s);
    this.up = column(data.up);
    this.down = column(data.down);
    this.axis = new Axis(this.edges[this.edges.length - 1]);
    for (const [name, colour] of Object.entries(data.colours)) {
      this.root.style.setProperty(`--${name}`, colour);
    }
    const highest = data.lanes.map(
      ([label, up, down]) => `${label} ${up.toFixed(2)} and ${down.toFixed(2)}`,
    );
    find(this.root, "canvas").setAttribute(
      "aria-label",
      `Scores of both models over time. Highest: ${highest.join(", ")}`,
    );
    this.paint();
  }

  get hasMinutes() {
    return this.axis.duration >= 60;
  }

  /** @param {number} lane */
  top(lane) {
    return RULER_PX + lane * LANE_PX;
  }

  paint() {
    const { lanes } = this.data;
    const canvas = find(this.root, "canvas", HTMLCanvasElement);
    canvas.style.height = `${this.top(lanes.length)}px`;
    const { context, width } = prepareCanvas(canvas);
    this.axis.width = width || 1;
    context.textBaseline = "middle";
    for (const lane of lanes.keys()) this.paintLane(context, lane);
    this.paintRuler(context);
    this.placeMarks();
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {number} lane
   */
  paintLane(context, lane) {
    const { sides, colours } = this.data;
    const top = this.top(lane);
    const height = LANE_PX - WORDS_PX - GAP_PX;
    const middle = top + WORDS_PX + height / 2;
    context.fillStyle = colours.lane;
    context.fillRect(0, top + WORDS_PX, this.axis.width, height);
    this.paintScores(context, this.up, lane, middle, -height / 2, sides[0]);
    this.paintScores(context, this.down, lane, middle, height / 2, sides[1]);
    context.fillStyle = colours.page;
    context.fillRect(0, middle - 0.5, this.axis.width, 1);
    this.paintWords(context, lane, top + WORDS_PX / 2);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {ArrayLike<number>} scores
   * @param {number} lane
   * @param {number} middle
   * @param {number} reach - Of a score of 1; negative upwards.
   * @param {string} colour
   */
  paintScores(context, scores, lane, middle, reach, colour) {
    const count = this.edges.length - 1;
    context.beginPath();
    context.moveTo(0, middle);
    for (let column = 0; column < count; column++) {
      const y = middle + (reach * scores[lane * count + column]) / this.data.steps;
      context.lineTo(this.axis.x(this.edges[column]), y);
      context.lineTo(this.axis.x(this.edges[column + 1]), y);
    }
    context.lineTo(this.axis.width, middle);
    context.fillStyle = colour;
    context.fill();
  }

  /**
   * Write the label and both highest scores above a lane.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {number} lane
   * @param {number} y
   */
  paintWords(context, lane, y) {
    const { lanes, signs, sides, colours } = this.data;
    const [label, ...peaks] = lanes[lane];
    let right = this.axis.width;
    context.font = FONT;
    for (const side of [1, 0]) {
      const score = ` ${peaks[side].toFixed(2)}${side === 0 ? "  " : ""}`;
      right -= context.measureText(score).width;
      context.fillStyle = colours.text;
      context.fillText(score, right, y);
      right -= context.measureText(signs[side]).width;
      context.fillStyle = sides[side];
      context.fillText(signs[side], right, y);
    }
    context.font = BOLD;
    context.fillStyle = colours.text;
    context.fillText(fitting(context, label, right - 8), 0, y);
  }

  /** @param {CanvasRenderingContext2D} context */
  paintRuler(context) {
    const { colours } = this.data;
    context.font = FONT;
    for (const { time, label } of this.axis.ticks()) {
      const x = Math.round(this.axis.x(time));
      context.fillStyle = colours.grid;
      context.fillRect(x, 0, 1, RULER_PX);
      for (const lane of this.data.lanes.keys()) {
        context.fillRect(x, this.top(lane) + WORDS_PX, 1, LANE_PX - WORDS_PX - GAP_PX);
      }
      context.fillStyle = colours.muted;
      context.fillText(label, this.axis.labelX(x, context.measureText(label).width), RULER_PX / 2);
    }
  }

  /** Place the playhead, and the frame around the stretch that was played. */
  placeMarks() {
    const head = find(this.root, ".playhead");
    head.hidden = this.data.lanes.length === 0;
    head.style.transform = `translateX(${this.axis.x(this.time)}px)`;
    head.dataset.time = String(this.time);
    const { marked, lanes } = this.data;
    const frame = find(this.root, ".marked");
    const lane = marked ? lanes.findIndex(([label]) => label === marked.label) : -1;
    frame.hidden = lane < 0;
    if (!marked || lane < 0) return;
    const [left, right] = [this.axis.x(marked.onset_s), this.axis.x(marked.offset_s)];
    frame.style.width = `${Math.max(4, right - left)}px`;
    frame.style.height = `${LANE_PX - WORDS_PX - GAP_PX}px`;
    frame.style.transform = `translate(${left}px, ${this.top(lane) + WORDS_PX}px)`;
  }

  /**
   * Return what is under the pointer; null between the lanes.
   *
   * @param {MouseEvent} event
   */
  under({ offsetX, offsetY }) {
    const lane = Math.floor((offsetY - RULER_PX) / LANE_PX);
    if (lane < 0 || lane >= this.data.lanes.length) return null;
    const time = this.axis.time(offsetX);
    const count = this.edges.length - 1;
    let place = 0;
    while (place < count - 1 && this.edges[place + 1] <= time) place++;
    const [up, down] = [this.up, this.down].map(
      (scores) => scores[lane * count + place] / this.data.steps,
    );
    return { label: this.data.lanes[lane][0], time, up, down };
  }

  /** @param {MouseEvent} event */
  onClick(event) {
    const found = this.under(event);
    if (found) this.tell("listen", { label: found.label, at_s: found.time });
  }

  /** @param {PointerEvent} event */
  onMove(event) {
    const found = this.under(event);
    if (!found) {
      this.hideHint();
      return;
    }
    const { signs, titles } = this.data;
    const hint = find(this.root, ".hint");
    const time = formatClock(found.time, 2, this.hasMinutes) + (this.hasMinutes ? "" : " s");
    setText(
      hint,
      `${found.label} at ${time} · ${signs[0]} ${titles[0]} ${found.up.toFixed(2)} · ` +
        `${signs[1]} ${titles[1]} ${found.down.toFixed(2)}`,
    );
    hint.hidden = false;
    const left = Math.min(event.offsetX + 12, this.axis.width - hint.offsetWidth - 4);
    const above = event.offsetY - hint.offsetHeight - 8;
    const top = above >= 0 ? above : event.offsetY + 16;
    hint.style.transform = `translate(${Math.max(0, left)}px, ${top}px)`;
  }

  hideHint() {
    find(this.root, ".hint").hidden = true;
  }
}

/**
 * Shorten a text so that it fits into a width.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {string} text
 * @param {number} width - In pixels.
 */
function fitting(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  let length = Math.min(text.length, 200);
  while (length > 0 && context.measureText(`${text.slice(0, length)}…`).width > width) length--;
  return `${text.slice(0, length)}…`;
}

/**
 * @param {Component<LanesData>} component
 * @returns {Cleanup}
 */
function mountLanes({ data, parentElement, setTriggerValue }) {
  const root = find(parentElement, ".lanes");
  const lanes = instanceOn(root, () => new MirroredLanes(root, data));
  lanes.show(data, setTriggerValue);
  return () => lanes.stop();
}

export default mountLanes;
