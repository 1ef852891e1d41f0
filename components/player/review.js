/** Search among true and found events: by place, in order, and by review. */

/** @import { ClipEvent, TruthRow } from "./data.js" */

/** @typedef {"true" | "false" | ""} Review Of a found event; empty if it was not reviewed. */

/**
 * Return the place of the next event that is not reviewed, from a place on and around; -1 if all
 * are.
 *
 * @param {Review[]} reviews - Of each found event.
 * @param {number} from
 */
export function nextUnreviewed(reviews, from) {
  for (let step = 0; step < reviews.length; step++) {
    const place = (from + step) % reviews.length;
    if (reviews[place] === "") return place;
  }
  return -1;
}

/**
 * Return the place of the first event that begins at a time or later; 0 if there is none.
 *
 * @param {ClipEvent[]} events - Ordered by onset.
 * @param {number} time
 */
export function placeFrom(events, time) {
  return Math.max(
    0,
    events.findIndex(({ onset }) => onset >= time),
  );
}

/**
 * Return the true event at a row and a time, with some leeway for short ones; null if none is
 * there.
 *
 * @param {TruthRow[]} truth
 * @param {number} row
 * @param {number} time
 * @param {number} leeway - In seconds.
 */
export function trueEventAt(truth, row, time, leeway) {
  const inRow = truth.filter((event) => event.row === row);
  const distance = (/** @type {TruthRow} */ { onset, offset }) =>
    Math.max(onset - time, time - offset, 0);
  const near = inRow.filter((event) => distance(event) <= leeway);
  near.sort((one, other) => distance(one) - distance(other));
  return near[0] ?? null;
}

/**
 * Return the true event before or after another, or without one the nearest in that direction from
 * a time on, else the last one before it; null if there is none.
 *
 * @param {TruthRow[]} truth - Ordered by onset.
 * @param {TruthRow | null} event
 * @param {number} direction - 1 or -1.
 * @param {number} time - Where to begin without an event.
 */
export function neighbour(truth, event, direction, time) {
  if (event) return truth[truth.indexOf(event) + direction] ?? null;
  return direction > 0
    ? (truth.find(({ onset }) => onset >= time) ?? truth.at(-1) ?? null)
    : (truth.findLast(({ onset }) => onset <= time) ?? truth[0] ?? null);
}

/**
 * Return the next true event of the same name; null if there is none.
 *
 * @param {TruthRow[]} truth - Ordered by onset.
 * @param {TruthRow} event
 */
export function nextOfName(truth, event) {
  const later = truth.slice(truth.indexOf(event) + 1);
  return later.find(({ name }) => name === event.name) ?? null;
}

/**
 * Return the only true event around a time; null if there are several, or none.
 *
 * @param {TruthRow[]} truth
 * @param {number} time
 */
export function onlyOneAround(truth, time) {
  const around = truth.filter(({ onset, offset }) => onset < time && time < offset);
  return around.length === 1 ? around[0] : null;
}
