/** What the player is given at each run of the script (components/player/data.py). */

import { Grid, Lanes } from "./grid.js";

/** @import { ArrowTable } from "../frontend/streamlit.js" */
/** @import { AnnotationData } from "./annotation.js" */
/** @import { Palette } from "./palette.js" */

/**
 * @typedef {ArrowTable | Uint8Array<ArrayBuffer>} Numbers An array, as a table or in the report as
 *   bytes.
 */

/**
 * @typedef {object} TrueEvent
 * @property {number} onset - In seconds.
 * @property {number} offset
 * @property {string} label - Under which it is shown.
 * @property {"correct" | "edges off" | "missed" | "not counted"} state - Whether it was found.
 * @property {number} number - Identifies it in the annotation.
 * @property {string} name - Its own label.
 */

/** @typedef {TrueEvent & { row: number }} TruthRow */

/**
 * @typedef {object} ClipEvent
 * @property {number} onset - In seconds.
 * @property {number} offset
 * @property {number} lane - -1 where its class has none.
 * @property {number} index - Of its class.
 * @property {string} judgement - "correct", "edges off", "false alarm" or "".
 */

/**
 * @typedef {object} LaneData Classes that have a lane, from the top.
 * @property {string[]} names
 * @property {string[]} colours
 * @property {number[]} thresholds
 * @property {number} frames_per_column - Frames that share a column of the scores.
 */

/**
 * @typedef {object} PlayerData
 * @property {string} clip - Digest of the clip.
 * @property {string} [name] - Of the clip.
 * @property {string | null} audio - URL of its sound.
 * @property {string | Uint8Array<ArrayBuffer>} picture - URL of its picture file, or the file.
 * @property {string | Uint8Array<ArrayBuffer> | null} [spectrogram] - URL of the file of another
 *   spectrogram than the picture's, or the file.
 * @property {number} [range_db] - Range of levels that its colours tell apart, in dB.
 * @property {number} duration_s
 * @property {number} window_s
 * @property {number} hop_s
 * @property {number} n_frames
 * @property {LaneData} lanes
 * @property {Numbers} scores - Bytes, in SCORE_STEPS.
 * @property {Numbers} events - Onset, offset, lane and class index of each, float64.
 * @property {string[]} judgements - Of each event; empty without a truth.
 * @property {TrueEvent[]} truth
 * @property {number} threshold - Of all classes.
 * @property {Palette} palette
 * @property {boolean} as_curves - Whether lanes are drawn as curves.
 * @property {{ number: number, onset_s: number, offset_s: number, opening?: string | null } | null}
 *   wish - Stretch to play; a higher number is a new wish, and one with `opening` opened the clip.
 * @property {{ at_s: number, rows: [label: string, words: string][] } | null} why - Explanation of
 *   the scores at an instant.
 * @property {AnnotationData} [annotation] - Absent where nothing can be annotated.
 * @property {import("./sound_controls.js").Playback} [playback] - How the sound is played, where the
 *   visitor has chosen that before.
 * @property {boolean} [fixed] - Whether nothing can be asked of the server, as in the report.
 */

/**
 * Return what is drawn and asked for by time.
 *
 * @param {PlayerData} data
 */
export function unpack(data) {
  const { duration_s: duration, window_s: window, hop_s: hop, n_frames: frames } = data;
  const grid = new Grid({ duration, window, hop, frames });
  const lanes = new Lanes(grid, { ...data.lanes, scores: unpackScores(data) });
  return { grid, lanes, events: unpackEvents(data), truth: inRows(data.truth) };
}

/**
 * Return the scores of the lanes.
 *
 * @param {PlayerData} data
 * @returns {Uint8Array}
 */
function unpackScores({ scores }) {
  const values = scores instanceof Uint8Array ? scores : column(scores);
  return values instanceof Uint8Array ? values : Uint8Array.from(values);
}

/**
 * Return the events.
 *
 * @param {PlayerData} data
 * @returns {ClipEvent[]}
 */
function unpackEvents({ events, judgements }) {
  // A copy of the bytes begins at a multiple of eight, wherever they lie.
  const isBytes = events instanceof Uint8Array;
  const values = isBytes
    ? new Float64Array(events.slice().buffer)
    : Float64Array.from(column(events));
  return Array.from({ length: values.length / 4 }, (_, row) => {
    const [onset, offset, lane, index] = values.subarray(4 * row, 4 * row + 4);
    return { onset, offset, lane, index, judgement: judgements[row] ?? "" };
  });
}

/**
 * Return the values of a table's only column.
 *
 * @param {ArrowTable} table
 * @returns {ArrayLike<number>}
 */
export function column(table) {
  return table.getChildAt(0)?.toArray() ?? [];
}

/**
 * Arrange true events in rows, so that those that overlap lie above one another.
 *
 * @param {TrueEvent[]} truth
 * @returns {TruthRow[]} In the order of their onsets.
 */
export function inRows(truth) {
  /** @type {number[]} */
  const ends = [];
  return [...truth]
    .sort((one, other) => one.onset - other.onset)
    .map((event) => {
      const free = ends.findIndex((end) => end <= event.onset);
      const row = free < 0 ? ends.length : free;
      ends[row] = event.offset;
      return { ...event, row };
    });
}
