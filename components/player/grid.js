// Which time a frame stands for: its window's centre plus and minus half a hop, the first and the
// last widened to the clip's ends. The rule of models/audio/timing.py, so that both say the same.

class Grid {
  constructor({ duration, window, hop, frames }) {
    Object.assign(this, { duration, hop, window, frames });
    this.lead = (window - hop) / 2;
  }

  frame(time) {
    // A nanosecond of slack: edges are sums of binary fractions.
    const index = Math.floor((time - this.lead) / this.hop + 1e-9);
    return Math.min(this.frames - 1, Math.max(0, index));
  }

  edge(frame) {
    if (frame <= 0) return 0;
    if (frame >= this.frames) return this.duration;
    return Math.min(this.duration, frame * this.hop + this.lead);
  }
}

// Scores of the classes that are shown; on very long clips several frames share a column.
class Lanes {
  constructor(grid, { names, colours, thresholds, scores, frames_per_column: shared }) {
    Object.assign(this, { grid, names, colours, thresholds, scores, shared });
    this.columns = Math.ceil(grid.frames / shared);
  }

  column(time) {
    return Math.floor(this.grid.frame(time) / this.shared);
  }

  edge(column) {
    return this.grid.edge(column * this.shared);
  }

  score(lane, column) {
    return this.scores[lane * this.columns + column] / SCORE_STEPS;
  }
}
