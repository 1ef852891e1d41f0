/**
 * Player component: draws a clip on one time axis, plays it, and moves the playhead by the media
 * element's clock, without asking the server.
 *
 * The script is told what it acts on: the instant that is asked about, the selection, the event
 * that was clicked, and a class's threshold. Labels and names are set as text, never as markup.
 */

import { prepareCanvas } from "../frontend/canvas.js";
import { element, find, instanceOn, removeInstance, setText } from "../frontend/dom.js";
import { Annotation } from "./annotation.js";
import { Axis, formatClock } from "./axis.js";
import { BestClasses } from "./best.js";
import { unpack } from "./data.js";
import { eventBeside, sameEvent } from "./event_steps.js";
import {
  drawEvent,
  drawLane,
  drawRuler,
  drawThreshold,
  drawTruth,
  drawWave,
  SpectrogramLayer,
} from "./layers.js";
import { rowAt, rowBox, SPECTROGRAM_BOX, WAVE_BOX } from "./layout.js";
import { PageKeys } from "./page_keys.js";
import { gradient } from "./palette.js";
import { loadPicture, unpackPicture } from "./picture.js";
import { announcePlayhead } from "./playhead.js";
import { Pointer } from "./pointer.js";
import { readAt, writeReading } from "./readout.js";
import { SavedPicture } from "./saved_picture.js";
import { ShownSpectrogram } from "./shown_spectrogram.js";
import { Sound } from "./sound.js";
import { SoundControls } from "./sound_controls.js";
import { StickyBar } from "./sticky_bar.js";

/** @import { Cleanup, Component } from "../frontend/streamlit.js" */
/** @import { ClipEvent, PlayerData } from "./data.js" */
/** @import { Palette } from "./palette.js" */
/** @import { Picture } from "./picture.js" */

const PROBLEMS = {
  refused: "The browser did not let the sound begin by itself. Press Play.",
  unplayable:
    "This browser cannot play this sound. The picture and the scores are complete all the same.",
  "no output":
    "This browser decodes this sound but does not play it. Check that headphones or a loudspeaker " +
    "are connected, then press Play.",
};

const OVERVIEW_PX = 40;
const ZOOM = 1.6; // of a key or a button
const ZOOM_MARGIN = 0.05; // on either side of a stretch that is zoomed to
const HINT_PX = 34; // between a hint's top and the pointer below it
const REPORT_MS = 250; // shortest time between two positions for a screen reader while it plays
const PAGES = 5; // Page Up and Page Down move by a fifth of what is visible
const TELL_MS = 400; // after the last of several steps from event to event
const PLAY_ICON = "M8 5v14l11-7z";
const PAUSE_ICON = "M7 5h4v14H7zM13 5h4v14h-4z";

/** @typedef {Pick<Component<PlayerData>, "setStateValue" | "setTriggerValue">} Script */
/** @typedef {[from: number, to: number]} Stretch In seconds. */

/** Shows one clip at a time. */
export class Player {
  /**
   * @param {HTMLElement} root
   * @param {PlayerData} data
   * @param {Script} script
   */
  constructor(root, data, script) {
    this.root = root;
    this.script = script;
    this.listeners = new AbortController();
    this.stage = this.find(".stage");
    this.tracks = this.find(".tracks");
    this.spectrogram = new SpectrogramLayer();
    this.best = new BestClasses(this.find(".bars"));
    this.sound = new Sound(
      find(root, "audio", HTMLAudioElement),
      () => this.onSound(),
      this.listeners.signal,
    );
    /** @type {ClipEvent | null} */
    this.chosen = null; // the event that was clicked
    /** @type {Stretch | null} */
    this.selection = null;
    /** @type {number | null} */
    this.asked = null; // the instant that was asked about, until another one is gone to
    /** @type {number | null} */
    this.played = null; // number of the newest wish that was granted
    /** @type {import("./sound.js").SoundProblem | null} */
    this.problem = null; // that is shown
    this.isFollowing = true; // until another stretch is looked at
    this.reportedAt = 0;
    this.pending = 0;
    this.advancing = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.telling = undefined; // timer
    this.choices = 0; // events that were chosen so far
    /** @type {Picture | null} */
    this.picture = null;
    /** @type {PlayerData["picture"] | null} */
    this.pictureSource = null;
    /** @type {{ frame: number, data: PlayerData } | null} */
    this.bestShown = null;
    /** @type {Palette["categories"]} */
    this.shownCategories = []; // those of the lanes
    this.scaleKey = "";
    this.shownSpectrogram = new ShownSpectrogram(this);
    const { grid, lanes, events, truth } = unpack(data);
    this.data = data;
    this.grid = grid;
    this.lanes = lanes;
    this.events = events;
    this.truth = truth;
    this.axis = new Axis(data.duration_s);
    this.whole = new Axis(data.duration_s);
    this.pointer = new Pointer(this);
    this.annotation = new Annotation(this);
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.tracks);
    this.listen();
    this.stickyBar = new StickyBar(this);
    this.savedPicture = new SavedPicture(this);
    this.pageKeys = new PageKeys(this);
    this.soundControls = new SoundControls(this, data.playback);
    this.open(data);
  }

  /** @param {string} selector */
  find(selector) {
    return find(this.root, selector);
  }

  stop() {
    this.sound.pause();
    cancelAnimationFrame(this.pending);
    cancelAnimationFrame(this.advancing);
    clearTimeout(this.telling);
    this.listeners.abort();
    this.observer.disconnect();
    removeInstance(this.root);
  }

  // ---- what comes from the script

  /**
   * Show what is new.
   *
   * @param {PlayerData} data
   * @param {Script} script
   */
  show(data, script) {
    const isOther = data.clip !== this.data.clip;
    this.script = script;
    this.data = data;
    Object.assign(this, unpack(data));
    this.chosen = sameEvent(this.events, this.chosen);
    this.root.classList.toggle("fixed", Boolean(data.fixed));
    this.colour(data.palette);
    this.showNames();
    if (isOther) this.open(data);
    this.annotation.show();
    this.showPicture(data.picture);
    this.shownSpectrogram.show(data, isOther);
    this.showWhy(data.why);
    this.grant(data.wish);
    this.draw();
  }

  /**
   * Begin with a clip.
   *
   * @param {PlayerData} data
   */
  open(data) {
    this.axis = new Axis(data.duration_s);
    this.selection = this.chosen = this.asked = null;
    this.sound.pause();
    this.sound.load(data.audio);
    this.find(".units").textContent = this.hasMinutes ? "minutes" : "seconds";
    this.find(".of").textContent = `of ${this.clock(data.duration_s, 2)}`;
    this.find(".overview").setAttribute("aria-valuemax", data.duration_s.toFixed(2));
    this.annotation.reset();
    this.showSelection();
  }

  /** @param {PlayerData["picture"]} source - URL of a picture file, or the file. */
  async showPicture(source) {
    if (this.pictureSource === source) return;
    this.pictureSource = source;
    try {
      const picture = await (typeof source === "string"
        ? loadPicture(source)
        : unpackPicture(new Blob([source]).stream()));
      if (this.pictureSource !== source) return; // another clip was opened in the meantime
      this.picture = picture;
      this.shownSpectrogram.update();
      this.root.dataset.state = "ready";
      this.bestShown = null;
      this.draw();
    } catch (error) {
      this.complain("The picture of this clip did not arrive. Load the page anew.");
      console.error(error);
    }
  }

  get hasMinutes() {
    return this.data.duration_s >= 60;
  }

  /**
   * Format a time with its unit: with minutes in a clip of a minute or more, else in seconds.
   *
   * @param {number} time
   * @param {number} digits
   */
  clock(time, digits) {
    return formatClock(time, digits, this.hasMinutes) + (this.hasMinutes ? "" : " s");
  }

  /** @param {PlayerData["why"]} why */
  showWhy(why) {
    if (!why) return;
    const rows = why.rows.map(([label, words]) => {
      const row = element("li");
      row.append(element("b", label), words);
      return row;
    });
    this.find(".why ul").replaceChildren(...rows);
  }

  /**
   * Play a stretch that was chosen elsewhere on the page, once. A wish from before the player was
   * opened is past, but for the one that opened it.
   *
   * @param {PlayerData["wish"]} wish
   */
  grant(wish) {
    const opens = wish?.opening && !openings.has(wish.opening);
    this.played ??= opens ? 0 : (wish?.number ?? 0);
    if (!wish || wish.number <= this.played) return;
    if (wish.opening) openings.add(wish.opening);
    this.played = wish.number;
    const isWished = (/** @type {ClipEvent} */ event) =>
      event.onset === wish.onset_s && event.offset === wish.offset_s;
    this.chosen = this.events.find(isWished) ?? null;
    const { asked } = this;
    if (asked !== null && (asked < wish.onset_s || asked > wish.offset_s)) this.asked = null;
    this.playStretch(wish.onset_s, wish.offset_s);
  }

  /** @param {Palette} palette */
  colour({ colours }) {
    for (const [name, value] of Object.entries(colours)) {
      this.root.style.setProperty(`--${name}`, value);
    }
    const key = JSON.stringify(colours);
    if (key === this.scaleKey) return;
    this.scaleKey = key;
    this.find(".scores-scale").style.background = gradient([
      [0, colours.lane],
      [1, colours.muted],
    ]);
  }

  get colours() {
    return this.data.palette.colours;
  }

  showNames() {
    const { names, colours } = this.data.lanes;
    const { categories } = this.data.palette;
    this.find(".lane-names").replaceChildren(
      ...Array.from({ length: this.truthRows }, (_, row) => laneName(row === 0 ? "The truth" : "")),
      ...names.map((name, lane) => laneName(name, colours[lane])),
    );
    this.shownCategories = [...new Set(colours)]
      .map((colour) => categories.find(([, other]) => other === colour))
      .filter((category) => category !== undefined);
    this.find(".categories").replaceChildren(
      ...this.shownCategories.map(([name, colour]) => {
        const item = element("span", name);
        item.title = name;
        item.style.setProperty("--category", colour);
        return item;
      }),
    );
    this.find(".judgements").hidden = this.truthRows === 0;
  }

  /** @param {string} words */
  complain(words) {
    const line = this.find(".trouble");
    line.textContent = words;
    line.hidden = words === "";
  }

  // ---- drawing

  get truthRows() {
    return Math.max(0, ...this.truth.map(({ row }) => row + 1));
  }

  /** @param {number} lane */
  laneBox(lane) {
    return rowBox(this.truthRows + lane);
  }

  /**
   * Return the lane at a height; -1 if there is none.
   *
   * @param {number} y
   */
  laneAt(y) {
    const lane = rowAt(y) - this.truthRows;
    return lane >= 0 && lane < this.lanes.names.length ? lane : -1;
  }

  /** Draw once before the screen's next picture, however often it is asked for. */
  draw() {
    if (this.pending) return;
    this.pending = requestAnimationFrame(() => {
      this.pending = 0;
      this.paint();
      if (this.sound.isPlaying) this.advance();
    });
  }

  paint() {
    const bottom = this.laneBox(this.lanes.names.length).top;
    const canvas = find(this.tracks, "canvas", HTMLCanvasElement);
    canvas.style.height = `${bottom}px`;
    const { context, width } = prepareCanvas(canvas);
    this.axis.width = width || 1;
    this.drawLayers(context);
    this.annotation.paint(context);
    this.paintOverview();
    this.placeMarks();
  }

  /** @param {CanvasRenderingContext2D} context */
  drawLayers(context) {
    const { top: bottom } = this.laneBox(this.lanes.names.length);
    drawRuler(context, this.axis, { top: 0, bottom }, this.colours);
    if (this.picture) {
      drawWave(context, this.axis, this.picture, WAVE_BOX, this.colours);
      const { picture, scale } = this.shownSpectrogram;
      this.spectrogram.draw(context, this.axis, picture ?? this.picture, SPECTROGRAM_BOX, scale);
    }
    drawTruth(context, this.axis, this.truth, rowBox, this.colours);
    this.paintLanes(context);
  }

  /** @param {CanvasRenderingContext2D} context */
  paintLanes(context) {
    const { line } = this.pointer;
    this.lanes.names.forEach((_, lane) => {
      const box = this.laneBox(lane);
      drawLane(context, this.axis, this.lanes, lane, box, {
        colour: this.lanes.colours[lane],
        background: this.colours.lane,
        asCurve: this.data.as_curves,
      });
      const isHeld = line?.lane === lane;
      const threshold = isHeld ? line.threshold : this.lanes.thresholds[lane];
      const isOwn = isHeld || threshold !== this.data.threshold;
      drawThreshold(context, this.axis, threshold, box, this.colours.muted, { isHeld, isOwn });
    });
    for (const event of this.events) {
      if (event.lane < 0) continue;
      const box = this.laneBox(event.lane);
      drawEvent(context, this.axis, event, box, this.colours, event === this.chosen);
    }
  }

  paintOverview() {
    const canvas = find(this.root, ".overview canvas", HTMLCanvasElement);
    canvas.style.height = `${OVERVIEW_PX}px`;
    const { context, width } = prepareCanvas(canvas);
    const whole = new Axis(this.axis.duration);
    whole.width = width || 1;
    this.whole = whole;
    const box = { top: 0, height: OVERVIEW_PX };
    if (this.picture) drawWave(context, whole, this.picture, box, this.colours);
    context.fillStyle = this.colours.score;
    context.globalAlpha = 0.4;
    for (const { onset, offset } of this.events) {
      const x = whole.x(onset);
      context.fillRect(x, OVERVIEW_PX - 4, Math.max(1, whole.x(offset) - x), 4);
    }
    context.globalAlpha = 1;
    const seen = this.find(".seen");
    const [left, right] = [whole.x(this.axis.from), whole.x(this.axis.to)];
    seen.style.transform = `translateX(${left}px)`;
    seen.style.width = `${Math.max(6, right - left)}px`;
    seen.hidden = this.axis.isWhole;
  }

  /** Move the marks while it plays; the picture is drawn again only where the axis moves. */
  advance() {
    const step = () => {
      if (!this.sound.isPlaying || this.pending || !this.root.isConnected) return;
      this.sound.keepInside();
      const { from } = this.axis;
      this.follow();
      if (this.axis.from !== from) this.paint();
      else this.placeMarks();
      this.advancing = requestAnimationFrame(step);
    };
    cancelAnimationFrame(this.advancing);
    this.advancing = requestAnimationFrame(step);
  }

  /** Keep the playhead in sight, unless another stretch is looked at. */
  follow() {
    const { time } = this.sound;
    this.isFollowing ||= this.axis.includes(time);
    if (this.isFollowing) this.axis.follow(time);
  }

  /** Draw a stretch that was chosen by hand. */
  lookAround() {
    this.isFollowing = this.axis.includes(this.sound.time);
    this.draw();
  }

  placeMarks() {
    const { time } = this.sound;
    const x = this.axis.x(time);
    const head = this.find(".playhead");
    head.hidden = x < 0 || x > this.axis.width;
    head.style.transform = `translateX(${x}px)`;
    head.dataset.time = String(time);
    this.find(".overview-head").style.transform = `translateX(${this.whole.x(time)}px)`;
    setText(this.find(".at"), formatClock(time, 2, this.hasMinutes));
    this.showBest(this.instant);
    this.reportPosition(time);
    announcePlayhead({ clip: this.data.clip, time });
    this.placeSelection();
    this.placeExplained();
  }

  /** Mark the instant that "Why?" explains. */
  placeExplained() {
    const mark = this.find(".explained");
    const at = this.data.why?.at_s;
    mark.hidden = at === undefined || !this.axis.includes(at);
    if (at !== undefined) mark.style.transform = `translateX(${this.axis.x(at)}px)`;
  }

  placeSelection() {
    const mark = this.find(".chosen");
    mark.hidden = !this.selection;
    if (!this.selection) return;
    const [left, right] = this.selection.map((time) => this.axis.x(time));
    mark.style.transform = `translateX(${left}px)`;
    mark.style.width = `${Math.max(2, right - left)}px`;
  }

  /**
   * Report the position to screen readers.
   *
   * @param {number} time
   */
  reportPosition(time) {
    const now = performance.now();
    if (this.sound.isPlaying && now - this.reportedAt < REPORT_MS) return;
    this.reportedAt = now;
    const slider = this.find(".overview");
    const position = `${this.clock(time, 2)} of ${this.clock(this.axis.duration, 2)}`;
    slider.setAttribute("aria-valuenow", time.toFixed(2));
    slider.setAttribute("aria-valuetext", position);
  }

  /** The instant that the panel beside the picture shows: the one that was asked about, or now. */
  get instant() {
    return this.sound.isPlaying ? this.sound.time : (this.asked ?? this.sound.time);
  }

  /** @param {number} time */
  showBest(time) {
    setText(this.find(".now-at"), this.clock(time, 2));
    const frame = this.grid.frame(time);
    const { data, bestShown } = this;
    this.find(".why").hidden = !data.why || this.grid.frame(data.why.at_s) !== frame;
    if (!this.picture || (bestShown?.frame === frame && bestShown.data === data)) return;
    this.bestShown = { frame, data };
    const middle = (this.grid.edge(frame) + this.grid.edge(frame + 1)) / 2;
    const now = this.events.filter(({ onset, offset }) => onset <= middle && middle < offset);
    const { categories } = data.palette;
    this.best.show(
      this.picture.best(frame),
      (category) => categories[category]?.[1] ?? this.colours.muted,
      new Set(now.map(({ index }) => index)),
    );
  }

  // ---- the sound

  onSound() {
    const { isPlaying, problem } = this.sound;
    this.find(".play").setAttribute("aria-label", isPlaying ? "Pause" : "Play");
    const icon = find(this.root, ".play .icon", SVGPathElement);
    icon.setAttribute("d", isPlaying ? PAUSE_ICON : PLAY_ICON);
    if (problem !== this.problem) {
      this.problem = problem;
      this.complain(problem ? PROBLEMS[problem] : "");
    }
    this.follow();
    this.draw();
  }

  toggle() {
    if (this.sound.isPlaying) {
      this.sound.pause();
      return;
    }
    this.isFollowing = true;
    this.asked = null;
    if (!this.selection) {
      this.sound.play();
      return;
    }
    const [from, to] = this.selection;
    const isInside = this.sound.time >= from && this.sound.time < to;
    this.sound.playStretch(from, to, this.loops, isInside ? this.sound.time : from);
  }

  get loops() {
    return this.find(".loop").getAttribute("aria-pressed") === "true";
  }

  /**
   * Play a stretch once, and bring it into sight.
   *
   * @param {number} from
   * @param {number} to
   */
  playStretch(from, to) {
    const margin = (to - from) * 0.1;
    if (from < this.axis.from || to > this.axis.to) {
      this.axis.show(from - margin, Math.max(this.axis.span, to - from + 2 * margin));
    }
    this.isFollowing = true;
    this.sound.playStretch(from, to, false);
    this.draw();
  }

  /** @param {number} time */
  seek(time) {
    this.isFollowing = true;
    this.asked = null;
    this.sound.seek(Math.min(this.axis.duration, Math.max(0, time)));
    this.axis.follow(this.sound.time);
    this.draw();
  }

  /**
   * Go to the beginning of the next or previous event, and say which it is.
   *
   * @param {1 | -1} step
   */
  stepTo(step) {
    const event = eventBeside(this.events, this.chosen, this.sound.time, step);
    const spoken = this.find(".spoken");
    if (!event) {
      setText(spoken, step > 0 ? "No later event" : "No earlier event");
      return;
    }
    this.chosen = event;
    this.seek(event.onset);
    this.tellChosen(TELL_MS);
    const label = this.labelOf(event) || "Event";
    const times = `${this.clock(event.onset, 2)} to ${this.clock(event.offset, 2)}`;
    const place = `${this.events.indexOf(event) + 1} of ${this.events.length}`;
    setText(spoken, `${label}, ${times}, ${place}`);
  }

  // ---- selecting and asking

  /** @param {ClipEvent} event */
  labelOf({ lane, index }) {
    return this.lanes.names[lane] ?? this.picture?.labels[index] ?? "";
  }

  /**
   * Tell the script which event is chosen, so that the table selects it.
   *
   * @param {number} [delay] - In milliseconds, in which another may be chosen.
   */
  tellChosen(delay = 0) {
    clearTimeout(this.telling);
    this.telling = setTimeout(() => {
      const { chosen } = this;
      if (!chosen) return;
      this.choices += 1; // the same event may be chosen again after a row was selected
      this.script.setStateValue("event", {
        label: this.labelOf(chosen),
        onset_s: chosen.onset,
        offset_s: chosen.offset,
        choice: this.choices,
      });
    }, delay);
  }

  /**
   * Ask the script to explain an instant.
   *
   * @param {number} time
   */
  ask(time) {
    this.asked = time;
    this.script.setStateValue("instant", time);
  }

  /**
   * Act on a click: play the event, or move the playhead where there is none.
   *
   * @param {ClipEvent | null} event
   * @param {number} time
   */
  choose(event, time) {
    this.chosen = event;
    if (event) {
      this.playStretch(event.onset, event.offset);
      this.tellChosen();
    } else {
      this.seek(time);
      this.script.setStateValue("event", null);
    }
    this.ask(time);
    this.stage.focus({ preventScroll: true });
  }

  /**
   * Give a class a threshold of its own.
   *
   * @param {number} lane
   * @param {number} value
   */
  setThreshold(lane, value) {
    this.lanes.thresholds[lane] = value; // until the script says the same
    this.script.setTriggerValue("threshold", { label: this.lanes.names[lane], value });
  }

  /** @param {Stretch | null} selection - In either order. */
  select(selection) {
    this.selection = selection && [Math.min(...selection), Math.max(...selection)];
    this.showSelection();
    this.draw();
  }

  /** Tell the script of the selection, and play it where the sound is playing. */
  keepSelection() {
    if (this.selection && this.selection[1] - this.selection[0] <= 0) this.select(null);
    const { selection } = this;
    this.script.setStateValue("selection", selection);
    if (!selection) this.sound.stretch = null;
    else if (this.sound.isPlaying) this.sound.playStretch(...selection, this.loops);
  }

  showSelection() {
    this.find(".selection").hidden = !this.selection;
    this.find(".unselected").hidden = this.selection !== null;
    if (!this.selection) return;
    const [from, to] = this.selection;
    const times = `${this.clock(from, 2)} to ${this.clock(to, 2)}`;
    this.find(".selection-text").textContent = `${times}, ${(to - from).toFixed(2)} s long`;
  }

  /** Begin the selection at the playhead; it ends with the clip until its end is set. */
  beginSelection() {
    const [time, to] = [this.sound.time, this.selection?.[1] ?? this.axis.duration];
    this.select([time, Math.max(time, to)]);
    this.keepSelection();
  }

  /** End the selection at the playhead; it begins with the clip until its beginning is set. */
  endSelection() {
    const [time, from] = [this.sound.time, this.selection?.[0] ?? 0];
    this.select([Math.min(from, time), time]);
    this.keepSelection();
  }

  /**
   * Zoom around a time, or around the middle where that is out of sight.
   *
   * @param {number} factor
   */
  zoom(factor) {
    const { time } = this.sound;
    const middle = (this.axis.from + this.axis.to) / 2;
    this.axis.zoom(factor, this.axis.includes(time) ? time : middle);
    this.lookAround();
  }

  fit() {
    this.axis.fit();
    this.lookAround();
  }

  /**
   * Show a stretch with a little of what surrounds it; the whole clip where there is none.
   *
   * @param {Stretch | null} stretch
   */
  zoomTo(stretch) {
    if (!stretch) {
      this.fit();
      return;
    }
    const margin = (stretch[1] - stretch[0]) * ZOOM_MARGIN;
    this.axis.show(stretch[0] - margin, stretch[1] - stretch[0] + 2 * margin);
    this.lookAround();
  }

  clear() {
    this.select(null);
    this.chosen = null;
    this.keepSelection();
  }

  // ---- buttons, keys and the overview

  /**
   * Listen to an event until the player is stopped.
   *
   * @template {keyof HTMLElementEventMap} T
   * @param {HTMLElement | Document} target
   * @param {T} name
   * @param {(event: HTMLElementEventMap[T]) => void} handler
   * @param {AddEventListenerOptions} [options]
   */
  on = (target, name, handler, options = {}) => {
    const listener = /** @type {EventListener} */ (handler);
    target.addEventListener(name, listener, { ...options, signal: this.listeners.signal });
  };

  listen() {
    const buttons = {
      ".play": () => this.toggle(),
      ".zoom-in": () => this.zoom(ZOOM),
      ".zoom-out": () => this.zoom(1 / ZOOM),
      ".zoom-fit": () => this.fit(),
      ".begin": () => this.beginSelection(),
      ".end": () => this.endSelection(),
      ".clear": () => this.clear(),
      ".zoom-selection": () => this.zoomTo(this.selection),
      ".help": () => this.toggleHelp(),
      ".loop": () => this.toggleLoop(),
    };
    for (const [selector, act] of Object.entries(buttons))
      this.on(this.find(selector), "click", act);
    this.on(this.root, "keydown", (event) => this.onKey(event));
    const overview = this.find(".overview");
    this.on(overview, "pointerdown", (event) => this.onOverview(event));
    this.on(overview, "pointermove", (event) => {
      if (event.buttons) this.onOverview(event);
    });
  }

  get isHelpOpen() {
    return !this.find(".keys").hidden;
  }

  toggleHelp() {
    const keys = this.find(".keys");
    keys.hidden = !keys.hidden;
    this.find(".help").setAttribute("aria-expanded", String(!keys.hidden));
  }

  /** Close the list of keys, or clear the selection where it is closed. */
  escape() {
    if (this.isHelpOpen) this.toggleHelp();
    else this.clear();
  }

  toggleLoop() {
    this.find(".loop").setAttribute("aria-pressed", String(!this.loops));
    if (this.sound.stretch) this.sound.stretch.again = this.loops;
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (this.annotation.onKey(event)) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isOnButton = event.target instanceof Element && event.target.closest("button") !== null;
    if (isOnButton && (event.key === " " || event.key === "Enter")) return; // presses the button
    const act = this.actionOf(event.key);
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  /**
   * @param {string} key
   * @returns {(() => void) | undefined}
   */
  actionOf(key) {
    /** @type {Record<string, () => void>} */
    const actions = {
      " ": () => this.toggle(),
      PageUp: () => this.seek(this.sound.time - this.axis.span / PAGES),
      PageDown: () => this.seek(this.sound.time + this.axis.span / PAGES),
      ArrowLeft: () => this.seek(this.sound.time - this.grid.hop),
      ArrowRight: () => this.seek(this.sound.time + this.grid.hop),
      Home: () => this.seek(0),
      End: () => this.seek(this.axis.duration),
      "+": () => this.zoom(ZOOM),
      "=": () => this.zoom(ZOOM), // plus without Shift
      "-": () => this.zoom(1 / ZOOM),
      "[": () => this.beginSelection(),
      "]": () => this.endSelection(),
      Enter: () => this.ask(this.sound.time),
      Escape: () => this.escape(),
      j: () => this.stepTo(1),
      k: () => this.stepTo(-1),
      "<": () => this.soundControls.step(-1),
      ">": () => this.soundControls.step(1),
      v: () => this.zoomTo(this.selection),
      t: () => this.annotation.toggle(),
      ...this.annotation.reviewKeys,
    };
    return actions[key] ?? actions[key.toLowerCase()];
  }

  /**
   * @param {string} words
   * @param {{ x: number, y: number }} place - On the tracks.
   */
  showHint(words, { x, y }) {
    const hint = this.find(".hint");
    hint.hidden = false;
    setText(hint, words);
    const left = Math.min(x + 12, this.axis.width - hint.offsetWidth - 4);
    const top = y > HINT_PX ? y - HINT_PX : y + HINT_PX / 2;
    hint.style.transform = `translate(${Math.max(0, left)}px, ${top}px)`;
  }

  /**
   * Show what is drawn at a place of waveform or spectrogram.
   *
   * @param {{ x: number, y: number }} place - On the tracks.
   */
  showReading(place) {
    const { picture } = this.shownSpectrogram;
    const reading = readAt(this.axis, picture, place);
    if (!reading) this.hideHint();
    else
      this.showHint(
        writeReading(reading, picture?.floor ?? 0, (time) => this.clock(time, 2)),
        place,
      );
  }

  hideHint() {
    this.find(".hint").hidden = true;
  }

  /** @param {PointerEvent} event */
  onOverview(event) {
    const box = this.find(".overview").getBoundingClientRect();
    const time = this.whole.time(event.clientX - box.left);
    if (this.axis.isWhole) {
      this.seek(time);
    } else {
      this.axis.show(time - this.axis.span / 2, this.axis.span);
      this.lookAround();
    }
  }
}

/** @type {Set<string>} */
const openings = new Set(); // wishes to open a clip that were granted, by any player

/**
 * Make the name of a lane.
 *
 * @param {string} name
 * @param {string} [colour]
 */
function laneName(name, colour) {
  const item = element("li");
  item.title = name;
  if (colour) item.style.setProperty("--category", colour);
  item.append(element("span", name));
  return item;
}

/**
 * @param {Component<PlayerData>} component
 * @returns {Cleanup}
 */
export function mountPlayer(component) {
  const { data, parentElement } = component;
  const root = find(parentElement, ".player");
  const player = instanceOn(root, () => new Player(root, data, component));
  player.show(data, component);
  return () => player.stop();
}

export default mountPlayer;
