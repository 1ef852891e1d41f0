/** WebSocket to the server that connects again by itself. */

const RETRY_MS = [250, 500, 1000, 2000, 4000];
const OVER = 4000; // close code of components/server/live.py: connecting again is of no use

/**
 * @typedef {object} ConnectionHandlers
 * @property {() => void} onOpen
 * @property {(data: ArrayBuffer) => void} [onMessage]
 * @property {() => void} [onLost] - Called when the connection broke, before it is tried again.
 * @property {() => void} onOver - Called when the server ended it for good.
 */

/** A connection that opens again after a growing pause, until it is closed or over. */
export class Connection {
  /**
   * @param {string} address - Path on the server, or URL.
   * @param {ConnectionHandlers} handlers
   */
  constructor(address, handlers) {
    this.url = new URL(address, location.href);
    this.url.protocol = this.url.protocol.replace("http", "ws");
    this.handlers = handlers;
    this.attempts = 0;
    this.isClosed = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.retry = undefined;
    this.socket = this.connect();
  }

  /** @returns {WebSocket} */
  connect() {
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.handlers.onOpen();
    socket.onmessage = ({ data }) => this.handlers.onMessage?.(data);
    socket.onclose = ({ code }) => this.connectAgain(code);
    return socket;
  }

  /** @param {number} code - Why the connection was closed (RFC 6455, section 7.4). */
  connectAgain(code) {
    if (this.isClosed) return;
    if (code === OVER) {
      this.close();
      this.handlers.onOver();
      return;
    }
    this.handlers.onLost?.();
    const wait = RETRY_MS[Math.min(this.attempts++, RETRY_MS.length - 1)];
    this.retry = setTimeout(() => this.connect(), wait * (0.75 + Math.random() / 2));
  }

  /** Note that the connection works: the next pause is the shortest again. */
  reset() {
    this.attempts = 0;
  }

  /** Bytes that were sent and are still on this machine; infinite while not connected. */
  get bufferedBytes() {
    return this.socket.readyState === WebSocket.OPEN ? this.socket.bufferedAmount : Infinity;
  }

  /** @param {string | ArrayBuffer} message */
  send(message) {
    this.socket.send(message);
  }

  /** Close the connection for good. */
  close() {
    this.isClosed = true;
    clearTimeout(this.retry);
    this.socket.close();
  }
}
