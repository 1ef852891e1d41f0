// Draws what the server knows, several times a second, and moves it on by itself in between.
//
// Each message holds all that is to be seen, so one that is lost or late does no harm. Sound and
// scores are placed by stream time, which runs on with the browser's clock between two messages:
// the right edge is a moment ago, so that there is always something to draw up to it. Labels are
// text, never markup.

const WAVE_S = 10;
const TIMELINE_S = 60;
const LANE_PX = 24;
const BAR_PX = 40;
// All that moves does so in one rhythm, and no style has a transition of its own: transitions keep
// the browser painting sixty times a second, at twice the cost (measured without a graphics card).
const PICTURE_MS = 40;
const PICTURES_PER_TIMELINE = 3; // in which it moves on by a pixel or two
const EASE = 0.3; // share of the way to its place that a bar goes in each picture
const ARRIVED = 0.002; // of a bar's length or a row: nobody sees less
const BEHIND_S = 0.35; // messages come at least this often, but for a stalled connection's
const SETTLE = 0.1; // share of a clock's error that one message sets right
const MAX_CLOCK_ERROR_S = 0.5; // from here on it is no jitter but another stretch of sound
const METER_FLOOR_DBFS = -60;
const QUIETEST_SCALE = 0.02; // -34 dBFS: noise below it is not blown up to look like sound
const FAINTEST = 8; // of 255: below, a score cannot be told from none

export default function (component) {
  const { parentElement, data } = component;
  const root = parentElement.querySelector(".panel");
  const panel = (root.earmark ??= new Panel(root));
  panel.show(data);
  return () => panel.stop();
}

class Panel {
  constructor(root) {
    this.root = root;
    this.bars = new Map();
    this.timer = 0;
    this.pictures = 0;
    this.gain = 1 / 127;
    this.ahead = null; // stream time minus the browser's, in seconds
    this.ease = matchMedia("(prefers-reduced-motion: reduce)").matches ? 1 : EASE;
    this.find(".bars").replaceChildren(); // of a panel that stopped before
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(root);
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  show(data) {
    this.data = data;
    this.setClock(data.clock_s - performance.now() / 1000);
    this.wave = decode(data.wave, Int8Array);
    this.cells = decode(data.cells, Uint8Array);
    this.begins = decode(data.begins, Float32Array);
    this.ends = decode(data.ends, Float32Array);
    this.colour(data.palette);
    this.root.dataset.state = data.running ? "listening" : "idle";
    this.showSentences();
    this.showMeter();
    this.showLaneNames();
    this.showBars();
    this.showWatched();
    this.showLog();
    this.showHealth();
    this.run();
  }

  run() {
    if (this.timer) return;
    this.draw();
    this.timer = setInterval(() => this.step(), PICTURE_MS);
  }

  step() {
    this.drawWave();
    if (this.pictures++ % PICTURES_PER_TIMELINE === 0) this.drawTimeline();
    const moving = [...this.bars.values()].filter((bar) => bar.move(this.ease));
    if ((this.data.running || moving.length > 0) && this.root.isConnected) return;
    this.halt();
    this.draw();
  }

  halt() {
    clearInterval(this.timer);
    this.timer = 0;
  }

  stop() {
    this.halt();
    this.observer.disconnect();
    delete this.root.earmark;
  }

  colour(palette) {
    for (const [name, value] of Object.entries(palette.colours)) {
      this.root.style.setProperty(`--${name}`, value);
    }
  }

  showSentences() {
    for (const name of ["alert", "notice"]) {
      const element = this.find(`.${name}`);
      const words = this.data[name] ?? "";
      if (element.textContent !== words) element.textContent = words;
      element.hidden = words === "";
    }
  }

  showMeter() {
    const { level, gate_dbfs: gate } = this.data;
    this.find(".meter-fill").style.transform = `scaleX(${along(level.rms_dbfs)})`;
    this.find(".meter-hold").style.left = `calc(${100 * along(level.peak_dbfs)}% - 2px)`;
    this.find(".meter-value").textContent = level.text;
    const mark = this.find(".meter-gate");
    mark.hidden = gate === null;
    if (gate !== null) mark.style.left = `${100 * along(gate)}%`;
  }

  showLaneNames() {
    const names = this.data.lanes;
    const key = names.join("\t");
    if (key === this.laneKey) return;
    this.laneKey = key;
    this.find(".lane-names").replaceChildren(...names.map((name) => element("li", name)));
    this.find(".timeline").style.height = `${Math.max(1, names.length) * LANE_PX}px`;
  }

  showBars() {
    const list = this.find(".bars");
    const wanted = new Set(this.data.top.map(([label]) => label));
    for (const [label, bar] of this.bars) {
      if (wanted.has(label)) continue;
      this.bars.delete(label);
      bar.item.remove();
    }
    this.data.top.forEach(([label, score, colour], row) => {
      if (!this.bars.has(label)) this.bars.set(label, new Bar(list, label, row));
      this.bars.get(label).item.style.setProperty("--category", colour);
      this.bars.get(label).show(score, row, score >= this.data.threshold);
    });
    list.style.height = `${wanted.size * BAR_PX}px`;
    this.find(".quiet").hidden = wanted.size > 0;
  }

  showWatched() {
    const chips = this.data.watched.map(({ label, count, active }) =>
      element("span", `${label} ${count}×`, active ? "active" : ""),
    );
    this.find(".watched").replaceChildren(...chips);
  }

  showLog() {
    const { events, n_events: count } = this.data;
    const key = JSON.stringify(events);
    if (key === this.logKey) return;
    this.logKey = key;
    this.find(".log-count").textContent = count === 0 ? "" : `${count}`;
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
    const entries = this.data.health.map(([name, value, state]) => {
      const entry = element("div", "", state);
      entry.append(element("dt", name), element("dd", value));
      return entry;
    });
    this.find(".health").replaceChildren(...entries);
  }

  // Messages are late by more or less; their mean tells how the two clocks stand.
  setClock(ahead) {
    const error = this.ahead === null ? Infinity : ahead - this.ahead;
    this.ahead = Math.abs(error) > MAX_CLOCK_ERROR_S ? ahead : this.ahead + SETTLE * error;
  }

  // Stream time at the right edge. A stalled stream stands still, and so does an ended one.
  now() {
    if (!this.data.running) return this.data.clock_s;
    return Math.min(performance.now() / 1000 + this.ahead - BEHIND_S, this.data.clock_s);
  }

  draw() {
    if (!this.data) return;
    this.drawWave();
    this.drawTimeline();
  }

  drawWave() {
    const [context, width, height] = prepare(this.find(".wave"));
    const { wave_onset_s: onset, wave_step_s: step } = this.data;
    const { grid, sound } = this.data.palette.colours;
    const first = this.now() - WAVE_S;
    const column = (width * step) / WAVE_S;
    const gain = this.easeGain();
    context.fillStyle = grid;
    context.fillRect(0, height / 2, width, 1);
    context.fillStyle = sound;
    for (let index = 0; 2 * index < this.wave.length; index++) {
      const x = ((onset + index * step - first) / WAVE_S) * width;
      const [low, high] = [gain * this.wave[2 * index], gain * this.wave[2 * index + 1]];
      const tall = Math.max(1, ((high - low) / 2) * height);
      context.fillRect(x, ((1 - high) / 2) * height, Math.max(1, column), tall);
    }
  }

  // A quiet room fills the picture too; how loud it is stands on the meter.
  easeGain() {
    const loudest = this.wave.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const wanted = 1 / Math.max(loudest, QUIETEST_SCALE * 127);
    this.gain += (wanted - this.gain) * 0.1;
    return this.gain;
  }

  drawTimeline() {
    const [context, width] = prepare(this.find(".timeline"));
    const { lanes } = this.data;
    const first = this.now() - TIMELINE_S;
    const along = (time) => ((time - first) / TIMELINE_S) * width;
    context.fillStyle = this.data.palette.colours.lane;
    lanes.forEach((_, lane) => context.fillRect(0, lane * LANE_PX, width, LANE_PX - 3));
    const count = this.begins.length;
    for (let cell = 0; cell < lanes.length * count; cell++) {
      const score = this.cells[cell];
      if (score < FAINTEST) continue;
      const frame = cell % count;
      const [left, right] = [along(this.begins[frame]), along(this.ends[frame])];
      const lane = Math.floor(cell / count);
      context.fillStyle = this.data.lane_colours[lane];
      context.globalAlpha = score / 255;
      context.fillRect(left, lane * LANE_PX, right - left + 0.5, LANE_PX - 3);
    }
    context.globalAlpha = 1;
  }
}

// One of the top predictions: glides to its row, and grows to its score.
class Bar {
  constructor(list, label, row) {
    this.item = element("li");
    this.score = element("span", "", "score");
    this.fill = element("div", "", "fill");
    const name = element("div", "", "name");
    name.append(element("span", label, "label"), this.score);
    const track = element("div", "", "track");
    track.append(this.fill);
    this.item.append(name, track);
    this.shown = { row, score: 0 };
    list.append(this.item);
  }

  show(score, row, heard) {
    this.wanted = { row, score };
    this.item.classList.toggle("heard", heard);
    const text = score.toFixed(2);
    if (this.score.textContent !== text) this.score.textContent = text;
    if (this.fill.style.transform === "") this.place();
  }

  // Go a share of the way; returns whether there is more of it.
  move(share) {
    const left = { row: this.wanted.row - this.shown.row, score: this.wanted.score - this.shown.score };
    if (left.row === 0 && left.score === 0) return false;
    const near = Math.max(Math.abs(left.row), Math.abs(left.score)) < ARRIVED;
    // Rows change places twice as fast: while they pass, their words are hard to read.
    this.shown.row = near ? this.wanted.row : this.shown.row + Math.min(1, 2 * share) * left.row;
    this.shown.score = near ? this.wanted.score : this.shown.score + share * left.score;
    this.place();
    return true;
  }

  place() {
    this.item.style.transform = `translateY(${this.shown.row * BAR_PX}px)`;
    this.fill.style.transform = `scaleX(${this.shown.score})`;
  }
}

function element(tag, text = "", className = "") {
  const made = document.createElement(tag);
  if (text !== "") made.textContent = text;
  if (className) made.className = className;
  return made;
}

function along(dbfs) {
  if (dbfs === null) return 0;
  return Math.min(1, Math.max(0, 1 - dbfs / METER_FLOOR_DBFS));
}

function decode(base64, Kind) {
  const text = atob(base64 ?? "");
  const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  return new Kind(bytes.buffer);
}

// Match the canvas to the screen's pixels, and clear it.
function prepare(canvas) {
  const ratio = devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== wide || canvas.height !== high) {
    canvas.width = wide;
    canvas.height = high;
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return [context, width, height];
}
