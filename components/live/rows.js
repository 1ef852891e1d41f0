/** Rows of the classes with the highest scores: which class has which row, and how it moves. */

import { Bar } from "../frontend/bar.js";
import { setText } from "../frontend/dom.js";

export const ROW_PX = 40;

const FACTOR = 1.15; // a class takes the row of another one whose score it exceeds this clearly
const MARGIN = 0.03;
const GONE = 0.05; // below this score any higher one takes the row
const CANDIDATE = 0.5; // share of the threshold from which a class gets a row
const LEFT = 0.4; // share of the threshold below which it loses its row
const ARRIVED = 0.002; // a smaller difference is not visible

/**
 * Assign rows to the classes with the highest scores. A class keeps its row until another one is
 * clearly above it, or its score is far below the threshold.
 *
 * @param {(number | null)[]} held - Class index of each row, from the top; null of a free one.
 * @param {Map<number, number>} scores - Newest score of each class.
 * @param {number} [threshold] - Score from which a class counts as heard.
 * @returns {(number | null)[]} Class index of each row from now on.
 */
export function assignRows(held, scores, threshold = 0) {
  const best = [...scores]
    .filter(([, score]) => score >= CANDIDATE * threshold)
    .sort((a, b) => b[1] - a[1] || a[0] - b[0])
    .slice(0, held.length);
  const score = (/** @type {number | null} */ index) => scoreOf(scores, index);
  const rows = held.map((index) =>
    index !== null && scores.has(index) && score(index) >= LEFT * threshold ? index : null,
  );
  const isAbove = (/** @type {number} */ index, /** @type {number | null} */ other) =>
    other === null ||
    score(index) > FACTOR * score(other) + MARGIN ||
    (score(other) < GONE && score(index) > score(other));
  for (const [index] of best) {
    if (rows.includes(index)) continue;
    const weakest = weakestRow(rows, scores);
    if (isAbove(index, rows[weakest])) rows[weakest] = index;
  }
  for (let pass = 0; pass < rows.length; pass++) {
    for (let row = rows.length - 1; row > 0; row--) {
      const index = rows[row];
      if (index === null || !isAbove(index, rows[row - 1])) continue;
      [rows[row - 1], rows[row]] = [index, rows[row - 1]];
    }
  }
  return rows;
}

/**
 * @param {Map<number, number>} scores
 * @param {number | null} index
 */
function scoreOf(scores, index) {
  return index === null ? 0 : (scores.get(index) ?? 0);
}

/**
 * Return the first free row, or else the first one of the lowest score.
 *
 * @param {(number | null)[]} rows
 * @param {Map<number, number>} scores
 * @returns {number}
 */
function weakestRow(rows, scores) {
  const free = rows.indexOf(null);
  if (free >= 0) return free;
  const values = rows.map((index) => scoreOf(scores, index));
  return values.indexOf(Math.min(...values));
}

/** A row, which never moves. Another class fades in where it takes the row. */
export class Row {
  /**
   * @param {Element} list
   * @param {number} number - Counted from the top.
   */
  constructor(list, number) {
    this.bar = new Bar();
    this.bar.item.style.transform = `translateY(${number * ROW_PX}px)`;
    this.shown = { score: 0, opacity: 0 };
    this.wanted = { score: 0, opacity: 0 };
    this.place();
    list.append(this.bar.item);
  }

  remove() {
    this.bar.item.remove();
  }

  empty() {
    this.wanted = { score: 0, opacity: 0 };
    setText(this.bar.label, "");
    setText(this.bar.score, "");
    this.bar.item.hidden = true;
  }

  /**
   * Show a class.
   *
   * @param {string} label
   * @param {string} colour
   * @param {number} score
   * @param {number} threshold - Score from which the class counts as heard.
   */
  show(label, colour, score, threshold) {
    this.bar.item.hidden = false;
    if (this.bar.label.textContent !== label) this.shown = { score: 0, opacity: 0.25 };
    this.wanted = { score, opacity: 1 };
    this.bar.write(label, score, colour, score >= threshold);
    if (this.shown.opacity < 1) this.place();
  }

  /**
   * Move length and opacity towards their values.
   *
   * @param {number} share - Of the way, in (0, 1].
   * @returns {boolean} Whether anything moved.
   */
  move(share) {
    const score = approach(this.shown.score, this.wanted.score, share);
    const opacity = approach(this.shown.opacity, this.wanted.opacity, share);
    const isMoving = score !== this.shown.score || opacity !== this.shown.opacity;
    this.shown = { score, opacity };
    if (isMoving) this.place();
    return isMoving;
  }

  place() {
    this.bar.item.style.opacity = `${this.shown.opacity}`;
    this.bar.setLength(this.shown.score);
  }
}

/**
 * @param {number} shown
 * @param {number} wanted
 * @param {number} share
 */
function approach(shown, wanted, share) {
  const left = wanted - shown;
  return Math.abs(left) < ARRIVED ? wanted : shown + share * left;
}
