/**
 * Live panel component: draws the scores that the server pushes, and moves them along between two
 * messages.
 *
 * Sound and scores are placed by stream time, which follows the browser's clock. The right edge
 * lies a moment in the past, so there is always something to draw up to it. Labels are set as text,
 * never as markup.
 */

import { prepareCanvas } from "../frontend/canvas.js";
import { element, find, instanceOn, removeInstance, setText } from "../frontend/dom.js";
import { AlertWays } from "./alert_ways.js";
import { findAlerts } from "./alerts.js";
import { Feed } from "./feed.js";
import { announceHeard } from "./heard.js";
import { meterShare } from "./meter.js";
import { ROW_PX, Row } from "./rows.js";
import { Stage } from "./stage.js";
import { Stream, TIMELINE_S, WAVE_S } from "./stream.js";

/** @import { Cleanup, Component, Tell } from "../frontend/streamlit.js" */
/** @import { News } from "./messages.js" */

const LANE_PX = 24;
const LANE_GAP_PX = 3;
// All that moves has one rhythm, and no style has a transition of its own: transitions keep the
// browser painting sixty times a second, at twice the cost (measured without a graphics card).
const STEP_MS = 40;
const STEPS_PER_TIMELINE = 3; // in which the timeline moves by a pixel or two
const EASE = 0.3; // share of the way to its length that a bar moves in each step
const MIN_SCALE = 0.02; // -34 dBFS: noise below it is not enlarged to look like sound
const FAINTEST = 8 / 255; // a lower score cannot be told from 0 on the screen
const PATIENCE_MS = 1000; // the script knows by then what it did itself

/**
 * @typedef {object} PanelData How to show what the server sends.
 * @property {string | null} address - Of the WebSocket.
 * @property {boolean} listening - Whether the script takes the session to be listening.
 * @property {boolean} own - Whether this tab's microphone is the source.
 * @property {string} invitation - Text before listening starts.
 * @property {number} n_results - Classes to show.
 * @property {number} threshold
 * @property {string[]} watched - Labels that raise an alert.
 * @property {Record<string, string>} colours
 * @property {Record<string, string>} categories - Colour of each category.
 * @property {boolean} stage - Whether the address opens Stage.
 */

/** Draws one stream. */
class Panel {
  /**
   * @param {HTMLElement} root
   * @param {PanelData} data
   */
  constructor(root, data) {
    this.root = root;
    this.data = data;
    this.stream = new Stream(data.n_results, data.threshold);
    this.gain = 1 / 127; // of the waveform
    /** @type {string[]} */
    this.classColours = [];
    /** @type {number[]} */
    this.lanes = []; // class index of each
    /** @type {Tell} */
    this.tell = () => {};
    /** @type {Feed | null} */
    this.feed = null;
    /** @type {string | null} */
    this.address = null;
    this.isOffline = false;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.timer = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.patience = undefined;
    this.steps = 0;
    this.ease = matchMedia("(prefers-reduced-motion: reduce)").matches ? 1 : EASE;
    /** @type {Row[]} */
    this.rows = [];
    this.filled = 0; // rows that have had a class
    /** @type {string | null} */
    this.laneKey = null; // of the names that are shown
    /** @type {string | null} */
    this.logKey = null;
    this.lastEvent = -1; // number of the newest event that is known
    this.isStaged = false; // as the script said last
    this.stage = new Stage(root, (isOpen) => this.onStage(isOpen));
    this.ways = new AlertWays(root);
    this.find(".bars").replaceChildren(); // rows of a panel that was stopped before
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(root);
  }

  /** @param {string} selector */
  find(selector) {
    return find(this.root, selector);
  }

  /** @param {string} selector */
  canvas(selector) {
    return find(this.root, selector, HTMLCanvasElement);
  }

  /**
   * Take what the script says.
   *
   * @param {PanelData} data
   * @param {Tell} tell
   */
  update(data, tell) {
    this.data = data;
    this.tell = tell;
    for (const [name, value] of Object.entries(data.colours)) {
      this.root.style.setProperty(`--${name}`, value);
    }
    this.connect(data.address);
    this.colourClasses();
    this.reserve();
    this.compare();
    this.follow(data.stage);
    this.show();
  }

  /**
   * Open or leave Stage where the address has changed: a run of the script that began before the
   * visitor opened it says nothing new.
   *
   * @param {boolean} isStaged
   */
  follow(isStaged) {
    if (isStaged === this.isStaged) return;
    this.isStaged = isStaged;
    if (isStaged) this.stage.open();
    else this.stage.leave();
  }

  /** @param {boolean} isOpen */
  onStage(isOpen) {
    if (!this.root.isConnected) return;
    this.tell("stage", isOpen);
    this.show();
  }

  /** @param {string | null} address */
  connect(address) {
    if (!address || address === this.address) return;
    this.feed?.close();
    this.address = address;
    this.feed = new Feed(
      address,
      (news) => this.take(news),
      (isOffline) => this.setOffline(isOffline),
    );
  }

  /**
   * Take what the server sends.
   *
   * @param {News} news
   */
  take(news) {
    if (news.isNew) {
      this.stream = new Stream(this.data.n_results, this.data.threshold, news);
      this.gain = 1 / 127;
      this.lastEvent = -1;
      this.stage.clear();
      this.colourClasses();
    }
    this.stream.add(news, performance.now() / 1000);
    this.raiseAlerts();
    announceHeard(news.state.heard ?? null);
    this.compare();
    this.show();
  }

  raiseAlerts() {
    const { state, events } = this.stream;
    const { watched } = this.data;
    const found = findAlerts(events.values(), this.lastEvent, watched, state.clock_s);
    this.lastEvent = found.last;
    for (const { label, number } of found.alerts) {
      this.stage.alert(label);
      this.ways.tell(label, `earmark-${state.stream}-${number}`, this.stage.isOpen);
    }
  }

  /** @param {boolean} isOffline */
  setOffline(isOffline) {
    if (this.isOffline === isOffline) return;
    this.isOffline = isOffline;
    this.show();
  }

  /** Have the script run again where listening began or ended without it. */
  compare() {
    clearTimeout(this.patience);
    const { listening, running } = this.stream.state;
    if (listening === undefined) return;
    const isOn = listening && (running || this.data.own); // another tab may be closed
    if (isOn !== this.data.listening) {
      this.patience = setTimeout(() => this.tell("other", isOn), PATIENCE_MS);
    }
  }

  show() {
    const { running, clock_s } = this.stream.state;
    this.root.dataset.state = running ? "listening" : "idle";
    this.root.dataset.clock = String(clock_s);
    this.showBanner();
    this.showMeter();
    this.showLanes();
    this.showBars();
    this.showWatched();
    this.showLog();
    this.showHealth();
    this.stage.show(this.stream, this.stageView());
    this.run();
  }

  /** @returns {import("./stage.js").View} */
  stageView() {
    const { threshold, watched, colours } = this.data;
    return {
      threshold,
      watched,
      colours: this.classColours,
      palette: colours,
      problem: this.stream.state.running && !this.isOffline ? "" : this.notice(),
    };
  }

  /** Keep moving, as long as there is anything to move. */
  run() {
    if (this.timer !== undefined) return;
    this.draw();
    this.timer = setInterval(() => this.step(), STEP_MS);
  }

  step() {
    if (this.stage.isOpen) this.stage.step(this.stream, this.stageView());
    else this.drawWave();
    if (this.steps++ % STEPS_PER_TIMELINE === 0 && !this.stage.isOpen) this.drawTimeline();
    const moving = this.rows.filter((row) => row.move(this.ease));
    const isMoving = this.stream.state.running || moving.length > 0 || this.stage.isOpen;
    if (isMoving && this.root.isConnected) return;
    this.halt();
    this.draw();
  }

  halt() {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  stop() {
    this.halt();
    this.feed?.close();
    this.stage.stop();
    this.ways.stop();
    clearTimeout(this.patience);
    this.observer.disconnect();
    removeInstance(this.root);
  }

  /** Reserve the place of all that may be shown, so that nothing moves while it is read. */
  reserve() {
    const { n_results: count, threshold, watched } = this.data;
    const list = this.find(".bars");
    while (this.rows.length > count) this.rows.pop()?.remove();
    while (this.rows.length < count) this.rows.push(new Row(list, this.rows.length));
    this.stream.setRows(count, threshold);
    list.style.height = `${count * ROW_PX}px`;
    this.find(".lanes").style.height = `${count * LANE_PX}px`;
    this.find(".timeline").style.height = `${count * LANE_PX}px`;
    this.find(".watched").hidden = watched.length === 0;
    this.find(".alert-ways").hidden = watched.length === 0;
  }

  colourClasses() {
    const { categories, colours } = this.data;
    this.classColours = this.stream.categories.map(
      (name) => categories[name ?? ""] ?? colours.muted,
    );
  }

  showBanner() {
    const active = this.data.watched.filter((label) => this.stream.isActive(label));
    const alert = active.length > 0 ? `Heard: ${active.join(", ")}` : "";
    setText(this.find(".alert"), alert);
    setText(this.find(".notice"), alert ? "" : this.notice());
  }

  /** Return the sentence about the state of the stream. */
  notice() {
    const { notice, stream } = this.stream.state;
    if (this.isOffline) return "The connection to the server was lost. It is tried again.";
    return stream || notice ? notice : this.data.invitation;
  }

  showMeter() {
    const { level, gate_dbfs: gate = null } = this.stream.state;
    this.find(".meter-fill").style.transform = `scaleX(${meterShare(level?.rms_dbfs ?? null)})`;
    const hold = 100 * meterShare(level?.peak_dbfs ?? null);
    this.find(".meter-hold").style.left = `calc(${hold}% - 2px)`;
    this.find(".meter-value").textContent = level?.text ?? "no sound";
    const mark = this.find(".meter-gate");
    mark.hidden = gate === null;
    if (gate !== null) mark.style.left = `${100 * meterShare(gate)}%`;
  }

  showLanes() {
    this.lanes = this.stream.bestClasses(this.data.n_results);
    const names = this.lanes.map((index) => this.stream.labels[index]);
    const key = names.join("\t");
    if (key === this.laneKey) return;
    this.laneKey = key;
    this.find(".lane-names").replaceChildren(...names.map(laneName));
  }

  showBars() {
    const { labels, rows } = this.stream;
    const scores = this.stream.newestScores();
    this.rows.forEach((row, at) => {
      const index = rows[at];
      if (index === null) row.empty();
      else
        row.show(
          labels[index],
          this.classColours[index],
          scores.get(index) ?? 0,
          this.data.threshold,
        );
    });
    this.filled = Math.max(this.filled, rows.findLastIndex((index) => index !== null) + 1);
    this.find(".bars").style.setProperty("--filled", `${this.filled * ROW_PX}px`);
    const quiet = this.find(".quiet");
    quiet.hidden = rows.some((index) => index !== null);
    setText(quiet, this.stream.state.running ? "Listening" : "No sound yet");
  }

  showWatched() {
    const { counts } = this.stream.state;
    const chips = this.data.watched.map((label) =>
      element(
        "span",
        `${label} ${counts[label] ?? 0}×`,
        this.stream.isActive(label) ? "active" : "",
      ),
    );
    this.find(".watched").replaceChildren(...chips);
  }

  showLog() {
    const events = this.stream.log();
    const key = JSON.stringify(events);
    if (key === this.logKey) return;
    this.logKey = key;
    this.find(".log-count").textContent = events.length === 0 ? "" : `${events[0].number + 1}`;
    const rows = events.map((event) => {
      const row = element("tr", "", event.open ? "open" : "");
      const time = new Date(1000 * event.at).toLocaleTimeString(); // the visitor's own clock
      const cells = [time, event.label, event.lasted, event.peak.toFixed(2)];
      row.append(...cells.map((cell) => element("td", cell)));
      return row;
    });
    this.find("tbody").replaceChildren(...rows);
  }

  showHealth() {
    const entries = this.stream.state.health.map(([name, value, state]) => {
      const entry = element("div", "", state);
      entry.append(element("dt", name), element("dd", value));
      return entry;
    });
    this.find(".health").replaceChildren(...entries);
  }

  draw() {
    this.drawWave();
    this.drawTimeline();
  }

  drawWave() {
    const { context, width, height } = prepareCanvas(this.canvas(".wave"));
    const { first, stepS, extremes } = this.stream.wave;
    const { grid, sound } = this.data.colours;
    const left = this.stream.time(performance.now() / 1000) - WAVE_S;
    const column = Math.max(1, (width * stepS) / WAVE_S);
    const gain = this.easeGain();
    context.fillStyle = grid;
    context.fillRect(0, height / 2, width, 1);
    context.fillStyle = sound;
    for (let index = 0; 2 * index < extremes.length; index++) {
      const x = (((first + index) * stepS - left) / WAVE_S) * width;
      const [low, high] = [gain * extremes[2 * index], gain * extremes[2 * index + 1]];
      const tall = Math.max(1, ((high - low) / 2) * height);
      context.fillRect(x, ((1 - high) / 2) * height, column, tall);
    }
  }

  /** Return the waveform's gain: a quiet room fills the height too, the meter has its level. */
  easeGain() {
    const peak = this.stream.wave.extremes.reduce(
      (most, value) => Math.max(most, Math.abs(value)),
      0,
    );
    const wanted = 1 / Math.max(peak, MIN_SCALE * 127);
    this.gain += (wanted - this.gain) * 0.1;
    return this.gain;
  }

  drawTimeline() {
    const { context, width } = prepareCanvas(this.canvas(".timeline"));
    const first = this.stream.time(performance.now() / 1000) - TIMELINE_S;
    const x = (/** @type {number} */ time) => ((time - first) / TIMELINE_S) * width;
    const laneOf = new Map(this.lanes.map((index, lane) => [index, lane]));
    context.fillStyle = this.data.colours.lane;
    for (const lane of laneOf.values()) {
      context.fillRect(0, lane * LANE_PX, width, LANE_PX - LANE_GAP_PX);
    }
    for (const { begin, end, classes, scores } of this.stream.frames) {
      const [left, right] = [x(begin), x(end)];
      if (right < 0) continue;
      for (let at = 0; at < classes.length; at++) {
        const lane = laneOf.get(classes[at]);
        if (lane === undefined || scores[at] < FAINTEST) continue;
        context.fillStyle = this.classColours[classes[at]];
        context.globalAlpha = scores[at];
        context.fillRect(left, lane * LANE_PX, right - left + 0.5, LANE_PX - LANE_GAP_PX);
      }
    }
    context.globalAlpha = 1;
  }
}

/** @param {string} name */
function laneName(name) {
  const item = element("li");
  item.append(element("span", name));
  return item;
}

/**
 * @param {Component<PanelData>} component
 * @returns {Cleanup}
 */
function mountPanel({ data, parentElement, setTriggerValue }) {
  const root = find(parentElement, ".panel");
  const panel = instanceOn(root, () => new Panel(root, data));
  panel.update(data, setTriggerValue);
  return () => panel.stop();
}

export default mountPanel;
