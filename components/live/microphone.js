// Sends the microphone's sound to the server as 16-bit PCM (models/live/pcm.py has the format),
// while data.source names a source; and says when WebRTC does not connect in time. Drawn by the
// script on every page, so it goes on while pages change.

const RETRY_MS = [250, 500, 1000, 2000, 4000];
const MAX_BUFFERED_BYTES = 64_000; // not sent yet: 0.7 s at 48 kHz; what comes beyond is dropped
const BLOCK_S = 0.04;
const OVER = 4000; // the server does not listen to this source any more
const UNMOUNT_MS = 1500; // a component that is drawn again within this time was only moved

// Averages the channels, as the server does, and rounds to 16 bits.
const WORKLET = `registerProcessor("pcm", class extends AudioWorkletProcessor {
  constructor({ processorOptions }) {
    super();
    this.block = new Int16Array(processorOptions.size);
    this.filled = 0;
  }
  process([channels]) {
    const count = channels.length;
    const size = count ? channels[0].length : 0;
    for (let at = 0; at < size; at++) {
      let sum = 0;
      for (let channel = 0; channel < count; channel++) sum += channels[channel][at];
      const value = Math.round((32768 * sum) / count);
      this.block[this.filled++] = value < -32768 ? -32768 : value > 32767 ? 32767 : value;
      if (this.filled === this.block.length) {
        this.port.postMessage(this.block.slice());
        this.filled = 0;
      }
    }
    return true;
  }
});`;

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const link = (window.earmarkMicrophone ??= new Link());
  clearTimeout(link.leaving);
  link.tell = setTriggerValue;
  link.update(data);
  return () => {
    link.leaving = setTimeout(() => link.update({ source: null, connecting: null }), UNMOUNT_MS);
  };
}

class Link {
  constructor() {
    this.capture = null;
    this.connecting = null;
    this.timer = 0;
  }

  update(data) {
    this.watchWebRtc(data);
    if (this.capture?.source === data.source) return;
    this.capture?.stop();
    this.capture = null;
    if (data.source === null || data.source === undefined) return;
    this.capture = new Capture(data, (reason) => {
      this.tell("failed", { source: data.source, reason });
    });
  }

  // WebRTC runs in streamlit-webrtc's frame, which says nothing of how far it is.
  watchWebRtc({ connecting, patience_ms: patience }) {
    if (patience && !("RTCPeerConnection" in window) && !this.told) {
      this.told = true;
      this.tell("no_webrtc", true);
    }
    if (connecting === this.connecting) return;
    this.connecting = connecting;
    clearTimeout(this.timer);
    if (!connecting) return;
    this.timer = setTimeout(() => {
      if (window.earmarkHeard !== connecting) this.tell("stuck", connecting);
    }, patience);
  }
}

class Capture {
  constructor({ source, address, constraints }, fail) {
    this.source = source;
    this.url = new URL(address, location.href);
    this.url.protocol = this.url.protocol.replace("http", "ws");
    this.attempts = 0;
    this.position = 0;
    this.stopped = false;
    this.open(constraints).catch((error) => {
      if (!this.stopped) fail(error.name === "Error" ? error.message : error.name);
      this.stop();
    });
  }

  async open(constraints) {
    this.connect();
    if (!window.isSecureContext || !navigator.mediaDevices?.getUserMedia) throw Error("insecure");
    this.stream = await navigator.mediaDevices.getUserMedia({ audio: constraints });
    if (this.stopped) return this.stop();
    this.context = new AudioContext();
    const url = URL.createObjectURL(new Blob([WORKLET], { type: "text/javascript" }));
    await this.context.audioWorklet.addModule(url);
    URL.revokeObjectURL(url);
    if (this.stopped) return this.stop();
    const size = 128 * Math.round((BLOCK_S * this.context.sampleRate) / 128);
    const node = new AudioWorkletNode(this.context, "pcm", {
      numberOfOutputs: 0,
      processorOptions: { size },
    });
    node.port.onmessage = ({ data: block }) => this.send(block);
    this.context.createMediaStreamSource(this.stream).connect(node);
    await this.context.resume();
  }

  connect() {
    this.socket = new WebSocket(this.url);
    this.socket.binaryType = "arraybuffer";
    this.socket.onopen = () => (this.attempts = 0);
    this.socket.onclose = ({ code }) => {
      if (this.stopped) return;
      if (code === OVER) return this.stop();
      const wait = RETRY_MS[Math.min(this.attempts++, RETRY_MS.length - 1)];
      this.retry = setTimeout(() => this.connect(), wait * (0.75 + Math.random() / 2));
    };
  }

  // Samples are counted whether they go out or not: so the server knows what it missed.
  send(block) {
    const first = this.position;
    this.position += block.length;
    const { socket } = this;
    if (socket.readyState !== WebSocket.OPEN || socket.bufferedAmount > MAX_BUFFERED_BYTES) return;
    const message = new ArrayBuffer(16 + 2 * block.length);
    const view = new DataView(message);
    view.setUint32(0, this.source, true);
    view.setUint32(4, this.context.sampleRate, true);
    view.setBigUint64(8, BigInt(first), true);
    new Int16Array(message, 16).set(block); // browsers run on little-endian machines alone
    socket.send(message);
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.retry);
    this.stream?.getTracks().forEach((track) => track.stop());
    if (this.context && this.context.state !== "closed") this.context.close();
    this.socket?.close();
  }
}
