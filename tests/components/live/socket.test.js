import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { Feed } from "../../../components/live/feed.js";
import { Connection } from "../../../components/live/socket.js";
import { readSample } from "../samples/read.js";

/** A WebSocket at the network's edge. */
class Socket {
  static OPEN = 1;
  /** @type {Socket[]} */
  static made = [];

  /** @param {URL} url */
  constructor(url) {
    this.url = url;
    this.readyState = 0;
    this.bufferedAmount = 0;
    /** @type {unknown[]} */
    this.sent = [];
    this.isClosed = false;
    this.onopen = () => {};
    this.onmessage = (/** @type {{ data: ArrayBuffer }} */ _) => {};
    this.onclose = (/** @type {{ code: number }} */ _) => {};
    Socket.made.push(this);
  }

  open() {
    this.readyState = Socket.OPEN;
    this.onopen();
  }

  /** @param {unknown} message */
  send(message) {
    this.sent.push(message);
  }

  close() {
    this.isClosed = true;
  }
}

/** @type {Map<number, { act: () => void, wait: number }>} */
const timers = new Map();
let nTimers = 0;

beforeEach(() => {
  Socket.made = [];
  timers.clear();
  const browser = { WebSocket: Socket, location: { href: "https://host.example/earmark/live" } };
  Object.assign(globalThis, browser);
  const setTimer = (/** @type {() => void} */ act, wait = 0) => {
    timers.set(++nTimers, { act, wait });
    return nTimers;
  };
  const clearTimer = (/** @type {number} */ id) => timers.delete(id);
  mock.method(globalThis, "setTimeout", setTimer);
  mock.method(globalThis, "clearTimeout", clearTimer);
});

afterEach(() => mock.restoreAll());

/** Let all that waits come, and return how long the last of it had to wait, in milliseconds. */
function elapse() {
  const waiting = [...timers.values()];
  timers.clear();
  for (const { act } of waiting) act();
  return waiting.at(-1)?.wait ?? 0;
}

const quiet = { onOpen() {}, onOver() {} };

test("the address is that of the page's server", () => {
  new Connection("/earmark/key/live", quiet);
  assert.equal(String(Socket.made[0].url), "wss://host.example/earmark/key/live");
});

test("a connection that broke is tried again, after a growing pause", () => {
  const connection = new Connection("/live", quiet);
  /** @type {number[]} */
  const waits = [];
  for (let attempt = 0; attempt < 6; attempt++) {
    Socket.made[attempt].onclose({ code: 1006 });
    waits.push(elapse());
  }
  assert.equal(Socket.made.length, 7);
  [250, 500, 1000, 2000, 4000, 4000].forEach((pause, attempt) => {
    assert.ok(Math.abs(waits[attempt] - pause) <= pause / 4, `attempt ${attempt}`);
  });
  connection.reset();
  Socket.made[6].onclose({ code: 1006 });
  assert.ok(elapse() <= 313);
});

test("a connection that is closed, or over, is not tried again", () => {
  let isOver = false;
  const connection = new Connection("/live", { onOpen() {}, onOver: () => (isOver = true) });
  Socket.made[0].onclose({ code: 4000 });
  elapse();
  assert.deepEqual([Socket.made.length, isOver], [1, true]);
  const other = new Connection("/live", quiet);
  other.close();
  Socket.made[1].onclose({ code: 1006 });
  elapse();
  assert.deepEqual([Socket.made.length, Socket.made[1].isClosed], [2, true]);
  assert.equal(connection.bufferedBytes, Infinity);
});

test("the feed watches, hands on messages and confirms them", () => {
  /** @type {(number | undefined)[]} */
  const taken = [];
  new Feed(
    "/live",
    ({ state }) => taken.push(state.stream),
    () => {},
  );
  const [socket] = Socket.made;
  socket.open();
  socket.onmessage({ data: readSample("live_message.bin") });
  socket.onmessage({ data: readSample("live_message.bin") });
  assert.deepEqual(socket.sent, ["watch", "seen 1", "seen 2"]);
  assert.deepEqual(taken, [7, 7]);
  socket.onclose({ code: 1006 });
  elapse();
  Socket.made[1].open();
  Socket.made[1].onmessage({ data: readSample("live_message.bin") });
  assert.deepEqual(Socket.made[1].sent, ["watch", "seen 1"]);
});

test("the feed reports a lost connection once, and that it is back", () => {
  /** @type {boolean[]} */
  const told = [];
  new Feed(
    "/live",
    () => {},
    (isOffline) => told.push(isOffline),
  );
  Socket.made[0].onclose({ code: 1006 });
  elapse();
  assert.deepEqual(told, [true]);
  Socket.made[1].open();
  Socket.made[1].onmessage({ data: readSample("live_message.bin") });
  assert.deepEqual(told, [true, false]);
});

test("a feed that is over is not offline", () => {
  /** @type {boolean[]} */
  const told = [];
  new Feed(
    "/live",
    () => {},
    (isOffline) => told.push(isOffline),
  );
  Socket.made[0].onclose({ code: 4000 });
  elapse();
  assert.deepEqual([Socket.made.length, told], [1, [false]]);
});
