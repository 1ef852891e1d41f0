/** Live scores as the server pushes them: components/server/live_messages.py has the format. */

import { PackedReader } from "../frontend/packed.js";

/**
 * @typedef {object} LiveEvent
 * @property {number} number - Counts the events of a stream from 0.
 * @property {number} at - Time of day of its onset, in seconds since 1970.
 * @property {string} label
 * @property {number} offset_s - Stream time.
 * @property {string} lasted - Its duration in words.
 * @property {number} peak - Highest score.
 * @property {boolean} open - Whether it goes on.
 */

/**
 * @typedef {object} Level
 * @property {number | null} rms_dbfs - Null for digital silence.
 * @property {number | null} peak_dbfs
 * @property {string} text
 */

/**
 * @typedef {object} State State of the stream, sent with each message.
 * @property {number} [stream] - Number of the stream; 0 before the first one.
 * @property {boolean} [listening]
 * @property {number | null} [heard] - Number of the source whose sound has arrived.
 * @property {boolean} running
 * @property {string} notice
 * @property {number} clock_s - Stream time.
 * @property {number | null} [gate_dbfs]
 * @property {Level | null} level
 * @property {Record<string, number>} counts - Events by label.
 * @property {[name: string, value: string, state: string][]} health
 */

/**
 * @typedef {object} Arrays
 * @property {Float32Array} begins - Of each frame, in seconds of stream time.
 * @property {Float32Array} ends
 * @property {Uint16Array} counts - Scores of each frame.
 * @property {Uint16Array} classes - Class index of each score.
 * @property {Uint16Array} scores - Times 65535.
 * @property {Int8Array} wave - Least and greatest sample of each stretch, times 127.
 */

/**
 * @typedef {object} News
 * @property {boolean} isNew - Whether all that was sent before is to be forgotten.
 * @property {string[]} [labels] - Of the model, where the message is new.
 * @property {(string | null)[]} [categories] - Of each label.
 * @property {Partial<State>} state
 * @property {Arrays & { first: number, stepS: number, events: LiveEvent[] }} [sound] - Frames,
 *   waveform and events, where a stream has begun. `first` and `stepS` are the number of the
 *   waveform's first stretch, and the duration of one.
 */

/**
 * Read a message.
 *
 * @param {ArrayBuffer} buffer
 * @returns {News}
 */
export function readMessage(buffer) {
  const reader = new PackedReader(buffer);
  const {
    new: isNew,
    labels,
    categories,
    n_frames,
    n_scores,
    n_stretches,
    ...rest
  } = reader.header;
  const { wave_first: first, wave_step_s: stepS, events, n_events: _, ...state } = rest;
  if (n_frames === undefined) return { isNew, labels, categories, state };
  const sound = {
    begins: reader.take(Float32Array, n_frames),
    ends: reader.take(Float32Array, n_frames),
    counts: reader.take(Uint16Array, n_frames),
    classes: reader.take(Uint16Array, n_scores),
    scores: reader.take(Uint16Array, n_scores),
    wave: reader.take(Int8Array, 2 * n_stretches),
  };
  return { isNew, labels, categories, state, sound: { ...sound, first, stepS, events } };
}
