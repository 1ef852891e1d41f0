// The player: draws a clip on one time axis, plays it, and moves the playhead along by the media
// element's clock, without asking the server. What is told to the server is what somebody wants to
// know: the instant asked about, the selection, the event that was clicked, a class's threshold.
// Labels and names are text, never markup.

const RULER_PX = 18;
const WAVE_PX = 84;
const SPECTROGRAM_PX = 112;
const GAP_PX = 6;
const LANE_PX = 26;
const LANE_GAP_PX = 3;
const OVERVIEW_PX = 40;
const CLICK_PX = 4; // a pointer that moves no further is a click
const ZOOM = 1.6; // of a key or a button
const WHEEL = 0.002; // of the exponent, per pixel of a wheel's turn
const TELL_MS = 250; // a screen reader is told the position no more often while it plays
const BARS = 8;
const PAGE = 5; // page keys go by a fifth of what is seen
const FINE = 0.2; // of the way that a threshold goes with the pointer, while Shift is held
const MIDDLE_HZ = 2000; // told beside the spectrogram, as are its edges

export default function mountPlayer(component) {
  const root = component.parentElement.querySelector(".player");
  const player = (root.earmark ??= new Player(root));
  player.tell = component;
  player.show(component.data);
  return () => player.stop();
}

class Player {
  constructor(root) {
    this.root = root;
    this.stage = this.find(".stage");
    this.tracks = this.find(".tracks");
    this.spectrogram = new SpectrogramLayer();
    this.sound = new Sound(this.find("audio"), () => this.onSound());
    this.chosen = null; // the event that was clicked
    this.selection = null;
    this.played = null; // number of the newest wish of the server's that was granted
    this.following = true; // until somebody looks elsewhere
    this.toldAt = 0;
    this.listeners = new AbortController();
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.tracks);
    this.listen();
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  stop() {
    this.sound.pause();
    cancelAnimationFrame(this.pending);
    this.listeners.abort();
    this.observer.disconnect();
    delete this.root.earmark;
  }

  // ---- what comes from the server

  show(data) {
    const isOther = data.clip !== this.data?.clip;
    this.data = data;
    this.grid = new Grid({ duration: data.duration_s, window: data.window_s, hop: data.hop_s, frames: data.n_frames });
    this.lanes = new Lanes(this.grid, { ...data.lanes, scores: numbers(data.scores, Uint8Array) });
    this.events = unpackEvents(data.events, data.judgements);
    this.truth = inRows(data.truth);
    this.root.classList.toggle("fixed", Boolean(data.fixed));
    this.colour(data.palette);
    this.showNames();
    if (isOther) this.open(data);
    this.showPicture(data.picture);
    this.showWhy(data.why);
    this.grant(data.wish);
    this.draw();
  }

  open(data) {
    this.axis = new Axis(data.duration_s);
    this.selection = this.chosen = null;
    this.sound.pause();
    this.sound.load(data.audio);
    this.find(".units").textContent = data.duration_s < 60 ? "seconds" : "minutes";
    this.find(".of").textContent = `of ${this.clock(data.duration_s, 2)}`;
    this.find(".overview").setAttribute("aria-valuemax", data.duration_s.toFixed(2));
    this.showSelection();
  }

  async showPicture(source) {
    if (this.source === source) return;
    this.source = source;
    try {
      const picture = typeof source === "string" ? await loadPicture(source) : await unpackPicture(new Blob([source]).stream());
      if (this.source !== source) return; // another clip was opened in the meantime
      this.picture = picture;
      this.showFrequencies(picture);
      this.root.dataset.state = "ready";
      this.barsFrame = null;
      this.draw();
    } catch (error) {
      this.complain("The picture of this clip did not arrive. Load the page anew.");
      console.error(error);
    }
  }

  // A time in words: in a clip of a minute or more with minutes, else in seconds.
  clock(time, digits) {
    const withMinutes = this.data.duration_s >= 60;
    return clock(time, digits, withMinutes) + (withMinutes ? "" : " s");
  }

  showWhy(why) {
    this.find(".why").hidden = !why;
    if (!why) return;
    write(this.find(".why-at"), this.clock(why.at_s, 2));
    const rows = why.rows.map(([label, words]) => {
      const row = document.createElement("li");
      const name = document.createElement("b");
      name.textContent = label;
      row.append(name, words);
      return row;
    });
    this.find(".why ul").replaceChildren(...rows);
  }

  // Play what was chosen elsewhere on the page, once; what was wished before this was opened is past.
  grant(wish) {
    this.played ??= wish?.number ?? 0;
    if (!wish || wish.number <= this.played) return;
    this.played = wish.number;
    this.chosen = this.events.find((event) => event.onset === wish.onset_s && event.offset === wish.offset_s) ?? null;
    this.playStretch(wish.onset_s, wish.offset_s);
  }

  colour(palette) {
    for (const [name, value] of Object.entries(palette.colours)) this.root.style.setProperty(`--${name}`, value);
    this.colours = palette.colours;
    this.categories = palette.categories;
    const key = JSON.stringify(palette.levels);
    if (key === this.scaleKey) return;
    this.scaleKey = key;
    this.scale = pixelScale(palette.levels);
    const stops = palette.levels.map(([at, hex]) => `${hex} ${100 * at}%`).join(",");
    this.find(".levels-scale").style.background = `linear-gradient(to right, ${stops})`;
    this.find(".scores-scale").style.background = `linear-gradient(to right, ${this.colours.lane}, ${this.colours.muted})`;
  }

  showNames() {
    const { names, colours } = this.data.lanes;
    this.find(".lane-names").replaceChildren(
      ...Array.from({ length: this.truthRows }, (_, row) => named(row === 0 ? "The truth" : "", null)),
      ...names.map((name, lane) => named(name, colours[lane])),
    );
    const present = [...new Set(colours)].map((colour) => this.categories.find(([, each]) => each === colour));
    this.find(".categories").replaceChildren(
      ...present.filter(Boolean).map(([name, colour]) => named(name, colour, "span")),
    );
    this.find(".judgements").hidden = this.truthRows === 0;
  }

  // Frequencies beside the spectrogram, where its bands have them.
  showFrequencies({ bands, edges: [lowest, highest] }) {
    const bottom = SPECTROGRAM_PX - 12;
    const [top, middle, low] = this.root.querySelectorAll(".spectrogram-name span");
    top.style.top = "0";
    middle.style.top = `${bottom * (1 - bands.filter((hz) => hz < MIDDLE_HZ).length / bands.length)}px`;
    low.style.top = `${bottom}px`;
    write(top, frequency(highest));
    write(middle, frequency(MIDDLE_HZ));
    write(low, frequency(lowest));
  }

  complain(words) {
    const line = this.find(".trouble");
    line.textContent = words;
    line.hidden = words === "";
  }

  // ---- drawing

  get laneTop() {
    return RULER_PX + WAVE_PX + GAP_PX + SPECTROGRAM_PX + GAP_PX;
  }

  get truthRows() {
    return Math.max(0, ...this.truth.map(({ row }) => row + 1));
  }

  laneBox(lane) {
    return { top: this.laneTop + (this.truthRows + lane) * LANE_PX, height: LANE_PX - LANE_GAP_PX };
  }

  // Whatever asks for it, there is one drawing per picture of the screen.
  draw() {
    if (this.pending) return;
    this.pending = requestAnimationFrame(() => {
      this.pending = 0;
      this.paint();
      if (this.sound.playing) this.advance();
    });
  }

  paint() {
    if (!this.data) return;
    const height = this.laneBox(this.lanes.names.length).top;
    const canvas = this.tracks.querySelector("canvas");
    const context = prepare(canvas, height);
    this.axis.width = canvas.clientWidth || 1;
    drawRuler(context, this.axis, { top: 0, height: RULER_PX, down: height }, this.colours);
    if (this.picture) {
      drawWave(context, this.axis, this.picture, { top: RULER_PX, height: WAVE_PX }, this.colours);
      const box = { top: RULER_PX + WAVE_PX + GAP_PX, height: SPECTROGRAM_PX };
      this.spectrogram.draw(context, this.axis, this.picture, box, this.scale);
    }
    this.paintLanes(context);
    this.paintOverview();
    this.placeMarks();
  }

  paintLanes(context) {
    const boxOf = (row) => ({ top: this.laneTop + row * LANE_PX, height: LANE_PX - LANE_GAP_PX });
    drawTruth(context, this.axis, this.truth, boxOf, this.colours);
    this.lanes.names.forEach((_, lane) => {
      const box = this.laneBox(lane);
      const look = { colour: this.lanes.colours[lane], background: this.colours.lane, asCurve: this.data.as_curves };
      drawLane(context, this.axis, this.lanes, lane, box, look);
      const held = this.line?.lane === lane;
      const threshold = held ? this.line.threshold : this.lanes.thresholds[lane];
      const isOwn = held || threshold !== this.data.threshold;
      drawThreshold(context, this.axis, threshold, box, this.colours.muted, { held, isOwn });
    });
    for (const event of this.events) {
      if (event.lane < 0) continue;
      drawEvent(context, this.axis, event, this.laneBox(event.lane), this.colours, event === this.chosen);
    }
  }

  paintOverview() {
    const canvas = this.find(".overview canvas");
    const context = prepare(canvas, OVERVIEW_PX);
    const whole = new Axis(this.axis.duration);
    whole.width = canvas.clientWidth || 1;
    if (this.picture) drawWave(context, whole, this.picture, { top: 0, height: OVERVIEW_PX }, this.colours);
    context.fillStyle = this.colours.score;
    for (const { onset, offset } of this.events) {
      context.globalAlpha = 0.4;
      context.fillRect(whole.x(onset), OVERVIEW_PX - 4, Math.max(1, whole.x(offset) - whole.x(onset)), 4);
    }
    context.globalAlpha = 1;
    this.whole = whole;
    const seen = this.find(".seen");
    seen.style.transform = `translateX(${whole.x(this.axis.from)}px)`;
    seen.style.width = `${Math.max(6, whole.x(this.axis.to) - whole.x(this.axis.from))}px`;
    seen.hidden = this.axis.span >= this.axis.duration - 1e-6;
  }

  // While it plays, only what moves is moved; the picture is drawn anew where it turns a page.
  advance() {
    const step = () => {
      if (!this.sound.playing || this.pending || !this.root.isConnected) return;
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

  // Whoever moves the picture by hand looks at it for as long as the playhead is elsewhere.
  follow() {
    const { time } = this.sound;
    this.following ||= time >= this.axis.from && time <= this.axis.to;
    if (this.following) this.axis.follow(time);
  }

  lookAround() {
    const { time } = this.sound;
    this.following = time >= this.axis.from && time <= this.axis.to;
    this.draw();
  }

  placeMarks() {
    const time = this.sound.time;
    const x = this.axis.x(time);
    const head = this.find(".playhead");
    head.hidden = x < 0 || x > this.axis.width;
    head.style.transform = `translateX(${x}px)`;
    head.dataset.time = time;
    this.find(".overview-head").style.transform = `translateX(${this.whole?.x(time) ?? 0}px)`;
    write(this.find(".at"), clock(time, 2, this.data.duration_s >= 60));
    this.showBars(time);
    this.tellReader(time);
    this.placeSelection();
  }

  placeSelection() {
    const mark = this.find(".chosen");
    mark.hidden = !this.selection;
    if (!this.selection) return;
    const [left, right] = this.selection.map((time) => this.axis.x(time));
    mark.style.transform = `translateX(${left}px)`;
    mark.style.width = `${Math.max(2, right - left)}px`;
  }

  tellReader(time) {
    const now = performance.now();
    if (this.sound.playing && now - this.toldAt < TELL_MS) return;
    this.toldAt = now;
    const slider = this.find(".overview");
    slider.setAttribute("aria-valuenow", time.toFixed(2));
    slider.setAttribute("aria-valuetext", `${this.clock(time, 2)} of ${this.clock(this.axis.duration, 2)}`);
  }

  showBars(time) {
    const frame = this.grid.frame(time);
    write(this.find(".now-at"), this.clock(time, 1));
    if (!this.picture || (frame === this.barsFrame && this.barsData === this.data)) return;
    this.barsFrame = frame;
    this.barsData = this.data;
    const list = this.find(".bars");
    const best = this.picture.best(frame).slice(0, BARS);
    while (list.children.length < best.length) list.append(emptyBar());
    const middle = (this.grid.edge(frame) + this.grid.edge(frame + 1)) / 2;
    const heard = new Set(this.events.filter((e) => e.onset <= middle && middle < e.offset).map((e) => e.index));
    best.forEach(([label, score, category, index], rank) => {
      const item = list.children[rank];
      item.classList.toggle("heard", heard.has(index));
      item.style.setProperty("--category", this.categories[category]?.[1] ?? this.colours.muted);
      write(item.querySelector(".label"), label);
      write(item.querySelector(".score"), score.toFixed(2));
      item.querySelector(".fill").style.transform = `scaleX(${score})`;
    });
  }

  // ---- the sound

  onSound() {
    const { playing, element } = this.sound;
    this.find(".play").setAttribute("aria-label", playing ? "Pause" : "Play");
    this.find(".play .icon").setAttribute("d", playing ? "M7 5h4v14H7zM13 5h4v14h-4z" : "M8 5v14l11-7z");
    if (element.error && this.sound.url) {
      this.complain("This browser cannot play this sound. The picture and the scores are complete all the same.");
    }
    if (this.axis) this.follow();
    this.draw();
  }

  toggle() {
    if (this.sound.playing) return this.sound.pause();
    this.following = true;
    if (!this.selection) return this.sound.play();
    const [from, to] = this.selection;
    const inside = this.sound.time >= from && this.sound.time < to;
    return this.sound.playStretch(from, to, this.loops, inside ? this.sound.time : from);
  }

  get loops() {
    return this.find(".loop").getAttribute("aria-pressed") === "true";
  }

  // Play a stretch once, and bring it into sight.
  playStretch(from, to) {
    const reach = (to - from) * 0.1;
    if (from < this.axis.from || to > this.axis.to) {
      this.axis.show(from - reach, Math.max(this.axis.span, to - from + 2 * reach));
    }
    this.following = true;
    this.sound.playStretch(from, to, false);
    this.draw();
  }

  seek(time) {
    this.following = true;
    this.sound.seek(Math.min(this.axis.duration, Math.max(0, time)));
    this.axis.follow(this.sound.time);
    this.draw();
  }

  // ---- selecting and asking

  ask(time) {
    this.tell.setStateValue("instant", time);
  }

  select(selection) {
    this.selection = selection && [Math.min(...selection), Math.max(...selection)];
    this.showSelection();
    this.draw();
  }

  keepSelection() {
    if (this.selection && this.selection[1] - this.selection[0] <= 0) this.select(null);
    this.tell.setStateValue("selection", this.selection);
    if (this.sound.playing && this.selection) this.sound.playStretch(...this.selection, this.loops);
    if (!this.selection) this.sound.stretch = null;
  }

  showSelection() {
    this.find(".selection").hidden = !this.selection;
    if (!this.selection) return;
    const [from, to] = this.selection;
    this.find(".selection-text").textContent =
      `${this.clock(from, 2)} to ${this.clock(to, 2)}, ${(to - from).toFixed(2)} s long`;
  }

  // One edge of the selection comes to the playhead; the other is the clip's end until it is set.
  beginSelection() {
    const [time, to] = [this.sound.time, this.selection?.[1] ?? this.axis.duration];
    this.select([time, Math.max(time, to)]);
    this.keepSelection();
  }

  endSelection() {
    const [time, from] = [this.sound.time, this.selection?.[0] ?? 0];
    this.select([Math.min(from, time), time]);
    this.keepSelection();
  }

  zoom(factor, time = this.sound.time) {
    const inside = time >= this.axis.from && time <= this.axis.to;
    this.axis.zoom(factor, inside ? time : (this.axis.from + this.axis.to) / 2);
    this.lookAround();
  }

  // ---- hands

  listen() {
    const on = (target, name, handler, options = {}) =>
      target.addEventListener(name, handler, { ...options, signal: this.listeners.signal });
    on(this.find(".play"), "click", () => this.toggle());
    on(this.find(".zoom-in"), "click", () => this.zoom(ZOOM));
    on(this.find(".zoom-out"), "click", () => this.zoom(1 / ZOOM));
    on(this.find(".zoom-fit"), "click", () => this.fit());
    on(this.find(".begin"), "click", () => this.beginSelection());
    on(this.find(".end"), "click", () => this.endSelection());
    on(this.find(".clear"), "click", () => this.clear());
    on(this.find(".help"), "click", () => this.toggleHelp());
    on(this.find(".loop"), "click", () => this.toggleLoop());
    on(this.root, "keydown", (event) => this.onKey(event));
    on(this.tracks, "wheel", (event) => this.onWheel(event), { passive: false });
    on(this.tracks, "pointerdown", (event) => this.onDown(event));
    on(this.tracks, "pointermove", (event) => this.onMove(event));
    on(this.tracks, "pointerup", (event) => this.onUp(event));
    on(this.tracks, "pointercancel", () => this.onLost());
    on(this.tracks, "pointerleave", () => this.showHint(null));
    const overview = this.find(".overview");
    on(overview, "pointerdown", (event) => this.onOverview(event));
    on(overview, "pointermove", (event) => event.buttons && this.onOverview(event));
  }

  fit() {
    this.axis.fit();
    this.lookAround();
  }

  clear() {
    this.select(null);
    this.chosen = null;
    this.keepSelection();
  }

  toggleHelp() {
    const keys = this.find(".keys");
    keys.hidden = !keys.hidden;
    this.find(".help").setAttribute("aria-expanded", String(!keys.hidden));
  }

  toggleLoop() {
    this.find(".loop").setAttribute("aria-pressed", String(!this.loops));
    if (this.sound.stretch) this.sound.stretch.again = this.loops;
  }

  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const onButton = event.target.closest?.("button");
    if (onButton && (event.key === " " || event.key === "Enter")) return; // presses the button
    const act = {
      " ": () => this.toggle(),
      PageUp: () => this.seek(this.sound.time - this.axis.span / PAGE),
      PageDown: () => this.seek(this.sound.time + this.axis.span / PAGE),
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
      Escape: () => this.clear(),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  onWheel(event) {
    // Nothing is left to zoom out of: then the wheel is the page's.
    if (event.deltaY > 0 && !event.shiftKey && this.axis.span >= this.axis.duration) return;
    event.preventDefault();
    const sideways = event.shiftKey ? event.deltaY : event.deltaX;
    if (Math.abs(sideways) > Math.abs(event.deltaY) || event.shiftKey) {
      this.axis.pan((sideways / this.axis.width) * this.axis.span);
    } else {
      this.axis.zoom(Math.exp(-event.deltaY * WHEEL), this.axis.time(this.place(event).x));
    }
    this.lookAround();
  }

  place(event) {
    const box = this.tracks.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  laneAt(y) {
    const lane = Math.floor((y - this.laneTop) / LANE_PX) - this.truthRows;
    return lane >= 0 && lane < this.lanes.names.length ? lane : -1;
  }

  eventAt({ x, y }) {
    const [lane, time] = [this.laneAt(y), this.axis.time(x)];
    return this.events.find((e) => e.lane === lane && lane >= 0 && e.onset <= time && time <= e.offset);
  }

  lineAt({ y }) {
    const lane = this.laneAt(y);
    if (lane < 0 || this.data.fixed) return -1;
    const { top, height } = this.laneBox(lane);
    return Math.abs(top + (1 - this.lanes.thresholds[lane]) * height - y) < HANDLE_PX ? lane : -1;
  }

  onDown(event) {
    if (event.button !== 0) return;
    const at = this.place(event);
    const lane = event.pointerType === "touch" ? -1 : this.lineAt(at);
    this.held = { ...at, time: this.axis.time(at.x), from: this.axis.from, touch: event.pointerType === "touch", moved: false };
    this.line = lane < 0 ? null : { lane, y: at.y, threshold: this.lanes.thresholds[lane] };
    this.tracks.setPointerCapture(event.pointerId);
  }

  onMove(event) {
    const at = this.place(event);
    if (!this.held) return this.hover(at);
    if (Math.hypot(at.x - this.held.x, at.y - this.held.y) > CLICK_PX) this.held.moved = true;
    if (!this.held.moved) return;
    if (this.line) this.dragLine(at, event.shiftKey ? FINE : 1);
    else if (this.held.touch) this.drag(at);
    else this.select([this.held.time, this.axis.time(at.x)]);
    this.draw();
  }

  drag({ x }) {
    this.axis.show(this.held.from - ((x - this.held.x) / this.axis.width) * this.axis.span, this.axis.span);
    this.lookAround();
  }

  dragLine({ x, y }, share) {
    const { height } = this.laneBox(this.line.lane);
    const moved = this.line.threshold + (share * (this.line.y - y)) / height;
    this.line.y = y;
    this.line.threshold = Math.min(1, Math.max(0.01, moved));
    this.showHint(`${this.lanes.names[this.line.lane]}: threshold ${this.line.threshold.toFixed(2)}`, { x, y });
  }

  onUp(event) {
    const [held, line] = [this.held, this.line];
    this.held = this.line = null;
    if (!held) return;
    if (line && held.moved) {
      const value = Math.round(100 * line.threshold) / 100;
      this.showHint(null);
      this.lanes.thresholds[line.lane] = value; // until the server says the same
      this.tell.setTriggerValue("threshold", { label: this.lanes.names[line.lane], value });
    } else if (held.moved) {
      if (!held.touch) this.keepSelection();
    } else {
      this.click(this.place(event));
    }
    this.draw();
  }

  onLost() {
    this.held = this.line = null;
    this.draw();
  }

  click(at) {
    const event = this.eventAt(at);
    this.chosen = event ?? null;
    if (event) {
      this.playStretch(event.onset, event.offset);
      const { onset, offset } = event;
      this.tell.setStateValue("event", { label: this.lanes.names[event.lane], onset_s: onset, offset_s: offset });
    } else {
      this.seek(this.axis.time(at.x));
      this.tell.setStateValue("event", null);
    }
    this.ask(this.axis.time(at.x));
    this.stage.focus({ preventScroll: true });
  }

  hover(at) {
    const lane = this.laneAt(at.y);
    const event = this.eventAt(at);
    const onLine = this.lineAt(at) >= 0;
    this.tracks.classList.toggle("on-line", onLine);
    this.tracks.classList.toggle("on-event", !onLine && Boolean(event));
    if (lane < 0) return this.showHint(null);
    const time = this.axis.time(at.x);
    const score = this.lanes.score(lane, this.lanes.column(time)).toFixed(2);
    this.showHint(`${this.lanes.names[lane]} ${score} at ${this.clock(time, 2)}`, at);
  }

  showHint(words, at) {
    const hint = this.find(".hint");
    hint.hidden = words === null;
    if (words === null) return;
    write(hint, words);
    const x = Math.min(at.x + 12, this.axis.width - hint.offsetWidth - 4);
    hint.style.transform = `translate(${Math.max(0, x)}px, ${at.y - 34}px)`;
  }

  onOverview(event) {
    const box = this.find(".overview").getBoundingClientRect();
    const time = this.whole.time(event.clientX - box.left);
    if (this.axis.span >= this.axis.duration - 1e-6) {
      this.seek(time);
    } else {
      this.axis.show(time - this.axis.span / 2, this.axis.span);
      this.lookAround();
    }
  }
}

// Numbers come as a table of one column (Arrow), or in the report as bytes.
function numbers(source, Kind) {
  if (source instanceof Uint8Array) return new Kind(source.slice().buffer);
  return source.getChildAt(0)?.toArray() ?? new Kind(0);
}

function unpackEvents(source, judgements) {
  const values = numbers(source, Float64Array);
  return Array.from({ length: values.length / 4 }, (_, row) => {
    const [onset, offset, lane, index] = values.subarray(4 * row, 4 * row + 4);
    return { onset, offset, lane, index, judgement: judgements?.[row] ?? "" };
  });
}

// True events that overlap stand one above the other.
function inRows(truth) {
  const ends = [];
  return [...truth]
    .sort((one, other) => one.onset - other.onset)
    .map((event) => {
      const free = ends.findIndex((end) => end <= event.onset);
      const row = free < 0 ? ends.length : free;
      ends[row] = event.offset;
      return { ...event, row };
    });
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function named(name, colour, tag = "li") {
  const item = document.createElement(tag);
  const text = document.createElement("span");
  text.textContent = name;
  item.title = name;
  if (colour) item.style.setProperty("--category", colour);
  if (tag === "span") item.textContent = name;
  else item.append(text);
  return item;
}

function emptyBar() {
  const item = document.createElement("li");
  item.innerHTML =
    '<div class="name"><span class="label"></span><span class="score"></span></div>' +
    '<div class="track"><div class="fill"></div></div>';
  return item;
}

function frequency(hz) {
  if (hz === 0) return "0";
  return hz < 1000 ? `${hz} Hz` : `${hz / 1000} kHz`;
}
