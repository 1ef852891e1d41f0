/** Mouse, pen and touch on the player's tracks: seek, select, drag the picture or a threshold. */

import { rowAt } from "./layout.js";
import { trueEventAt } from "./review.js";

/** @import { ClipEvent, TruthRow } from "./data.js" */
/** @import { Player } from "./player.js" */

const CLICK_PX = 4; // a pointer that moves no further is a click
const HANDLE_PX = 4; // distance from a threshold's line at which it can be dragged
const MIN_THRESHOLD = 0.01;
const FINE = 0.2; // share of the pointer's way that a threshold moves while Shift is held
const NEAR_PX = 6; // distance from a true event at which it is still meant
const WHEEL = 0.002; // exponent of the zoom, per pixel of a wheel's turn

/** @typedef {{ x: number, y: number }} Place On the tracks, in CSS pixels. */
/** @typedef {Place & { time: number, from: number, isTouch: boolean, hasMoved: boolean }} Hold */

export class Pointer {
  /** @param {Player} player */
  constructor(player) {
    this.player = player;
    this.tracks = player.tracks;
    /** @type {Hold | null} */
    this.held = null; // where it went down
    /** @type {{ lane: number, y: number, threshold: number } | null} */
    this.line = null; // the threshold that is being dragged
    const on = player.on;
    on(this.tracks, "wheel", (event) => this.onWheel(event), { passive: false });
    on(this.tracks, "pointerdown", (event) => this.onDown(event));
    on(this.tracks, "pointermove", (event) => this.onMove(event));
    on(this.tracks, "pointerup", (event) => this.onUp(event));
    on(this.tracks, "pointercancel", () => this.cancel());
    on(this.tracks, "dblclick", (event) => this.onDouble(event));
    on(this.tracks, "pointerleave", () => player.hideHint());
  }

  /**
   * @param {MouseEvent} event
   * @returns {Place}
   */
  place(event) {
    const box = this.tracks.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  /**
   * @param {Place} place
   * @returns {ClipEvent | null}
   */
  eventAt({ x, y }) {
    const { player } = this;
    const lane = player.laneAt(y);
    const time = player.axis.time(x);
    const isThere = (/** @type {ClipEvent} */ event) =>
      event.lane === lane && event.onset <= time && time <= event.offset;
    return lane < 0 ? null : (player.events.find(isThere) ?? null);
  }

  /**
   * @param {Place} place
   * @returns {TruthRow | null}
   */
  trueEventAt({ x, y }) {
    const { axis, truth } = this.player;
    const leeway = (NEAR_PX / axis.width) * axis.span;
    return trueEventAt(truth, rowAt(y), axis.time(x), leeway);
  }

  /**
   * Return the lane whose threshold's line is at a place; -1 if none is.
   *
   * @param {Place} place
   */
  lineAt({ y }) {
    const { player } = this;
    const lane = player.laneAt(y);
    if (lane < 0 || player.data.fixed) return -1;
    const { top, height } = player.laneBox(lane);
    const lineY = top + (1 - player.lanes.thresholds[lane]) * height;
    return Math.abs(lineY - y) < HANDLE_PX ? lane : -1;
  }

  /** @param {WheelEvent} event */
  onWheel(event) {
    const { axis } = this.player;
    // Where nothing is left to zoom out of, the wheel scrolls the page.
    if (event.deltaY > 0 && !event.shiftKey && axis.span >= axis.duration) return;
    event.preventDefault();
    const sideways = event.shiftKey ? event.deltaY : event.deltaX;
    if (Math.abs(sideways) > Math.abs(event.deltaY) || event.shiftKey) {
      axis.pan((sideways / axis.width) * axis.span);
    } else {
      axis.zoom(Math.exp(-event.deltaY * WHEEL), axis.time(this.place(event).x));
    }
    this.player.lookAround();
  }

  /** @param {PointerEvent} event */
  onDown(event) {
    if (event.button !== 0) return;
    const { axis, lanes } = this.player;
    const at = this.place(event);
    const isTouch = event.pointerType === "touch";
    const lane = isTouch ? -1 : this.lineAt(at);
    this.held = { ...at, time: axis.time(at.x), from: axis.from, isTouch, hasMoved: false };
    this.line = lane < 0 ? null : { lane, y: at.y, threshold: lanes.thresholds[lane] };
    this.tracks.setPointerCapture(event.pointerId);
  }

  /** @param {PointerEvent} event */
  onMove(event) {
    const at = this.place(event);
    const { held, line, player } = this;
    if (!held) {
      this.hover(at);
      return;
    }
    if (Math.hypot(at.x - held.x, at.y - held.y) > CLICK_PX) held.hasMoved = true;
    if (!held.hasMoved) return;
    if (line) this.dragLine(line, at, event.shiftKey ? FINE : 1);
    else if (this.pans(held)) this.drag(held, at);
    else player.select([held.time, player.axis.time(at.x)]);
    player.draw();
  }

  /**
   * Whether a drag moves the picture: a finger's does, unless true events are drawn.
   *
   * @param {Hold} held
   */
  pans({ isTouch }) {
    return isTouch && !this.player.annotation.isOn;
  }

  /**
   * Drag the picture.
   *
   * @param {Hold} held
   * @param {Place} place
   */
  drag(held, { x }) {
    const { axis } = this.player;
    axis.show(held.from - ((x - held.x) / axis.width) * axis.span, axis.span);
    this.player.lookAround();
  }

  /**
   * Drag a threshold.
   *
   * @param {{ lane: number, y: number, threshold: number }} line
   * @param {Place} place
   * @param {number} share - Of the pointer's way.
   */
  dragLine(line, { x, y }, share) {
    const { height } = this.player.laneBox(line.lane);
    const moved = line.threshold + (share * (line.y - y)) / height;
    line.y = y;
    line.threshold = Math.min(1, Math.max(MIN_THRESHOLD, moved));
    const name = this.player.lanes.names[line.lane];
    this.player.showHint(`${name}: threshold ${line.threshold.toFixed(2)}`, { x, y });
  }

  /** @param {PointerEvent} event */
  onUp(event) {
    const { held, line, player } = this;
    this.held = this.line = null;
    if (!held) return;
    if (line && held.hasMoved) {
      player.hideHint();
      player.setThreshold(line.lane, Math.round(100 * line.threshold) / 100);
    } else if (held.hasMoved) {
      if (!this.pans(held)) player.keepSelection();
    } else {
      const at = this.place(event);
      player.choose(this.eventAt(at), player.axis.time(at.x));
    }
    player.draw();
  }

  /**
   * Zoom to what is double-clicked: the selection, an event, or the whole clip.
   *
   * @param {MouseEvent} event
   */
  onDouble(event) {
    const { player } = this;
    const at = this.place(event);
    const time = player.axis.time(at.x);
    const { selection } = player;
    const isSelected = selection !== null && selection[0] <= time && time <= selection[1];
    const clicked = isSelected ? null : this.eventAt(at);
    player.zoomTo(isSelected ? selection : clicked && [clicked.onset, clicked.offset]);
  }

  /** The browser takes the gesture: a finger that moves up or down scrolls the page. */
  cancel() {
    const { held, line, player } = this;
    this.held = this.line = null;
    if (held?.hasMoved && !line && !this.pans(held)) player.select(null);
    player.draw();
  }

  /** @param {Place} at */
  hover(at) {
    const { player } = this;
    const lane = player.laneAt(at.y);
    const isOnLine = this.lineAt(at) >= 0;
    this.tracks.classList.toggle("on-line", isOnLine);
    this.tracks.classList.toggle("on-event", !isOnLine && this.eventAt(at) !== null);
    const event = this.trueEventAt(at);
    if (event) {
      const times = `${player.clock(event.onset, 2)} to ${player.clock(event.offset, 2)}`;
      player.showHint(`${event.name}, ${times}: ${event.state}`, at);
      return;
    }
    if (lane < 0) {
      player.showReading(at);
      return;
    }
    const time = player.axis.time(at.x);
    const score = player.lanes.score(lane, player.lanes.column(time)).toFixed(2);
    player.showHint(`${player.lanes.names[lane]} ${score} at ${player.clock(time, 2)}`, at);
  }
}
