/**
 * Picture of a clip: waveform, spectrogram, and the best classes of each frame.
 *
 * components/view/picture.py has the format of the file. Waveform and spectrogram are reduced to
 * levels of detail once, so an hour zooms as smoothly as a second.
 */

import { PackedReader } from "../frontend/packed.js";

export const SCORE_STEPS = 256; // as YAMNet's own scores: what is drawn is what the server compares

const COARSER = 4; // columns of a level that make one of the next
const MIN_COLUMNS = 2048; // a level that fits on a screen needs no coarser one

/**
 * @template {Int16Array | Uint8Array} Rows
 * @typedef {object} Level A waveform or spectrogram in columns.
 * @property {number} step - Duration of a column, in seconds.
 * @property {number} count - Number of columns.
 * @property {Rows} rows - Column after column.
 */

/** @typedef {Level<Int16Array>} WaveLevel Least and greatest sample of each column. */
/** @typedef {Level<Uint8Array>} SpectrumLevel Bands of each column, from the lowest up. */

/**
 * @typedef {object} BestClass
 * @property {string} label
 * @property {number} score - In [0, 1].
 * @property {number} category - Index of its category, -1 if it has none.
 * @property {number} index - Of the class.
 */

/**
 * Load a spectrogram's file from the server, or read it.
 *
 * @param {string | Uint8Array<ArrayBuffer>} source - URL of the file, or the file.
 * @returns {Promise<SpectrogramPicture>}
 */
export async function loadSpectrogram(source) {
  const buffer = await (typeof source === "string"
    ? fetched(source).then(unzipped)
    : unzipped(new Blob([source]).stream()));
  return readSpectrogram(new PackedReader(buffer));
}

/**
 * Read the spectrogram of a file.
 *
 * @param {PackedReader} reader - At the spectrogram.
 * @returns {SpectrogramPicture}
 */
function readSpectrogram(reader) {
  const { step_s: step, count, bands_hz: bands, edges_hz, floor_db } = reader.header.spectrogram;
  const rows = reader.take(Uint8Array, count * bands.length);
  const spectra = spectrumLevels({ step, count, rows }, bands.length);
  return { bands, edges: edges_hz, floor: floor_db, spectra };
}

/**
 * Load a picture file from the server.
 *
 * @param {string} url
 * @returns {Promise<Picture>}
 */
export async function loadPicture(url) {
  return unpackPicture(await fetched(url));
}

/**
 * Read a picture file.
 *
 * @param {ReadableStream<BufferSource>} stream
 * @returns {Promise<Picture>}
 */
export async function unpackPicture(stream) {
  return new Picture(await unzipped(stream));
}

/** @param {string} url */
async function fetched(url) {
  const response = await fetch(url);
  if (!response.ok || !response.body)
    throw new Error(`the picture did not come: ${response.status}`);
  return response.body;
}

/** @param {ReadableStream<BufferSource>} stream */
function unzipped(stream) {
  return new Response(stream.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

/**
 * @typedef {object} SpectrogramPicture A spectrogram, from the finest level of detail to the coarsest.
 * @property {number[]} bands - Centre of each band, in Hz.
 * @property {[lowest: number, highest: number]} edges - Of the lowest and the highest band, in Hz.
 * @property {number} floor - Level of the value 0, in dB below the loudest band; that of 255 is 0 dB.
 * @property {SpectrumLevel[]} spectra
 */

/** @implements {SpectrogramPicture} */
export class Picture {
  /** @param {ArrayBuffer} buffer - Of the file, decompressed. */
  constructor(buffer) {
    const reader = new PackedReader(buffer);
    const { labels, categories, wave, best } = reader.header;
    /** @type {string[]} */
    this.labels = labels;
    /** @type {number[]} */
    this.categories = categories;
    /** @type {number} */
    this.peak = wave.peak;
    const extremes = reader.take(Int16Array, 2 * wave.count);
    this.waves = waveLevels({ step: wave.step_s, count: wave.count, rows: extremes });
    const { bands, edges, floor, spectra } = readSpectrogram(reader);
    this.bands = bands;
    this.edges = edges;
    this.floor = floor;
    this.spectra = spectra;
    /** @type {number} */
    this.k = best.k;
    this.indices = reader.take(Uint16Array, best.frames * best.k);
    this.scores = reader.take(Uint8Array, best.frames * best.k);
  }

  /**
   * Return the best classes of a frame, best first.
   *
   * @param {number} frame
   * @returns {BestClass[]}
   */
  best(frame) {
    return Array.from({ length: this.k }, (_, rank) => {
      const at = frame * this.k + rank;
      const index = this.indices[at];
      return {
        label: this.labels[index],
        score: this.scores[at] / SCORE_STEPS,
        category: this.categories[index],
        index,
      };
    });
  }
}

/**
 * Return the coarsest level whose columns are no longer than a duration, or else the finest.
 *
 * @template {{ step: number }} L
 * @param {L[]} levels - From the finest to the coarsest.
 * @param {number} seconds
 * @returns {L}
 */
export function levelFor(levels, seconds) {
  return levels.findLast((level) => level.step <= seconds) ?? levels[0];
}

/**
 * Return a level with all coarser ones.
 *
 * @template {{ count: number }} L
 * @param {L} finest
 * @param {(level: L) => L} coarser
 * @returns {L[]}
 */
function levelsFrom(finest, coarser) {
  const levels = [finest];
  for (let level = finest; level.count > MIN_COLUMNS; ) {
    level = coarser(level);
    levels.push(level);
  }
  return levels;
}

/**
 * Return a waveform with its coarser levels, which keep the extremes.
 *
 * @param {WaveLevel} finest
 */
export function waveLevels(finest) {
  return levelsFrom(finest, ({ step, count, rows }) => {
    const fewer = Math.ceil(count / COARSER);
    const reduced = new Int16Array(2 * fewer);
    for (let index = 0; index < fewer; index++) {
      let [low, high] = [32767, -32768];
      for (let old = index * COARSER; old < Math.min(count, (index + 1) * COARSER); old++) {
        low = Math.min(low, rows[2 * old]);
        high = Math.max(high, rows[2 * old + 1]);
      }
      reduced[2 * index] = low;
      reduced[2 * index + 1] = high;
    }
    return { step: step * COARSER, count: fewer, rows: reduced };
  });
}

/**
 * Return a spectrogram with its coarser levels, which keep the loudest of the columns.
 *
 * @param {SpectrumLevel} finest
 * @param {number} bands
 */
export function spectrumLevels(finest, bands) {
  return levelsFrom(finest, ({ step, count, rows }) => {
    const fewer = Math.ceil(count / COARSER);
    const reduced = new Uint8Array(fewer * bands);
    for (let column = 0; column < count; column++) {
      const to = Math.floor(column / COARSER) * bands;
      for (let band = 0; band < bands; band++) {
        const level = rows[column * bands + band];
        if (level > reduced[to + band]) reduced[to + band] = level;
      }
    }
    return { step: step * COARSER, count: fewer, rows: reduced };
  });
}
