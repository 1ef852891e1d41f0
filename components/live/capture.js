/**
 * Capture component: sends the microphone's sound to the server as 16-bit PCM while the script
 * names a source, and reports when WebRTC does not connect in time.
 *
 * The script mounts it on every page, so capturing continues across a change of page.
 */

import { instanceOn } from "../frontend/dom.js";
import { openMicrophone } from "../frontend/microphone.js";
import { listenForHeard } from "./heard.js";
import { writeMessage } from "./pcm.js";
import { Connection } from "./socket.js";

/** @import { Cleanup, Component, Tell } from "../frontend/streamlit.js" */

const MAX_BUFFERED_BYTES = 64_000; // not sent yet: 0.7 s at 48 kHz; blocks beyond it are dropped
const BLOCK_S = 0.04;
const QUANTUM = 128; // samples that a worklet is handed at once (Web Audio API)
const UNMOUNT_MS = 1500; // a component that is mounted again within this time was only moved

/**
 * @typedef {object} CaptureData
 * @property {string} address - Of the WebSocket.
 * @property {number | null} source - Number of the source to capture.
 * @property {number | null} connecting - Number of the source that WebRTC is to deliver.
 * @property {number} patience_ms - Time after which WebRTC counts as stuck.
 * @property {MediaTrackConstraints} constraints
 */

/** Captures at most one source, and watches WebRTC. One for the page. */
class CaptureControl {
  constructor() {
    /** @type {Capture | null} */
    this.capture = null;
    /** @type {number | null} */
    this.connecting = null;
    /** @type {number | null} */
    this.heard = null;
    /** @type {AbortController | null} */
    this.listeners = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.leaving = undefined;
    this.hasToldNoWebRtc = false;
    /** @type {Tell} */
    this.tell = () => {};
  }

  /**
   * Take what the script says.
   *
   * @param {CaptureData} data
   * @param {Tell} tell
   */
  update(data, tell) {
    clearTimeout(this.leaving);
    this.tell = tell;
    this.listen();
    this.checkWebRtc();
    this.watchWebRtc(data.connecting, data.patience_ms);
    if (this.capture?.source === data.source) return;
    this.capture?.stop();
    this.capture = null;
    const { source } = data;
    if (source === null) return;
    this.capture = new Capture({ ...data, source }, (reason) => {
      this.tell("failed", { source, reason });
    });
  }

  listen() {
    if (this.listeners) return;
    this.listeners = new AbortController();
    listenForHeard((source) => {
      this.heard = source;
    }, this.listeners.signal);
  }

  checkWebRtc() {
    if ("RTCPeerConnection" in window || this.hasToldNoWebRtc) return;
    this.hasToldNoWebRtc = true;
    this.tell("no_webrtc", true);
  }

  /**
   * Report a source as stuck that is not heard in time. WebRTC runs in streamlit-webrtc's frame,
   * which does not say how far it is.
   *
   * @param {number | null} connecting
   * @param {number} [patienceMs]
   */
  watchWebRtc(connecting, patienceMs) {
    if (connecting === this.connecting) return;
    this.connecting = connecting;
    clearTimeout(this.timer);
    if (!connecting) return;
    this.timer = setTimeout(() => {
      if (this.heard !== connecting) this.tell("stuck", connecting);
    }, patienceMs);
  }

  /** Stop, unless the component is mounted again at once. */
  leave() {
    clearTimeout(this.leaving);
    this.leaving = setTimeout(() => {
      this.watchWebRtc(null);
      this.capture?.stop();
      this.capture = null;
      this.listeners?.abort();
      this.listeners = null;
    }, UNMOUNT_MS);
  }
}

/** Sends one source over a connection of its own. */
class Capture {
  /**
   * @param {CaptureData & { source: number }} data
   * @param {(reason: string) => void} fail - Called when there is no microphone.
   */
  constructor({ source, address, constraints }, fail) {
    this.source = source;
    this.position = 0;
    this.closing = new AbortController();
    this.connection = new Connection(address, {
      onOpen: () => this.connection.reset(),
      onOver: () => this.stop(),
    });
    this.open(constraints).catch((error) => {
      if (this.closing.signal.aborted) return;
      fail(error.name === "Error" ? error.message : error.name);
      this.stop();
    });
  }

  /** @param {MediaTrackConstraints} constraints */
  async open(constraints) {
    await openMicrophone({
      constraints,
      blockSize: (sampleRate) => QUANTUM * Math.round((BLOCK_S * sampleRate) / QUANTUM),
      Kind: Int16Array,
      onBlock: (block, sampleRate) => this.send(block, sampleRate),
      signal: this.closing.signal,
    });
  }

  /**
   * Send a block, or drop it where the network is behind. Samples are counted in either case, so
   * the server knows how many are missing.
   *
   * @param {Int16Array} block
   * @param {number} sampleRate
   */
  send(block, sampleRate) {
    const first = this.position;
    this.position += block.length;
    if (this.connection.bufferedBytes > MAX_BUFFERED_BYTES) return;
    this.connection.send(writeMessage(this.source, sampleRate, first, block));
  }

  stop() {
    this.closing.abort();
    this.connection.close();
  }
}

/**
 * The control belongs to the document. The component moves to another element when the page
 * changes; and after an update of the server, the new module of an open tab takes the control over,
 * so no capture is left behind.
 *
 * @param {Component<CaptureData>} component
 * @returns {Cleanup}
 */
function mountCapture({ data, setTriggerValue }) {
  const control = instanceOn(document.documentElement, () => new CaptureControl());
  control.update(data, setTriggerValue);
  return () => control.leave();
}

export default mountCapture;
