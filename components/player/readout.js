/** What is under the pointer on waveform and spectrogram: time, frequency and level. */

import { SPECTROGRAM_BOX, WAVE_BOX } from "./layout.js";
import { levelFor } from "./picture.js";

/** @import { Axis } from "./axis.js" */
/** @import { Box } from "./layers.js" */
/** @import { SpectrogramPicture } from "./picture.js" */

/**
 * @typedef {object} Reading
 * @property {number} time - In seconds.
 * @property {number} [hz] - Frequency, on the spectrogram.
 * @property {number} [level] - In dB relative to the loudest band of the clip, on the spectrogram;
 *   minus infinity where it is at the picture's floor or below.
 */

/**
 * Read what is drawn at a place; null where neither waveform nor spectrogram is.
 *
 * @param {Axis} axis
 * @param {SpectrogramPicture | null} picture
 * @param {{ x: number, y: number }} place - On the tracks, in CSS pixels.
 * @returns {Reading | null}
 */
export function readAt(axis, picture, { x, y }) {
  const time = axis.time(x);
  if (isIn(WAVE_BOX, y)) return { time };
  if (!picture || !isIn(SPECTROGRAM_BOX, y)) return null;
  const { top, height } = SPECTROGRAM_BOX;
  const share = Math.min(1 - 1e-9, Math.max(0, (top + height - y) / height));
  return { time, hz: frequencyAt(picture, share), level: levelAt(axis, picture, time, share) };
}

/**
 * Return the frequency at a height. Bands are equally high, whatever their widths in Hz.
 *
 * @param {Pick<SpectrogramPicture, "bands" | "edges">} picture
 * @param {number} share - Of the spectrogram's height, from its lower edge.
 */
export function frequencyAt({ bands, edges: [lowest, highest] }, share) {
  const place = share * bands.length; // the centre of band i lies at i + 0.5
  const below = Math.floor(place - 0.5);
  const [low, from] = below < 0 ? [lowest, 0] : [bands[below], below + 0.5];
  const [high, to] =
    below + 1 < bands.length ? [bands[below + 1], below + 1.5] : [highest, bands.length];
  return low + ((place - from) / (to - from)) * (high - low);
}

/**
 * Return the height of a frequency, as a share of the spectrogram's, from its lower edge.
 *
 * @param {Pick<SpectrogramPicture, "bands" | "edges">} picture
 * @param {number} hz - Between its edges.
 */
export function shareOf({ bands, edges: [lowest, highest] }, hz) {
  const above = bands.findIndex((centre) => centre >= hz);
  const next = above < 0 ? bands.length : above;
  const [low, from] = next === 0 ? [lowest, 0] : [bands[next - 1], next - 0.5];
  const [high, to] = next < bands.length ? [bands[next], next + 0.5] : [highest, bands.length];
  return (from + ((hz - low) / (high - low)) * (to - from)) / bands.length;
}

/**
 * Return the level that is drawn at a time and a height.
 *
 * @param {Axis} axis
 * @param {SpectrogramPicture} picture
 * @param {number} time
 * @param {number} share - Of the spectrogram's height, from its lower edge.
 */
function levelAt(axis, picture, time, share) {
  const { step, count, rows } = levelFor(picture.spectra, axis.span / axis.width);
  const column = Math.min(count - 1, Math.floor(time / step));
  const value = rows[column * picture.bands.length + Math.floor(share * picture.bands.length)];
  return value === 0 ? -Infinity : picture.floor * (1 - value / 255);
}

/**
 * Write a reading, such as "12.34 s · 1.25 kHz · −34 dB".
 *
 * @param {Reading} reading
 * @param {number} floor - Level below which nothing is told apart, in dB.
 * @param {(time: number) => string} clock
 */
export function writeReading({ time, hz, level }, floor, clock) {
  const parts = [clock(time)];
  if (hz !== undefined) parts.push(writeHz(hz));
  if (level !== undefined)
    parts.push(level < floor ? `below ${writeDb(floor)}` : writeDb(Math.round(level)));
  return parts.join(" · ");
}

/** @param {number} hz */
export function writeHz(hz) {
  return hz < 1000 ? `${Math.round(hz)} Hz` : `${(hz / 1000).toFixed(2)} kHz`;
}

/** @param {number} level */
export function writeDb(level) {
  return `${level < 0 ? "−" : ""}${Math.abs(level)} dB`;
}

/**
 * @param {Box} box
 * @param {number} y
 */
function isIn({ top, height }, y) {
  return y >= top && y < top + height;
}
