/** Time axis: the stretch of a clip that is visible, and where it lies on the screen. */

const MIN_SPAN_S = 0.05; // the closest zoom: 800 samples at 16 kHz
const TICK_PX = 90; // a tick's label and the space after it
const LABEL_GAP_PX = 4; // between a tick and its label
const STEPS_S = [
  0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600,
];
const MAX_STEP_S = 7200;

/** Maps times in seconds to CSS pixels, and back. */
export class Axis {
  /** @param {number} duration - Of the clip, in seconds. */
  constructor(duration) {
    this.duration = duration;
    this.from = 0;
    this.to = duration;
    this.width = 1; // in CSS pixels
  }

  /** Duration of the visible stretch. */
  get span() {
    return this.to - this.from;
  }

  /** Whether the whole clip is visible. */
  get isWhole() {
    return this.span >= this.duration - 1e-6;
  }

  /** @param {number} time */
  x(time) {
    return ((time - this.from) / this.span) * this.width;
  }

  /**
   * Return the time at a position, within the clip.
   *
   * @param {number} x
   */
  time(x) {
    return Math.min(this.duration, Math.max(0, this.from + (x / this.width) * this.span));
  }

  /** @param {number} time */
  includes(time) {
    return time >= this.from && time <= this.to;
  }

  /**
   * Return whether any of a stretch is visible.
   *
   * @param {number} from
   * @param {number} to
   */
  overlaps(from, to) {
    return to >= this.from && from <= this.to;
  }

  /**
   * Show a stretch, moved and shortened so that it lies within the clip.
   *
   * @param {number} from
   * @param {number} span
   */
  show(from, span) {
    const shortest = Math.min(MIN_SPAN_S, this.duration);
    const shown = Math.min(this.duration, Math.max(shortest, span));
    this.from = Math.min(Math.max(0, from), this.duration - shown);
    this.to = this.from + shown;
  }

  /** Show the whole clip. */
  fit() {
    this.show(0, this.duration);
  }

  /**
   * Zoom so that a time keeps its position.
   *
   * @param {number} factor - Above 1 to see a shorter stretch.
   * @param {number} time
   */
  zoom(factor, time) {
    const share = (time - this.from) / this.span;
    const span = this.span / factor;
    this.show(time - share * span, span);
  }

  /** @param {number} seconds - Above 0 to see what is later. */
  pan(seconds) {
    this.show(this.from + seconds, this.span);
  }

  /**
   * Show the next page where a time is out of sight, with a little of what precedes it.
   *
   * @param {number} time
   */
  follow(time) {
    if (!this.includes(time)) this.show(time - this.span / 20, this.span);
  }

  /**
   * Return where the label of a tick begins: after the tick, or before it where there is no room.
   *
   * @param {number} x - Position of the tick.
   * @param {number} width - Width of the label.
   * @returns {number}
   */
  labelX(x, width) {
    const after = x + LABEL_GAP_PX;
    return after + width + LABEL_GAP_PX <= this.width ? after : x - LABEL_GAP_PX - width;
  }

  /**
   * Return the ticks at round times, labelled with as many decimals as tell them apart.
   *
   * @returns {{ time: number, label: string }[]}
   */
  ticks() {
    const least = (this.span * TICK_PX) / this.width;
    const step = STEPS_S.find((candidate) => candidate >= least) ?? MAX_STEP_S;
    const digits = step >= 1 ? 0 : step >= 0.1 ? 1 : 2;
    const ticks = [];
    for (let index = Math.ceil(this.from / step); index * step <= this.to + 1e-9; index++) {
      const time = index * step;
      ticks.push({ time, label: formatClock(time, digits, this.duration >= 60) });
    }
    return ticks;
  }
}

/**
 * Format a time: "7.25" below a minute, else "1:07", "1:07.25" or "1:01:07".
 *
 * @param {number} seconds
 * @param {number} digits - Decimals.
 * @param {boolean} withMinutes - Whether minutes are given even where there are none: "0:07".
 * @returns {string}
 */
export function formatClock(seconds, digits, withMinutes) {
  const units = 10 ** digits;
  const whole = Math.round(seconds * units);
  const rest = ((whole % (60 * units)) / units).toFixed(digits);
  const minutes = Math.floor(whole / (60 * units));
  if (minutes === 0 && !withMinutes) return rest;
  const padded = rest.padStart(digits ? 3 + digits : 2, "0");
  if (minutes < 60) return `${minutes}:${padded}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${padded}`;
}
