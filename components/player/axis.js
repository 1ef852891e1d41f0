// The stretch of time that is seen, and how it lies on the screen.

const SHORTEST_S = 0.05; // the closest zoom: 800 samples at 16 kHz
const TICK_PX = 90; // room for a tick's label and air

class Axis {
  constructor(duration) {
    this.duration = duration;
    this.from = 0;
    this.to = duration;
    this.width = 1;
  }

  get span() {
    return this.to - this.from;
  }

  x(time) {
    return ((time - this.from) / this.span) * this.width;
  }

  time(x) {
    return Math.min(this.duration, Math.max(0, this.from + (x / this.width) * this.span));
  }

  show(from, span) {
    span = Math.min(this.duration, Math.max(Math.min(SHORTEST_S, this.duration), span));
    this.from = Math.min(Math.max(0, from), this.duration - span);
    this.to = this.from + span;
  }

  fit() {
    this.show(0, this.duration);
  }

  // Zoom by a factor, so that `time` stays where it is.
  zoom(factor, time) {
    const share = (time - this.from) / this.span;
    const span = this.span / factor;
    this.show(time - share * span, span);
  }

  pan(seconds) {
    this.show(this.from + seconds, this.span);
  }

  // Turn the page when the playhead runs out of sight; keep a little of what went before.
  follow(time) {
    if (time < this.from || time > this.to) this.show(time - this.span / 20, this.span);
  }

  // Times of round ticks, with as many decimals as tell them apart.
  ticks() {
    const least = (this.span * TICK_PX) / this.width;
    const steps = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600];
    const step = steps.find((candidate) => candidate >= least) ?? 7200;
    const digits = step >= 1 ? 0 : step >= 0.1 ? 1 : 2;
    const ticks = [];
    for (let index = Math.ceil(this.from / step); index * step <= this.to + 1e-9; index++) {
      ticks.push({ time: index * step, label: clock(index * step, digits, this.duration >= 60) });
    }
    return ticks;
  }
}

// "7.25" in a clip of less than a minute, else "0:07.25", "1:07" or "1:01:07".
function clock(seconds, digits, withMinutes) {
  const units = 10 ** digits;
  const whole = Math.round(seconds * units);
  const rest = ((whole % (60 * units)) / units).toFixed(digits);
  const minutes = Math.floor(whole / (60 * units));
  if (minutes === 0 && !withMinutes) return rest;
  const padded = rest.padStart(digits ? 3 + digits : 2, "0");
  if (minutes < 60) return `${minutes}:${padded}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${padded}`;
}
