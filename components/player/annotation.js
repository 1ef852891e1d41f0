/**
 * Annotation of the clip: true events are drawn, named, moved, split, merged and deleted, found
 * ones accepted or marked as false. The script performs each change; its answer is announced.
 */

import { find, setText } from "../frontend/dom.js";
import { Edges } from "./edges.js";
import { drawOutline } from "./layers.js";
import { rowBox } from "./layout.js";
import { NameField } from "./name_field.js";
import { Outbox } from "./outbox.js";
import { neighbour, nextOfName, nextUnreviewed, onlyOneAround, placeFrom } from "./review.js";

/** @import { TruthRow } from "./data.js" */
/** @import { Offer } from "./name_field.js" */
/** @import { Answer, Values } from "./outbox.js" */
/** @import { Player } from "./player.js" */
/** @import { Review } from "./review.js" */

/**
 * @typedef {object} AnnotationData
 * @property {Answer[]} answers - The latest one to each player.
 * @property {string | null} undo - What Undo undoes; null if there is nothing.
 * @property {string | null} redo
 * @property {Review[]} reviews - Of each found event.
 * @property {string} summary - How many were reviewed, and their precision.
 * @property {Offer} offer - Names that are offered for a true event.
 */

/** @type {AnnotationData} */
const NOTHING = {
  answers: [],
  undo: null,
  redo: null,
  reviews: [],
  summary: "",
  offer: { groups: [], categories: [] },
};

const CLICK_PX = 4; // as in pointer.js
const SIGN_PX = 12; // width of the sign of a review
const SAME_S = 2e-6; // the script rounds times to microseconds

export class Annotation {
  /** @param {Player} player */
  constructor(player) {
    this.player = player;
    this.isOn = false;
    this.toolbar = find(player.root, ".annotation");
    this.nameField = new NameField(player, () => this.named());
    this.outbox = new Outbox((message) => player.script.setTriggerValue("annotate", message));
    this.edges = new Edges(player, (event) => this.move(event));
    /** @type {number | null} */
    this.current = null; // number of the selected true event
    /** @type {[onset: number, offset: number] | null} */
    this.drawn = null; // of the event that was drawn or accepted last, to be selected once it has a number
    /** @type {{ x: number, y: number } | null} */
    this.down = null; // where a pointer went down on the tracks
    this.listen();
  }

  // ---- what comes from the script

  /** Show what is new; the player has unpacked its events. */
  show() {
    const { player } = this;
    find(player.root, ".annotate").hidden = !player.data.annotation;
    const answer = this.outbox.settle(this.data.answers);
    if (answer) this.say(answer.words, answer.is_refusal);
    for (const { kind, number, onset_s, offset_s } of this.outbox.requests) {
      const event = player.truth.find((one) => kind === "move" && one.number === number);
      if (event) Object.assign(event, { onset: onset_s, offset: offset_s });
    }
    this.selectDrawn();
    const held = this.edges.isHeld ? this.edges.event : null;
    if (held && this.event) Object.assign(this.event, { onset: held.onset, offset: held.offset });
    this.nameField.offer = this.data.offer;
    this.describe();
  }

  /** @returns {AnnotationData} */
  get data() {
    return this.player.data.annotation ?? NOTHING;
  }

  /** The selected true event. */
  get event() {
    return this.player.truth.find(({ number }) => number === this.current) ?? null;
  }

  selectDrawn() {
    if (!this.drawn) return;
    const [from, to] = this.drawn;
    const found = this.player.truth.find(
      ({ onset, offset }) => Math.abs(onset - from) < SAME_S && Math.abs(offset - to) < SAME_S,
    );
    if (!found) return;
    this.current = found.number;
    this.drawn = null;
  }

  /** Another clip is shown. */
  reset() {
    this.current = this.drawn = null;
    this.say("");
  }

  // ---- what is shown

  describe() {
    const { player, event, data } = this;
    const { chosen } = player;
    this.edges.show(this.isOn ? event : null);
    const review = data.reviews[chosen ? player.events.indexOf(chosen) : -1];
    const words = { true: ", accepted", false: ", marked as false", "": ", not reviewed" };
    const found = chosen ? this.told(player.labelOf(chosen), chosen) + words[review ?? ""] : "";
    setText(find(this.toolbar, ".found-text"), found || "No found event is selected.");
    const selected = event ? this.told(event.name, event) : "";
    setText(find(this.toolbar, ".true-text"), selected || "No true event is selected.");
    setText(find(this.toolbar, ".summary"), data.summary);
    this.enable("accept", chosen !== null);
    this.enable("reject", chosen !== null);
    this.enable("add", player.selection !== null);
    for (const act of ["rename", "delete", "merge"]) this.enable(act, event !== null);
    this.enable("undo", data.undo !== null, data.undo);
    this.enable("redo", data.redo !== null, data.redo);
  }

  /**
   * Say whether a button can do something now. It stays in the order of focus, and tells why not.
   *
   * @param {string} act
   * @param {boolean} isPossible
   * @param {string | null} [what]
   */
  enable(act, isPossible, what) {
    const button = find(this.toolbar, `[data-act=${act}]`);
    button.setAttribute("aria-disabled", String(!isPossible));
    if (what !== undefined) button.title = what ?? "";
  }

  /**
   * @param {string} label
   * @param {{ onset: number, offset: number }} stretch
   */
  told(label, { onset, offset }) {
    const { player } = this;
    return `${label}, ${player.clock(onset, 2)} to ${player.clock(offset, 2)}`;
  }

  /**
   * Say what happened, also to screen readers.
   *
   * @param {string} words
   * @param {boolean} [isRefusal]
   */
  say(words, isRefusal = false) {
    const line = find(this.toolbar, ".said");
    line.classList.toggle("refused", isRefusal);
    line.textContent = words;
  }

  /**
   * Mark the selected true event, and the reviews of found ones.
   *
   * @param {CanvasRenderingContext2D} context
   */
  paint(context) {
    const { player, event } = this;
    const { axis, colours } = player;
    this.paintReviews(context);
    if (this.isOn) this.describe();
    if (!this.isOn || !event) return;
    const [left, right] = [axis.x(event.onset), axis.x(event.offset)];
    drawOutline(context, left, Math.max(left + 4, right), rowBox(event.row), {
      colour: colours.text,
      halo: colours.page,
      width: 2.5,
      dashes: [],
    });
  }

  /** @param {CanvasRenderingContext2D} context */
  paintReviews(context) {
    const { player, data } = this;
    const { axis, colours } = player;
    context.font = "bold 12px sans-serif";
    context.textBaseline = "middle";
    player.events.forEach(({ onset, offset, lane }, place) => {
      const review = data.reviews[place];
      if (!review || lane < 0 || !axis.overlaps(onset, offset)) return;
      const { top, height } = player.laneBox(lane);
      const x = Math.max(1, axis.x(onset) + 3);
      context.fillStyle = colours.page;
      context.fillRect(x, top + 4, SIGN_PX, height - 8);
      context.fillStyle = review === "true" ? colours.text : colours.warn;
      context.fillText(review === "true" ? "✓" : "✕", x + 1, top + height / 2 + 1);
    });
  }

  // ---- what is done

  toggle() {
    if (!this.player.data.annotation) return;
    this.isOn = !this.isOn;
    this.toolbar.hidden = !this.isOn;
    find(this.player.root, ".annotate").setAttribute("aria-expanded", String(this.isOn));
    this.describe();
    this.player.draw();
  }

  /**
   * Ask the script for a change.
   *
   * @param {string} kind
   * @param {Values} [values]
   */
  request(kind, values) {
    this.outbox.add(kind, values);
    this.describe();
    this.player.draw();
  }

  /**
   * @param {TruthRow | null} event
   * @param {number} [time] - Where to move the playhead.
   */
  select(event, time) {
    const { player } = this;
    this.drawn = null;
    this.current = event?.number ?? null;
    if (event) {
      if (player.selection) {
        player.select(null);
        player.keepSelection();
      }
      this.nameField.value = event.name;
      if (time !== undefined) player.seek(time);
      this.say(`Selected ${this.told(event.name, event)}.`);
    }
    this.describe();
    player.draw();
  }

  /** @param {number} direction */
  step(direction) {
    const { truth, sound } = this.player;
    const next = neighbour(truth, this.event, direction, sound.time);
    if (next) this.select(next, next.onset);
    else this.say(truth.length ? "There is no further true event." : "There are no true events.");
  }

  add() {
    const { selection } = this.player;
    if (!selection) {
      this.say("Select a stretch first: drag on the picture, or press [ and ] at its edges.", true);
      return;
    }
    const label = this.nameField.value;
    if (label.trim() === "") {
      this.say("Choose a class, or type a name first.", true);
      this.nameField.ask();
      return;
    }
    const [from, to] = selection.map((time) => Math.round(1000 * time) / 1000);
    this.drawn = [from, to];
    this.request("draw", { onset_s: from, offset_s: to, label });
    this.player.select(null);
    this.player.keepSelection();
  }

  rename() {
    const event = this.selected();
    if (event) this.request("rename", { number: event.number, label: this.nameField.value });
  }

  /** Name the selected stretch, or else the selected true event. */
  name() {
    if (this.player.selection || !this.event) this.add();
    else this.rename();
  }

  split() {
    const { truth, sound } = this.player;
    const event = this.event ?? onlyOneAround(truth, sound.time);
    if (!event) {
      this.say("Move the playhead into a true event first, where it is to be split.", true);
      return;
    }
    this.current = event.number;
    this.request("split", { number: event.number, at_s: Math.round(1000 * sound.time) / 1000 });
  }

  merge() {
    const event = this.selected();
    if (!event) return;
    const other = nextOfName(this.player.truth, event);
    if (other) this.request("merge", { number: event.number, other: other.number });
    else this.say(`There is no later ${event.name} to merge it with.`, true);
  }

  delete() {
    const event = this.selected();
    if (!event) return;
    const { truth } = this.player;
    const next = neighbour(truth, event, 1, 0) ?? neighbour(truth, event, -1, 0);
    this.request("delete", { number: event.number });
    this.current = next?.number ?? null;
  }

  /** @param {TruthRow} event */
  move({ number, onset, offset }) {
    this.request("move", { number, onset_s: onset, offset_s: offset });
  }

  /** @param {"onset" | "offset"} edge - Moved to the playhead. */
  moveHere(edge) {
    const event = this.selected();
    if (!event) return;
    const time = Math.round(1000 * this.player.sound.time) / 1000;
    this.move({ ...event, [edge]: time });
  }

  /** Return the selected true event; without one, say what to do. */
  selected() {
    const { event } = this;
    if (!event)
      this.say("Select a true event first: click it, or press , or . for the next.", true);
    return event;
  }

  /** @param {"accept" | "reject"} kind */
  review(kind) {
    const { chosen } = this.player;
    if (!chosen) {
      this.say("Choose a found event first: click it, or press u for the next unreviewed.", true);
      return;
    }
    const { onset, offset, index } = chosen;
    if (kind === "accept") this.drawn = [onset, offset]; // so that its edges can be moved
    this.request(kind, { onset_s: onset, offset_s: offset, index });
  }

  /** Choose and play the next found event that is not reviewed. */
  next() {
    const { player } = this;
    const place = player.chosen ? player.events.indexOf(player.chosen) : -1;
    const from = place < 0 ? placeFrom(player.events, player.sound.time) : place + 1;
    const next = player.events[nextUnreviewed(this.data.reviews, from)];
    if (!next) {
      this.say(player.events.length ? "All found events are reviewed." : "No events were found.");
      return;
    }
    player.chosen = next;
    player.playStretch(next.onset, next.offset);
    player.tellChosen();
    this.say(`Found ${this.told(player.labelOf(next), next)}.`);
    this.describe();
  }

  // ---- buttons, keys and the pointer

  listen() {
    const { on, root, tracks } = this.player;
    on(find(root, ".annotate"), "click", () => this.toggle());
    for (const [act, perform] of Object.entries(this.actions))
      on(find(this.toolbar, `[data-act=${act}]`), "click", perform);
    on(tracks, "pointerdown", ({ clientX: x, clientY: y }) => {
      this.down = { x, y };
    });
    // After the pointer's own handlers, which select or seek.
    on(tracks, "pointerup", (event) => this.onUp(event));
  }

  /** @type {Record<string, () => void>} */
  actions = {
    next: () => this.next(),
    accept: () => this.review("accept"),
    reject: () => this.review("reject"),
    add: () => this.add(),
    rename: () => this.rename(),
    split: () => this.split(),
    merge: () => this.merge(),
    delete: () => this.delete(),
    undo: () => this.request("undo"),
    redo: () => this.request("redo"),
  };

  /**
   * Keys that begin the annotation, where something can be annotated.
   *
   * @returns {Record<string, () => void>}
   */
  get reviewKeys() {
    if (!this.player.data.annotation) return {};
    const begin = (/** @type {() => void} */ act) => () => {
      if (!this.isOn) this.toggle();
      act();
    };
    const { next, accept, reject } = this.actions;
    return { u: begin(next), a: begin(accept), x: begin(reject) };
  }

  /** @type {Record<string, () => void>} */
  keys = {
    u: this.actions.next,
    a: this.actions.accept,
    x: this.actions.reject,
    n: () => this.nameField.ask(),
    s: this.actions.split,
    m: this.actions.merge,
    delete: this.actions.delete,
    backspace: this.actions.delete,
    b: () => this.moveHere("onset"),
    e: () => this.moveHere("offset"),
    ",": () => this.step(-1),
    ".": () => this.step(1),
  };

  /**
   * Act on a key, while annotation is on.
   *
   * @param {KeyboardEvent} event
   * @returns {boolean} Whether it was one of annotation's.
   */
  onKey(event) {
    if (!this.isOn || event.altKey || event.defaultPrevented) return false;
    const key = event.key.toLowerCase();
    const isCommand = event.ctrlKey || event.metaKey;
    const act = isCommand ? this.stepOf(key, event.shiftKey) : this.keys[key];
    if (!act) return false;
    event.preventDefault();
    event.stopPropagation();
    act();
    return true;
  }

  /**
   * Return what a key with Ctrl does.
   *
   * @param {string} key
   * @param {boolean} withShift
   */
  stepOf(key, withShift) {
    if (key === "z" && !withShift) return this.actions.undo;
    return key === "y" || key === "z" ? this.actions.redo : undefined;
  }

  /** A name was chosen in the field. */
  named() {
    this.name();
    if (this.nameField.value.trim() !== "") this.player.stage.focus({ preventScroll: true });
  }

  /** @param {PointerEvent} event */
  onUp(event) {
    const { down, player } = this;
    this.down = null;
    if (!this.isOn || !down) return;
    if (Math.hypot(event.clientX - down.x, event.clientY - down.y) > CLICK_PX) {
      this.afterDrag();
      return;
    }
    const found = player.pointer.trueEventAt(player.pointer.place(event));
    if (found || this.current !== null) this.select(found);
    this.describe();
  }

  /** Ask for the name of a stretch that was just drawn. */
  afterDrag() {
    if (!this.player.selection) return;
    this.current = null;
    this.describe();
    this.nameField.ask();
  }
}
