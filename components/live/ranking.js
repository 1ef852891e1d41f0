/**
 * Ranking of the classes that Stage shows, calm enough to be read across a room.
 *
 * Two kinds of hysteresis: a class appears at the threshold and leaves only after it was far below
 * for a while; and it takes a higher place only where it is clearly above, from a class that has
 * had the place for a while.
 */

/** @import { Frame } from "./stream.js" */

const LEAVE = 0.5; // share of the threshold from which a class that is shown stays
const HOLD_S = 1; // that a class stays after it was last that high
const DWELL_S = 1; // that a class keeps a place before another one may take it,
const FALLEN_DWELL_S = 0.5; // and where it is no longer high enough to stay
const FACTOR = 1.2; // a class takes the place of another one whose score it exceeds this clearly
const MARGIN = 0.05;

/**
 * @typedef {object} Place A class in its place.
 * @property {number} index - Class index.
 * @property {number} score - Newest score.
 * @property {number} since - Stream time at which it came to this place, in seconds.
 * @property {number} heard - Stream time at which it was last high enough to stay.
 */

/** @typedef {{ begin: number, end: number, index: number, score: number }} Stretch */

/**
 * Return the places after another frame.
 *
 * @param {readonly Place[]} places - Best first.
 * @param {Frame} frame
 * @param {number} threshold - Score from which a class counts as heard.
 * @param {number} count - Number of places.
 * @param {number} [silence] - Index of the class that means that nothing sounds; it has no place.
 * @returns {Place[]}
 */
export function advance(places, frame, threshold, count, silence = -1) {
  const time = frame.end;
  const leave = LEAVE * threshold;
  const scores = new Map(Array.from(frame.classes, (index, at) => [index, frame.scores[at]]));
  scores.delete(silence);
  const next = places
    .map((place) => {
      const score = scores.get(place.index) ?? 0;
      return { ...place, score, heard: score >= leave ? time : place.heard };
    })
    .filter((place) => time - place.heard <= HOLD_S);
  const newcomers = [...scores]
    .filter(([index, score]) => score >= threshold && !next.some((one) => one.index === index))
    .sort((a, b) => b[1] - a[1] || a[0] - b[0])
    .map(([index, score]) => ({ index, score, since: time, heard: time }));
  for (const newcomer of newcomers.slice(0, count)) {
    const last = next.at(-1);
    if (next.length < count) next.push(newcomer);
    else if (last && isAbove(newcomer, last, time, leave)) next[count - 1] = newcomer;
  }
  sort(next, time, leave);
  return next.map((place, at) =>
    places[at]?.index === place.index ? place : { ...place, since: time },
  );
}

/**
 * Let each class rise past those that it is clearly above.
 *
 * @param {Place[]} places
 * @param {number} time
 * @param {number} leave
 */
function sort(places, time, leave) {
  for (let pass = 0; pass < places.length; pass++) {
    for (let at = places.length - 1; at > 0; at--) {
      const [upper, lower] = [places[at - 1], places[at]];
      if (isAbove(lower, upper, time, leave)) [places[at - 1], places[at]] = [lower, upper];
    }
  }
}

/**
 * @param {Place} one
 * @param {Place} other
 * @param {number} time
 * @param {number} leave - Score below which a class only waits to leave.
 */
function isAbove(one, other, time, leave) {
  const isFallen = other.score < leave;
  const isNew = other.since === time;
  if (!isNew && time - other.since < (isFallen ? FALLEN_DWELL_S : DWELL_S)) return false;
  if (isFallen) return one.score > other.score && one.score >= leave;
  return one.score > FACTOR * other.score + MARGIN;
}

/** The places, and the class in the first place over the last minute. */
export class Ranking {
  /**
   * @param {number} count - Number of places.
   * @param {number} keptS - Duration of the history, in seconds.
   */
  constructor(count, keptS) {
    this.count = count;
    this.keptS = keptS;
    this.threshold = 0;
    /** @type {Place[]} */
    this.places = [];
    /** @type {Stretch[]} */
    this.history = [];
    this.end = -Infinity; // of the newest frame that was taken
  }

  clear() {
    this.places = [];
    this.history = [];
    this.end = -Infinity;
  }

  /**
   * Take the frames that are new; all of them where the threshold is another one.
   *
   * @param {readonly Frame[]} frames - In order of time.
   * @param {number} threshold
   * @param {number} [silence] - As for `advance`.
   */
  take(frames, threshold, silence) {
    if (threshold !== this.threshold) this.clear();
    this.threshold = threshold;
    for (const frame of frames) {
      if (frame.end <= this.end) continue;
      this.end = frame.end;
      this.places = advance(this.places, frame, threshold, this.count, silence);
      const [best] = this.places;
      if (!best) continue;
      const { begin, end } = frame;
      this.history.push({ begin, end, index: best.index, score: best.score });
    }
    while (this.history.length > 0 && this.history[0].end < this.end - this.keptS) {
      this.history.shift();
    }
  }
}
