/**
 * Time grid of the frames. A frame stands for its window's centre plus and minus half a hop, the
 * first and the last one up to the clip's ends: the same rule as in models/audio/timing.py.
 */

import { SCORE_STEPS } from "./picture.js";

export class Grid {
  /**
   * @param {{ duration: number, window: number, hop: number, frames: number }} parameters - Times
   *   in seconds, and the number of frames.
   */
  constructor({ duration, window, hop, frames }) {
    this.duration = duration;
    this.hop = hop;
    this.frames = frames;
    this.lead = (window - hop) / 2;
  }

  /**
   * Return the frame that stands for a time.
   *
   * @param {number} time
   */
  frame(time) {
    // A nanosecond of tolerance: edges are sums of binary fractions.
    const index = Math.floor((time - this.lead) / this.hop + 1e-9);
    return Math.min(this.frames - 1, Math.max(0, index));
  }

  /**
   * Return the time at which a frame begins and the one before it ends.
   *
   * @param {number} frame
   */
  edge(frame) {
    if (frame <= 0) return 0;
    if (frame >= this.frames) return this.duration;
    return Math.min(this.duration, frame * this.hop + this.lead);
  }
}

/** Scores of the classes that have a lane. On very long clips several frames share a column. */
export class Lanes {
  /**
   * @param {Grid} grid
   * @param {object} content
   * @param {string[]} content.names
   * @param {string[]} content.colours
   * @param {number[]} content.thresholds
   * @param {Uint8Array} content.scores - In SCORE_STEPS, lane after lane.
   * @param {number} content.frames_per_column
   */
  constructor(grid, { names, colours, thresholds, scores, frames_per_column: shared }) {
    this.grid = grid;
    this.names = names;
    this.colours = colours;
    this.thresholds = thresholds;
    this.scores = scores;
    this.shared = shared;
    this.columns = Math.ceil(grid.frames / shared);
  }

  /** @param {number} time */
  column(time) {
    return Math.floor(this.grid.frame(time) / this.shared);
  }

  /**
   * Return the time at which a column begins.
   *
   * @param {number} column
   */
  edge(column) {
    return this.grid.edge(column * this.shared);
  }

  /**
   * Return a score in [0, 1].
   *
   * @param {number} lane
   * @param {number} column
   */
  score(lane, column) {
    return this.scores[lane * this.columns + column] / SCORE_STEPS;
  }
}
