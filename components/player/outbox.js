/**
 * Requests to the script that it has not answered yet.
 *
 * Each message has all of them, in their order, because Streamlit may drop a message for a newer
 * one. The script skips those that it has performed, by their numbers.
 */

/** @typedef {Record<string, string | number>} Values */
/** @typedef {Values & { request: number, kind: string }} Request */
/** @typedef {{ player: string, requests: Request[] }} Message */

/**
 * @typedef {object} Answer
 * @property {string} player
 * @property {number} number - Of the latest request that is answered.
 * @property {string} words - What happened.
 * @property {boolean} is_refusal - Whether nothing was changed.
 */

const MAX_REPEATS = 5; // of a request that the script ignores

export class Outbox {
  /** @param {(message: Message) => void} send */
  constructor(send) {
    this.send = send;
    this.player = Math.random().toString(36).slice(2); // identifies this player among all tabs
    this.number = 0;
    /** @type {Request[]} */
    this.requests = [];
    this.repeats = 0;
  }

  /**
   * Send a request.
   *
   * @param {string} kind
   * @param {Values} [values]
   */
  add(kind, values = {}) {
    this.number += 1;
    this.requests.push({ ...values, request: this.number, kind });
    this.repeats = 0;
    this.post();
  }

  post() {
    this.send({ player: this.player, requests: [...this.requests] });
  }

  /**
   * Drop what is answered, and send the rest again.
   *
   * @param {Answer[]} answers - Of all players.
   * @returns {Answer | null} The answer to this player, if it is a new one.
   */
  settle(answers) {
    if (this.requests.length === 0) return null;
    const answer = answers.find(({ player }) => player === this.player);
    const isNew = answer !== undefined && answer.number >= this.requests[0].request;
    if (isNew) this.requests = this.requests.filter(({ request }) => request > answer.number);
    if (this.requests.length > 0) this.repeat();
    return isNew ? answer : null;
  }

  repeat() {
    this.repeats += 1;
    if (this.repeats > MAX_REPEATS) this.requests = [];
    else this.post();
  }
}
