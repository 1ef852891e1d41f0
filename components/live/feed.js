/** Connection on which the server pushes scores. */

import { readMessage } from "./messages.js";
import { Connection } from "./socket.js";

/** @import { News } from "./messages.js" */

const OFFLINE_MS = 1500; // without a connection, after which the page says so

/** Receives messages, and confirms each of them: the server sends no more than it knows shown. */
export class Feed {
  /**
   * @param {string} address
   * @param {(news: News) => void} take
   * @param {(isOffline: boolean) => void} tellOffline
   */
  constructor(address, take, tellOffline) {
    this.take = take;
    this.tellOffline = tellOffline;
    this.seen = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.offline = undefined;
    this.connection = new Connection(address, {
      onOpen: () => this.watch(),
      onMessage: (data) => this.receive(data),
      onLost: () => {
        this.offline ??= setTimeout(() => tellOffline(true), OFFLINE_MS);
      },
      onOver: () => this.setOnline(),
    });
  }

  watch() {
    this.seen = 0;
    this.connection.send("watch");
  }

  /** @param {ArrayBuffer} data */
  receive(data) {
    this.connection.reset();
    this.setOnline();
    this.take(readMessage(data));
    this.connection.send(`seen ${++this.seen}`);
  }

  setOnline() {
    clearTimeout(this.offline);
    this.offline = undefined;
    this.tellOffline(false);
  }

  close() {
    clearTimeout(this.offline);
    this.connection.close();
  }
}
