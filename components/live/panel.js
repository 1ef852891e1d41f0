// Draws what the server pushes (components/protocol/live_messages.py has the format), and moves it on by
// itself in between.
//
// Sound and scores are placed by stream time, which runs on with the browser's clock between two
// messages: the right edge is a moment ago, so that there is always something to draw up to it.
// Labels are text, never markup.

const WAVE_S = 10;
const TIMELINE_S = 60;
const LANE_PX = 24;
const BAR_PX = 40;
const LOG_ROWS = 100;
const ALERT_S = 2; // an alert stands so long after its event: time to read it
// All that moves does so in one rhythm, and no style has a transition of its own: transitions keep
// the browser painting sixty times a second, at twice the cost (measured without a graphics card).
const PICTURE_MS = 40;
const PICTURES_PER_TIMELINE = 3; // in which it moves on by a pixel or two
const EASE = 0.3; // share of the way to its length that a bar goes in each picture
const ARRIVED = 0.002; // of a bar's length: less is not visible
const CLEARLY = { factor: 1.15, more: 0.03 }; // a class takes another one's row above this
const GONE = 0.05; // or the other's score is below this, and its own is higher
const BEHIND_S = 0.35; // messages come at least this often, but for a stalled connection's
const SETTLE = 0.1; // share of a clock's error that one message sets right
const MAX_CLOCK_ERROR_S = 0.5; // from here on it is no jitter but another stretch of sound
const METER_FLOOR_DBFS = -60;
const QUIETEST_SCALE = 0.02; // -34 dBFS: noise below it is not blown up to look like sound
const FAINTEST = 8 / 255; // below, a score cannot be told from none
const RETRY_MS = [250, 500, 1000, 2000, 4000];
const PATIENCE_MS = 1000; // the script knows of what it did itself by then
const OVER = 4000; // the server has forgotten this workspace: its address leads nowhere any more
const OFFLINE_MS = 1500; // after which the panel says that it is cut off

export default function (component) {
  const { parentElement, data, setTriggerValue } = component;
  const root = parentElement.querySelector(".panel");
  const panel = (root.earmark ??= new Panel(root));
  panel.update(data, setTriggerValue);
  return () => panel.stop();
}

// The connection to the server: opens again by itself, and tells what it has handed on.
class Feed {
  constructor(address, take, tellOffline) {
    this.url = new URL(address, location.href);
    this.url.protocol = this.url.protocol.replace("http", "ws");
    this.take = take;
    this.tellOffline = tellOffline;
    this.attempts = 0;
    this.connect();
  }

  connect() {
    const socket = (this.socket = new WebSocket(this.url));
    socket.binaryType = "arraybuffer";
    let seen = 0;
    socket.onopen = () => socket.send("watch");
    socket.onmessage = ({ data }) => {
      this.attempts = 0;
      clearTimeout(this.offline);
      this.offline = 0;
      this.tellOffline(false);
      this.take(decode(data));
      socket.send(`seen ${++seen}`);
    };
    socket.onclose = ({ code }) => {
      if (this.closed) return;
      if (code === OVER) {
        clearTimeout(this.offline);
        return this.tellOffline(false); // nothing is tried again
      }
      this.offline ||= setTimeout(() => this.tellOffline(true), OFFLINE_MS);
      const wait = RETRY_MS[Math.min(this.attempts++, RETRY_MS.length - 1)];
      this.retry = setTimeout(() => this.connect(), wait * (0.75 + Math.random() / 2));
    };
  }

  close() {
    this.closed = true;
    clearTimeout(this.retry);
    clearTimeout(this.offline);
    this.socket.close();
  }
}

function decode(buffer) {
  const size = new DataView(buffer).getUint32(0, true);
  const message = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, size)));
  let at = 4 + size;
  const read = (Kind, length) => {
    const array = new Kind(buffer, at, length); // little-endian, as all machines are that browse
    at += array.byteLength;
    return array;
  };
  const { n_frames: frames = 0, n_scores: scores = 0, n_stretches: stretches = 0 } = message;
  message.begins = read(Float32Array, frames);
  message.ends = read(Float32Array, frames);
  message.counts = read(Uint16Array, frames);
  message.classes = read(Uint16Array, scores);
  message.scores = read(Uint16Array, scores);
  message.wave = read(Int8Array, 2 * stretches);
  return message;
}

class Panel {
  constructor(root) {
    this.root = root;
    this.timer = 0;
    this.pictures = 0;
    this.ease = matchMedia("(prefers-reduced-motion: reduce)").matches ? 1 : EASE;
    this.rows = [];
    this.forget();
    this.find(".bars").replaceChildren(); // of a panel that stopped before
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(root);
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  // Nothing is known of the stream.
  forget() {
    this.state = { running: false, clock_s: 0, notice: "", health: [], counts: {}, level: null };
    this.labels = [];
    this.colours = [];
    this.frames = []; // each {begin, end, classes, scores}
    this.wave = { first: 0, step_s: 1, extremes: [] };
    this.events = new Map();
    this.gain = 1 / 127;
    this.ahead = null; // stream time minus the browser's, in seconds
    this.lanes = [];
    this.rows.forEach((row) => row.empty());
  }

  // The script ran: how to show what comes.
  update(data, tell) {
    this.data = data;
    this.tell = tell;
    for (const [name, value] of Object.entries(data.colours)) {
      this.root.style.setProperty(`--${name}`, value);
    }
    if (data.address && data.address !== this.address) {
      this.feed?.close();
      this.address = data.address;
      this.feed = new Feed(
        data.address,
        (message) => this.take(message),
        (isOffline) => this.setOffline(isOffline),
      );
    }
    this.colourClasses();
    this.reserve();
    this.compare();
    this.show();
  }

  // The server sent something.
  take(message) {
    if (message.new) {
      this.forget();
      this.labels = message.labels;
      this.categories = message.categories;
      this.colourClasses();
    }
    if (message.n_frames !== undefined) {
      this.addFrames(message);
      this.addWave(message);
      this.addEvents(message.events);
      this.setClock(message.clock_s - performance.now() / 1000);
    }
    this.state = { ...this.state, ...message };
    window.earmarkHeard = message.heard; // microphone.js asks whether WebRTC has connected
    this.compare();
    this.show();
  }

  setOffline(isOffline) {
    if (this.isOffline === isOffline) return;
    this.isOffline = isOffline;
    this.show();
  }

  // The script runs again where listening began or ended without it.
  compare() {
    clearTimeout(this.patience);
    const { listening, running } = this.state;
    if (listening === undefined) return;
    const isOn = listening && (running || this.data.own); // another tab may be gone
    if (isOn !== this.data.listening) {
      this.patience = setTimeout(() => this.tell("other", isOn), PATIENCE_MS);
    }
  }

  addFrames({ begins, ends, counts, classes, scores }) {
    let at = 0;
    for (let frame = 0; frame < begins.length; frame++) {
      const next = at + counts[frame];
      this.frames.push({
        begin: begins[frame],
        end: ends[frame],
        classes: classes.subarray(at, next),
        scores: Float32Array.from(scores.subarray(at, next), (score) => score / 65535),
      });
      at = next;
      assignRows(this.rows, this.now()); // frame by frame, so that a reload ends with the same rows
    }
    const newest = this.frames.at(-1)?.end ?? 0;
    const first = this.frames.findIndex(({ end }) => end > newest - TIMELINE_S - 1);
    if (first > 0) this.frames.splice(0, first);
  }

  addWave({ wave, wave_first: first, wave_step_s: step }) {
    const held = this.wave;
    if (first !== held.first + held.extremes.length / 2) held.extremes = [];
    const extremes = [...held.extremes, ...wave].slice(-2 * Math.ceil(WAVE_S / step));
    const last = first + wave.length / 2;
    this.wave = { first: last - extremes.length / 2, step_s: step, extremes };
  }

  addEvents(events) {
    for (const event of events) this.events.set(event.number, event);
    if (this.events.size <= LOG_ROWS) return;
    const oldest = [...this.events.keys()].sort((a, b) => a - b).slice(0, -LOG_ROWS);
    for (const number of oldest) this.events.delete(number);
  }

  show() {
    this.root.dataset.state = this.state.running ? "listening" : "idle";
    this.showBanner();
    this.showMeter();
    this.showLanes();
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
    const moving = this.rows.filter((row) => row.move(this.ease));
    if ((this.state.running || moving.length > 0) && this.root.isConnected) return;
    this.halt();
    this.draw();
  }

  halt() {
    clearInterval(this.timer);
    this.timer = 0;
  }

  stop() {
    this.halt();
    this.feed?.close();
    clearTimeout(this.patience);
    this.observer.disconnect();
    delete this.root.earmark;
  }

  // What may come has its place from the beginning: nothing that is read moves for it.
  reserve() {
    const { n_results: count, watched } = this.data;
    const list = this.find(".bars");
    while (this.rows.length > count) this.rows.pop().item.remove();
    while (this.rows.length < count) this.rows.push(new Row(list, this.rows.length));
    list.style.height = `${count * BAR_PX}px`;
    this.find(".lanes").style.height = `${count * LANE_PX}px`;
    this.find(".timeline").style.height = `${count * LANE_PX}px`;
    this.find(".watched").hidden = watched.length === 0;
  }

  colourClasses() {
    const { categories, colours } = this.data;
    this.classColours = (this.categories ?? []).map((name) => categories[name] ?? colours.muted);
  }

  newest(label) {
    let newest = null;
    for (const event of this.events.values()) {
      if (event.label === label && event.number > (newest?.number ?? -1)) newest = event;
    }
    return newest;
  }

  isActive(label) {
    const event = this.newest(label);
    if (!event || !this.state.running) return false;
    return event.open || this.state.clock_s - event.offset_s < ALERT_S;
  }

  showBanner() {
    const heard = this.data.watched.filter((label) => this.isActive(label));
    const alert = heard.length ? `Heard: ${heard.join(", ")}` : "";
    let notice = this.state.notice;
    if (this.isOffline) notice = "The connection to the server was lost. It is tried again.";
    if (!this.state.stream && !notice) notice = this.data.invitation;
    setText(this.find(".alert"), alert);
    setText(this.find(".notice"), alert ? "" : notice);
  }

  showMeter() {
    const { level, gate_dbfs: gate } = this.state;
    this.find(".meter-fill").style.transform = `scaleX(${share(level?.rms_dbfs)})`;
    this.find(".meter-hold").style.left = `calc(${100 * share(level?.peak_dbfs)}% - 2px)`;
    this.find(".meter-value").textContent = level?.text ?? "−∞ dBFS";
    const mark = this.find(".meter-gate");
    mark.hidden = gate === null || gate === undefined;
    if (!mark.hidden) mark.style.left = `${100 * share(gate)}%`;
  }

  // What stood out in the last minute, in the model's order: so a lane keeps its place.
  showLanes() {
    const best = new Map();
    for (const { classes, scores } of this.frames) {
      for (let at = 0; at < classes.length; at++) {
        if (scores[at] > (best.get(classes[at]) ?? 0)) best.set(classes[at], scores[at]);
      }
    }
    const ranked = [...best].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
    this.lanes = ranked.slice(0, this.data.n_results).map(([index]) => index).sort((a, b) => a - b);
    const names = this.lanes.map((index) => this.labels[index]);
    const key = names.join("\t");
    if (key === this.laneKey) return;
    this.laneKey = key;
    this.find(".lane-names").replaceChildren(...names.map((name) => element("li", name)));
  }

  // The newest score of each class.
  now() {
    const frame = this.frames.at(-1);
    const scores = new Map();
    frame?.classes.forEach((index, at) => scores.set(index, frame.scores[at]));
    return scores;
  }

  showBars() {
    const now = this.now();
    assignRows(this.rows, now); // there may be more rows than before
    for (const row of this.rows) {
      const score = now.get(row.index) ?? 0;
      if (row.index === null) row.empty();
      else row.show(this.labels[row.index], this.classColours[row.index], score, this.data.threshold);
    }
    this.find(".quiet").hidden = this.rows.some((row) => row.index !== null);
  }

  showWatched() {
    const { counts } = this.state;
    const chips = this.data.watched.map((label) =>
      element("span", `${label} ${counts[label] ?? 0}×`, this.isActive(label) ? "active" : ""),
    );
    this.find(".watched").replaceChildren(...chips);
  }

  showLog() {
    const events = [...this.events.values()].sort((a, b) => b.number - a.number);
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
    const entries = this.state.health.map(([name, value, state]) => {
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
    if (!this.state.running) return this.state.clock_s;
    return Math.min(performance.now() / 1000 + this.ahead - BEHIND_S, this.state.clock_s);
  }

  draw() {
    if (!this.data) return;
    this.drawWave();
    this.drawTimeline();
  }

  drawWave() {
    const [context, width, height] = prepare(this.find(".wave"));
    const { first: onset, step_s: step, extremes } = this.wave;
    const { grid, sound } = this.data.colours;
    const first = this.now() - WAVE_S;
    const column = (width * step) / WAVE_S;
    const gain = this.easeGain();
    context.fillStyle = grid;
    context.fillRect(0, height / 2, width, 1);
    context.fillStyle = sound;
    for (let index = 0; 2 * index < extremes.length; index++) {
      const x = (((onset + index) * step - first) / WAVE_S) * width;
      const [low, high] = [gain * extremes[2 * index], gain * extremes[2 * index + 1]];
      const tall = Math.max(1, ((high - low) / 2) * height);
      context.fillRect(x, ((1 - high) / 2) * height, Math.max(1, column), tall);
    }
  }

  // A quiet room fills the picture too; how loud it is stands on the meter.
  easeGain() {
    const loudest = this.wave.extremes.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const wanted = 1 / Math.max(loudest, QUIETEST_SCALE * 127);
    this.gain += (wanted - this.gain) * 0.1;
    return this.gain;
  }

  drawTimeline() {
    const [context, width] = prepare(this.find(".timeline"));
    const first = this.now() - TIMELINE_S;
    const along = (time) => ((time - first) / TIMELINE_S) * width;
    const places = new Map(this.lanes.map((index, lane) => [index, lane]));
    context.fillStyle = this.data.colours.lane;
    for (const lane of places.values()) context.fillRect(0, lane * LANE_PX, width, LANE_PX - 3);
    for (const { begin, end, classes, scores } of this.frames) {
      const [left, right] = [along(begin), along(end)];
      if (right < 0) continue;
      for (let at = 0; at < classes.length; at++) {
        const lane = places.get(classes[at]);
        if (lane === undefined || scores[at] < FAINTEST) continue;
        context.fillStyle = this.classColours[classes[at]];
        context.globalAlpha = scores[at];
        context.fillRect(left, lane * LANE_PX, right - left + 0.5, LANE_PX - 3);
      }
    }
    context.globalAlpha = 1;
  }
}

// Give the best classes their rows. A class keeps its row until another one is clearly above it.
function assignRows(rows, now) {
  const ranked = [...now].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, rows.length);
  if (ranked.length === 0) return rows.forEach((row) => (row.index = null));
  const held = rows.map((row) => row.index);
  const score = (index) => now.get(index) ?? 0;
  const isAbove = (index, other) =>
    other === null ||
    score(index) > CLEARLY.factor * score(other) + CLEARLY.more ||
    (score(other) < GONE && score(index) > score(other));
  for (const [index] of ranked) {
    if (held.includes(index)) continue;
    const weakest = held.reduce((least, other, row) => {
      if (other === null || held[least] === null) return other === null && held[least] !== null ? row : least;
      return score(other) < score(held[least]) ? row : least;
    }, 0);
    if (isAbove(index, held[weakest])) held[weakest] = index;
  }
  for (let pass = 0; pass < held.length; pass++) {
    for (let row = held.length - 1; row > 0; row--) {
      if (held[row] === null || !isAbove(held[row], held[row - 1])) continue;
      [held[row - 1], held[row]] = [held[row], held[row - 1]];
    }
  }
  rows.forEach((row, at) => (row.index = held[at]));
}

// A row of "Now": never moves. Another class fades in where it takes the row.
class Row {
  constructor(list, number) {
    this.item = element("li");
    this.item.style.transform = `translateY(${number * BAR_PX}px)`;
    this.score = element("span", "", "score");
    this.label = element("span", "", "label");
    this.fill = element("div", "", "fill");
    const name = element("div", "", "name");
    name.append(this.label, this.score);
    const track = element("div", "", "track");
    track.append(this.fill);
    this.item.append(name, track);
    this.index = null;
    this.shown = { score: 0, opacity: 0 };
    this.wanted = { score: 0, opacity: 0 };
    this.place();
    list.append(this.item);
  }

  empty() {
    this.index = null;
    this.wanted = { score: 0, opacity: 0 };
    setText(this.label, "");
    setText(this.score, "");
    this.item.hidden = true;
  }

  show(label, colour, score, threshold) {
    this.item.hidden = false;
    if (this.label.textContent !== label) {
      this.label.textContent = label;
      this.shown = { score: 0, opacity: 0.25 };
    }
    this.wanted = { score, opacity: 1 };
    this.item.style.setProperty("--category", colour);
    this.item.classList.toggle("heard", score >= threshold);
    setText(this.score, score.toFixed(2));
    if (this.shown.opacity < 1) this.place();
  }

  // Go a share of the way; returns whether there is more of it.
  move(share) {
    let isMoving = false;
    for (const name of ["score", "opacity"]) {
      const left = this.wanted[name] - this.shown[name];
      if (left === 0) continue;
      isMoving = true;
      this.shown[name] = Math.abs(left) < ARRIVED ? this.wanted[name] : this.shown[name] + share * left;
    }
    if (isMoving) this.place();
    return isMoving;
  }

  place() {
    this.item.style.opacity = this.shown.opacity;
    this.fill.style.transform = `scaleX(${this.shown.score})`;
  }
}

function setText(node, words) {
  if (node.textContent !== words) node.textContent = words;
}

function element(tag, text = "", className = "") {
  const made = document.createElement(tag);
  if (text !== "") made.textContent = text;
  if (className) made.className = className;
  return made;
}

function share(dbfs) {
  if (dbfs === null || dbfs === undefined) return 0;
  return Math.min(1, Math.max(0, 1 - dbfs / METER_FLOOR_DBFS));
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
