/** Handles on both edges of a true event: dragged, or moved by keys. */

import { find } from "../frontend/dom.js";
import { rowBox } from "./layout.js";

/** @import { TruthRow } from "./data.js" */
/** @import { Player } from "./player.js" */

const STEP_S = 0.01; // of an arrow key; ten times as much with Shift
const MIN_LENGTH_S = 0.001; // as the script demands

export class Edges {
  /**
   * @param {Player} player
   * @param {(event: TruthRow) => void} onMoved - Called with the event once it was moved.
   */
  constructor(player, onMoved) {
    this.player = player;
    this.onMoved = onMoved;
    /** @type {TruthRow | null} */
    this.event = null;
    this.isHeld = false;
    this.handles = {
      onset: find(player.root, "[data-edge=onset]"),
      offset: find(player.root, "[data-edge=offset]"),
    };
    for (const name of /** @type {const} */ (["onset", "offset"])) this.listen(name);
  }

  /** @param {"onset" | "offset"} name */
  listen(name) {
    const { on } = this.player;
    const handle = this.handles[name];
    on(handle, "pointerdown", (event) => {
      event.stopPropagation(); // the tracks would select
      this.isHeld = true;
      handle.setPointerCapture(event.pointerId);
    });
    on(handle, "pointermove", (event) => {
      event.stopPropagation();
      if (this.isHeld) this.set(name, this.timeAt(event));
    });
    on(handle, "pointerup", (event) => {
      event.stopPropagation();
      this.drop();
    });
    on(handle, "pointercancel", () => this.drop());
    on(handle, "click", (event) => event.stopPropagation());
    on(handle, "keydown", (event) => this.onKey(name, event));
  }

  /** @param {PointerEvent} event */
  timeAt(event) {
    const { left } = this.player.tracks.getBoundingClientRect();
    return this.player.axis.time(event.clientX - left);
  }

  /** @param {TruthRow | null} event */
  show(event) {
    this.event = event;
    if (!event) this.isHeld = false;
    this.place();
  }

  /** Put the handles where the event's edges are. */
  place() {
    const { event, player } = this;
    for (const name of /** @type {const} */ (["onset", "offset"])) {
      const handle = this.handles[name];
      handle.hidden = !event;
      if (!event) continue;
      const { top, height } = rowBox(event.row);
      handle.style.transform = `translate(${player.axis.x(event[name])}px, ${top}px)`;
      handle.style.height = `${height}px`;
      const which = name === "onset" ? "Beginning" : "End";
      handle.setAttribute("aria-label", `${which} of ${event.name}`);
      handle.setAttribute("aria-valuemax", player.axis.duration.toFixed(3));
      handle.setAttribute("aria-valuenow", event[name].toFixed(3));
      handle.setAttribute("aria-valuetext", player.clock(event[name], 3));
    }
  }

  /**
   * Move an edge, up to the other one.
   *
   * @param {"onset" | "offset"} name
   * @param {number} time
   */
  set(name, time) {
    const { event, player } = this;
    if (!event) return;
    const rounded = Math.round(1000 * time) / 1000;
    if (name === "onset") event.onset = Math.max(0, Math.min(rounded, event.offset - MIN_LENGTH_S));
    else
      event.offset = Math.min(player.axis.duration, Math.max(rounded, event.onset + MIN_LENGTH_S));
    player.draw();
  }

  drop() {
    if (!this.isHeld) return;
    this.isHeld = false;
    if (this.event) this.onMoved(this.event);
  }

  /**
   * @param {"onset" | "offset"} name
   * @param {KeyboardEvent} key
   */
  onKey(name, key) {
    const direction = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[key.key];
    if (!direction || !this.event || key.ctrlKey || key.metaKey || key.altKey) return;
    key.preventDefault();
    key.stopPropagation();
    this.set(name, this.event[name] + direction * STEP_S * (key.shiftKey ? 10 : 1));
    this.onMoved(this.event);
  }
}
