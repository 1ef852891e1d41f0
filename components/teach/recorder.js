// Records the microphone while its button, or the space bar on it, is held. A tap counts in and
// then records by itself, for those who need both hands. What was recorded goes to the server as a
// WAV file; nothing else does.

const TAP_MS = 350; // held shorter it was a tap
const COUNT_FROM = 3;
const KEEP_OPEN_MS = 10_000; // so that the next recording begins at once
const FLOOR_DBFS = -60;

// The browser's cleaning is made for speech: it takes claps and snaps for noise.
const WANTED = {
  audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
};

const TAP = `registerProcessor("tap", class extends AudioWorkletProcessor {
  constructor() {
    super();
    this.block = new Float32Array(2048);
    this.filled = 0;
  }
  process([channels]) {
    if (channels.length === 0) return true;
    const size = channels[0].length;
    for (let at = 0; at < size; at++) {
      let sum = 0;
      for (const channel of channels) sum += channel[at];
      this.block[this.filled++] = sum / channels.length;
    }
    if (this.filled >= this.block.length) {
      this.port.postMessage(this.block.slice());
      this.filled = 0;
    }
    return true;
  }
});`;

const WORDS = {
  idle: "Hold while it sounds, or tap for a count-in with both hands free.",
  opening: "Allow the microphone when the browser asks.",
  counting: "It records by itself after the count. Tap to cancel.",
  holding: "Let go to stop.",
  free: "Tap to stop.",
  short: "That was too short to hear. Hold the button while it sounds.",
  NotAllowedError:
    "The browser refused the microphone. Allow it in the site's settings, or upload recordings.",
  NotFoundError: "No microphone was found. Plug one in, or upload recordings.",
  insecure:
    "Browsers give a microphone only to pages over HTTPS or on localhost. Upload recordings instead.",
};

// One for all recorders of the page.
const microphone = { opening: null, closing: 0, listener: null };

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector(".recorder");
  root.earmark ??= new Recorder(root);
  root.earmark.update(data, setTriggerValue);
  return () => root.earmark.cancel();
}

class Recorder {
  constructor(root) {
    this.root = root;
    this.find = (name) => root.querySelector(`.${name}`);
    this.blocks = [];
    this.attempt = 0;
    const hold = this.find("hold");
    hold.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      hold.setPointerCapture(event.pointerId);
      this.press();
    });
    hold.addEventListener("pointerup", () => this.release());
    hold.addEventListener("pointercancel", () => this.release());
    hold.addEventListener("contextmenu", (event) => event.preventDefault());
    hold.addEventListener("keydown", (event) => {
      if (event.key !== " " && event.key !== "Enter") return;
      event.preventDefault();
      if (!event.repeat) this.press();
    });
    hold.addEventListener("keyup", (event) => {
      if (event.key === " " || event.key === "Enter") this.release();
    });
    hold.addEventListener("blur", () => this.held && this.release());
    this.show("idle");
  }

  update(data, tell) {
    this.data = data;
    this.tell = tell;
    this.find("hold").setAttribute("aria-label", `Record ${data.label}: hold, or tap`);
  }

  async press() {
    if (this.state === "counting") return this.cancel();
    if (this.state === "recording") return this.finish();
    if (this.state !== "idle") return;
    this.held = true;
    this.pressedAt = performance.now();
    const attempt = ++this.attempt;
    this.show("opening");
    try {
      this.rate = await openMicrophone((block) => this.hear(block));
    } catch (error) {
      this.held = false;
      return this.show("idle", WORDS[error.name] ?? WORDS[error.message] ?? String(error));
    }
    if (attempt !== this.attempt) return;
    if (this.held) this.record("holding");
    else this.countIn(attempt);
  }

  release() {
    if (!this.held) return;
    this.held = false;
    const tapped = performance.now() - this.pressedAt < TAP_MS;
    if (this.state !== "recording") return; // still opening: it goes on with the count-in
    if (tapped) this.countIn(++this.attempt);
    else this.finish();
  }

  async countIn(attempt) {
    this.show("counting");
    for (let left = COUNT_FROM; left > 0; left--) {
      this.find("clock").textContent = left;
      await new Promise((resolve) => setTimeout(resolve, 800));
      if (attempt !== this.attempt) return;
    }
    this.record("free");
  }

  record(how) {
    this.blocks = [];
    this.seconds = 0;
    this.limit = how === "free" ? this.data.free_s : this.data.longest_s;
    this.show("recording", WORDS[how]);
  }

  hear(block) {
    this.meter(block);
    if (this.state !== "recording") return;
    this.blocks.push(block);
    this.seconds += block.length / this.rate;
    this.find("clock").textContent = `${this.seconds.toFixed(1)} s`;
    if (this.seconds >= this.limit) this.finish();
  }

  finish() {
    this.held = false;
    this.attempt++;
    const { blocks, seconds } = this;
    this.blocks = [];
    closeMicrophoneSoon();
    if (seconds < 0.25) return this.show("idle", WORDS.short);
    this.show("idle");
    this.tell("taken", { wav: base64(wav(blocks, this.rate)) });
  }

  cancel() {
    this.held = false;
    this.attempt++;
    this.blocks = [];
    closeMicrophoneSoon();
    this.show("idle");
  }

  meter(block) {
    let peak = 0;
    for (const sample of block) peak = Math.max(peak, Math.abs(sample));
    const dbfs = Math.max(FLOOR_DBFS, 20 * Math.log10(peak || 1e-6));
    const fill = this.find("fill");
    fill.style.transform = `scaleX(${1 - dbfs / FLOOR_DBFS})`;
    fill.classList.toggle("loud", peak >= 0.99);
    this.find("meter").setAttribute("aria-valuenow", Math.round(dbfs));
  }

  show(state, words = WORDS[state]) {
    this.state = this.root.dataset.state = state;
    this.find("words").textContent = words;
    const naming = { recording: "Recording", counting: "Get ready", opening: "One moment" };
    this.find("name").textContent = naming[state] ?? "Hold to record";
    if (state === "idle") {
      this.find("clock").textContent = "";
      this.find("fill").style.transform = "scaleX(0)";
    }
  }
}

async function openMicrophone(listener) {
  clearTimeout(microphone.closing);
  microphone.listener = listener;
  microphone.opening ??= reallyOpen();
  try {
    const context = await microphone.opening;
    await context.resume();
    return context.sampleRate;
  } catch (error) {
    microphone.opening = null;
    throw error;
  }
}

async function reallyOpen() {
  if (!window.isSecureContext || !navigator.mediaDevices?.getUserMedia) throw Error("insecure");
  const stream = await navigator.mediaDevices.getUserMedia(WANTED);
  const context = new AudioContext();
  const code = URL.createObjectURL(new Blob([TAP], { type: "text/javascript" }));
  await context.audioWorklet.addModule(code);
  URL.revokeObjectURL(code);
  const tap = new AudioWorkletNode(context, "tap", { numberOfOutputs: 0 });
  tap.port.onmessage = ({ data }) => microphone.listener?.(data);
  context.createMediaStreamSource(stream).connect(tap);
  context.earmarkStream = stream;
  return context;
}

function closeMicrophoneSoon() {
  clearTimeout(microphone.closing);
  microphone.listener = null;
  microphone.closing = setTimeout(async () => {
    const opening = microphone.opening;
    microphone.opening = null;
    const context = await opening?.catch(() => null);
    context?.earmarkStream.getTracks().forEach((track) => track.stop());
    context?.close();
  }, KEEP_OPEN_MS);
}

function wav(blocks, rate) {
  const count = blocks.reduce((sum, block) => sum + block.length, 0);
  const view = new DataView(new ArrayBuffer(44 + 2 * count));
  const write = (at, text) => [...text].forEach((c, n) => view.setUint8(at + n, c.charCodeAt(0)));
  write(0, "RIFF");
  view.setUint32(4, 36 + 2 * count, true);
  write(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, 1, true); // mono
  view.setUint32(24, rate, true);
  view.setUint32(28, 2 * rate, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  write(36, "data");
  view.setUint32(40, 2 * count, true);
  let at = 44;
  for (const block of blocks) {
    for (const sample of block) {
      view.setInt16(at, Math.round(32767 * Math.max(-1, Math.min(1, sample))), true);
      at += 2;
    }
  }
  return new Uint8Array(view.buffer);
}

function base64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(text);
}
