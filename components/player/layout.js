/** Places of the layers on the player's canvas, in CSS pixels; player.css has some of them, too. */

/** @import { Box } from "./layers.js" */

const RULER_PX = 18;
const WAVE_PX = 84;
export const SPECTROGRAM_PX = 112;
const GAP_PX = 6;
const LANE_PX = 26;
const LANE_GAP_PX = 3;

/** @type {Box} */
export const WAVE_BOX = { top: RULER_PX, height: WAVE_PX };

/** @type {Box} */
export const SPECTROGRAM_BOX = { top: RULER_PX + WAVE_PX + GAP_PX, height: SPECTROGRAM_PX };

const ROWS_TOP = SPECTROGRAM_BOX.top + SPECTROGRAM_PX + GAP_PX;

/**
 * Return the place of a row below the spectrogram: true events first, then lanes.
 *
 * @param {number} row - From the top.
 * @returns {Box}
 */
export function rowBox(row) {
  return { top: ROWS_TOP + row * LANE_PX, height: LANE_PX - LANE_GAP_PX };
}

/**
 * Return the row at a height, which may lie above the first one or below the last one.
 *
 * @param {number} y
 * @returns {number}
 */
export function rowAt(y) {
  return Math.floor((y - ROWS_TOP) / LANE_PX);
}
