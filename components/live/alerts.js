/** Alerts: which events of watched classes are new, and how long each is shown on Stage. */

/** @import { LiveEvent } from "./messages.js" */

const FRESH_S = 2; // an event that ended longer ago was heard before the page was loaded
export const SHOWN_S = 2;
export const PAUSE_S = 2; // a class that was shown is not shown again within this time

/**
 * Return the new events of watched classes.
 *
 * @param {Iterable<LiveEvent>} events
 * @param {number} after - Number of the last event that is known.
 * @param {readonly string[]} watched - Labels.
 * @param {number} clockS - Stream time.
 * @returns {{ alerts: LiveEvent[], last: number }} In order, and the last event that is known now.
 */
export function findAlerts(events, after, watched, clockS) {
  const fresh = [...events].filter(({ number }) => number > after);
  const alerts = fresh
    .filter(({ label }) => watched.includes(label))
    .filter(({ open, offset_s }) => open || clockS - offset_s <= FRESH_S)
    .sort((a, b) => a.number - b.number);
  return { alerts, last: Math.max(after, ...fresh.map(({ number }) => number)) };
}

/** The alert that fills the screen. A class that sounds again and again leaves room to see. */
export class AlertScreen {
  constructor() {
    /** @type {string[]} */
    this.labels = [];
    this.until = -Infinity; // the browser's time, in seconds
    /** @type {Map<string, number>} */
    this.again = new Map(); // time from which each class may be shown again
  }

  /**
   * @param {string} label
   * @param {number} now - The browser's time, in seconds.
   */
  add(label, now) {
    if (now < (this.again.get(label) ?? -Infinity)) return;
    if (now >= this.until) this.labels = [];
    if (!this.labels.includes(label)) this.labels.push(label);
    this.until = now + SHOWN_S;
    for (const shown of this.labels) this.again.set(shown, this.until + PAUSE_S);
  }

  /**
   * Return the labels to show; none where the time is over.
   *
   * @param {number} now - The browser's time, in seconds.
   */
  shown(now) {
    return now < this.until ? this.labels : [];
  }
}
