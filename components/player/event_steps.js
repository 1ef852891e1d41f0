/** Steps from event to event, in the order of their onsets. */

/** @import { ClipEvent } from "./data.js" */

const SAME_S = 0.02; // a media element's clock may stand slightly beside the time that was set

/**
 * Return the event before or after a time.
 *
 * @param {ClipEvent[]} events - In the order of their onsets.
 * @param {ClipEvent | null} current - The event that was reached last.
 * @param {number} time - Of the playhead, in seconds.
 * @param {1 | -1} step - To the next or to the previous one.
 * @returns {ClipEvent | null}
 */
export function eventBeside(events, current, time, step) {
  // Events that begin together follow one another while the playhead stands at them.
  const at = current ? events.indexOf(current) : -1;
  if (at >= 0 && Math.abs(events[at].onset - time) <= SAME_S) return events[at + step] ?? null;
  if (step > 0) return events.find(({ onset }) => onset > time + SAME_S) ?? null;
  return events.findLast(({ onset }) => onset < time - SAME_S) ?? null;
}

/**
 * Return the event of a new list that equals one of the list before.
 *
 * @param {ClipEvent[]} events
 * @param {ClipEvent | null} before
 * @returns {ClipEvent | null}
 */
export function sameEvent(events, before) {
  const isSame = (/** @type {ClipEvent} */ { onset, offset, index }) =>
    onset === before?.onset && offset === before.offset && index === before.index;
  return events.find(isSame) ?? null;
}
