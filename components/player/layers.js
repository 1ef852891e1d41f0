/** Layers of the player's canvas. Each function draws one of them into a box. */

import { context2d } from "../frontend/canvas.js";
import { levelFor } from "./picture.js";

/** @import { Axis } from "./axis.js" */
/** @import { ClipEvent, TruthRow } from "./data.js" */
/** @import { Lanes } from "./grid.js" */
/** @import { Picture, SpectrogramPicture } from "./picture.js" */

/** @typedef {{ top: number, height: number }} Box Vertical place of a layer, in CSS pixels. */
/** @typedef {Record<string, string>} Colours */

const MIN_PEAK = 0.01; // -40 dBFS: a quieter waveform is not enlarged further
const FAINTEST = 0.03; // a lower score cannot be told from 0 on the screen
const NARROW_PX = 8; // a narrower event has no outline
const HALO_PX = 1; // on either side of an outline
const MIN_CHARACTERS = 3; // of a label that is cut
const FONT = "11px sans-serif";

/**
 * Draw the ticks' labels, and their lines down the whole picture.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Axis} axis
 * @param {{ top: number, bottom: number }} box
 * @param {Colours} colours
 */
export function drawRuler(context, axis, box, colours) {
  context.font = FONT;
  context.textBaseline = "top";
  for (const { time, label } of axis.ticks()) {
    const x = Math.round(axis.x(time));
    context.fillStyle = colours.grid;
    context.fillRect(x, box.top, 1, box.bottom - box.top);
    context.fillStyle = colours.muted;
    const { width } = context.measureText(label);
    context.fillText(label, axis.labelX(x, width), box.top + 2);
  }
}

/**
 * Draw the waveform.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Axis} axis
 * @param {Picture} picture
 * @param {Box} box
 * @param {Colours} colours
 */
export function drawWave(context, axis, picture, box, colours) {
  const level = levelFor(picture.waves, axis.span / axis.width);
  const gain = 1 / 32767 / Math.max(picture.peak, MIN_PEAK);
  const [middle, reach] = [box.top + box.height / 2, box.height / 2 - 1];
  // One column more on either side: the path goes through their middles.
  const first = Math.max(0, Math.floor(axis.from / level.step) - 1);
  const last = Math.min(level.count - 1, Math.ceil(axis.to / level.step) + 1);
  const x = (/** @type {number} */ column) => axis.x((column + 0.5) * level.step);
  context.fillStyle = colours.grid;
  context.fillRect(0, middle, axis.width, 1);
  // Along the upper extremes and back along the lower ones: one fill for any number of columns.
  context.beginPath();
  for (let column = first; column <= last; column++) {
    context.lineTo(x(column), middle - reach * gain * level.rows[2 * column + 1]);
  }
  for (let column = last; column >= first; column--) {
    context.lineTo(x(column), middle - reach * gain * level.rows[2 * column]);
  }
  context.closePath();
  context.fillStyle = colours.sound;
  context.strokeStyle = colours.sound;
  context.fill();
  context.stroke(); // where both extremes are equal, there is nothing to fill
}

/** Draws the spectrogram: the visible columns as a small image, stretched to its place. */
export class SpectrogramLayer {
  constructor() {
    this.image = document.createElement("canvas");
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Axis} axis
   * @param {SpectrogramPicture} picture
   * @param {Box} box
   * @param {Uint32Array} scale - 256 colours (palette.js).
   */
  draw(context, axis, picture, box, scale) {
    const bands = picture.bands.length;
    const level = levelFor(picture.spectra, axis.span / axis.width);
    const first = Math.max(0, Math.floor(axis.from / level.step));
    const last = Math.min(level.count - 1, Math.floor(axis.to / level.step));
    const columns = last - first + 1;
    if (columns < 1) return;
    this.image.width = columns;
    this.image.height = bands;
    const inner = context2d(this.image);
    const pixels = inner.createImageData(columns, bands);
    const colours = new Uint32Array(pixels.data.buffer);
    for (let column = 0; column < columns; column++) {
      for (let band = 0; band < bands; band++) {
        const value = level.rows[(first + column) * bands + band];
        colours[(bands - 1 - band) * columns + column] = scale[value];
      }
    }
    inner.putImageData(pixels, 0, 0);
    const [left, right] = [axis.x(first * level.step), axis.x((last + 1) * level.step)];
    context.drawImage(this.image, left, box.top, right - left, box.height);
  }
}

/**
 * Draw the scores of one class over time, as opacity or as a curve.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Axis} axis
 * @param {Lanes} lanes
 * @param {number} lane
 * @param {Box} box
 * @param {{ colour: string, background: string, asCurve: boolean }} style
 */
export function drawLane(context, axis, lanes, lane, box, { colour, background, asCurve }) {
  context.fillStyle = background;
  context.fillRect(0, box.top, axis.width, box.height);
  context.fillStyle = colour;
  if (asCurve) drawCurve(context, axis, lanes, lane, box);
  else drawCells(context, axis, lanes, lane, box);
  context.globalAlpha = 1;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Axis} axis
 * @param {Lanes} lanes
 * @param {number} lane
 * @param {Box} box
 */
function drawCells(context, axis, lanes, lane, box) {
  for (const { left, right, score } of visibleScores(axis, lanes, lane)) {
    if (score < FAINTEST) continue;
    context.globalAlpha = score;
    context.fillRect(left, box.top, right - left + 0.3, box.height);
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Axis} axis
 * @param {Lanes} lanes
 * @param {number} lane
 * @param {Box} box
 */
function drawCurve(context, axis, lanes, lane, box) {
  const bottom = box.top + box.height;
  context.beginPath();
  context.moveTo(axis.x(lanes.edge(lanes.column(axis.from))), bottom);
  for (const { left, right, score } of visibleScores(axis, lanes, lane)) {
    const y = box.top + (1 - score) * box.height;
    context.lineTo(left, y);
    context.lineTo(right, y);
  }
  context.lineTo(axis.x(lanes.edge(lanes.column(axis.to) + 1)), bottom);
  context.closePath();
  context.globalAlpha = 0.75;
  context.fill();
}

/**
 * Return the scores that are visible: the highest one of the columns that share a pixel.
 *
 * @param {Axis} axis
 * @param {Lanes} lanes
 * @param {number} lane
 * @returns {Generator<{ left: number, right: number, score: number }>} In CSS pixels.
 */
export function* visibleScores(axis, lanes, lane) {
  const [first, last] = [lanes.column(axis.from), lanes.column(axis.to)];
  const stride = Math.max(1, Math.floor((last - first + 1) / axis.width));
  for (let column = first; column <= last; column += stride) {
    const next = Math.min(last + 1, column + stride);
    let score = 0;
    for (let each = column; each < next; each++) score = Math.max(score, lanes.score(lane, each));
    yield { left: axis.x(lanes.edge(column)), right: axis.x(lanes.edge(next)), score };
  }
}

/**
 * Draw a threshold as a dotted line across its lane.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Axis} axis
 * @param {number} threshold
 * @param {Box} box
 * @param {string} colour
 * @param {{ isHeld: boolean, isOwn: boolean }} state - Whether it is being dragged, and whether it
 *   differs from the threshold of all classes.
 */
export function drawThreshold(context, axis, threshold, box, colour, { isHeld, isOwn }) {
  const y = Math.round(box.top + (1 - threshold) * box.height) + 0.5;
  context.strokeStyle = colour;
  context.lineWidth = isHeld ? 2 : 1;
  context.globalAlpha = isOwn ? 1 : 0.4;
  context.setLineDash(isHeld ? [] : [2, 4]);
  context.beginPath();
  context.moveTo(0, y);
  context.lineTo(axis.width, y);
  context.stroke();
  context.setLineDash([]);
  context.globalAlpha = 1;
}

/**
 * Outline an event in its lane.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Axis} axis
 * @param {ClipEvent} event
 * @param {Box} box
 * @param {Colours} colours
 * @param {boolean} isChosen
 */
export function drawEvent(context, axis, event, box, colours, isChosen) {
  const [left, right] = [axis.x(event.onset), axis.x(event.offset)];
  if (right < 0 || left > axis.width) return;
  const isFalseAlarm = event.judgement === "false alarm";
  const colour = isFalseAlarm ? colours.warn : colours.outline;
  if (right - left < NARROW_PX) {
    // An outline would hide the score inside: a line at the bottom is enough.
    context.fillStyle = colours.page;
    context.fillRect(left, box.top + box.height - 3 - HALO_PX, Math.max(1, right - left), HALO_PX);
    context.fillStyle = colour;
    context.fillRect(left, box.top + box.height - 3, Math.max(1, right - left), 3);
    return;
  }
  const isDashed = isFalseAlarm || event.judgement === "edges off";
  drawOutline(context, left, right, box, {
    colour,
    halo: colours.page,
    width: isChosen ? 3 : 1.5,
    dashes: isDashed ? [4, 3] : [],
  });
}

/**
 * Outline a stretch of a row. The halo separates the line from any colour below it: line and page
 * differ so much that every colour differs from one of them.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {number} left
 * @param {number} right
 * @param {Box} box
 * @param {{ colour: string, halo: string, width: number, dashes: number[] }} style
 */
export function drawOutline(context, left, right, box, { colour, halo, width, dashes }) {
  const inset = width / 2;
  const across = Math.max(2, right - left - width);
  const stroke = () => {
    context.strokeRect(left + inset, box.top + inset, across, box.height - width);
  };
  context.strokeStyle = halo;
  context.lineWidth = width + 2 * HALO_PX;
  stroke();
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.setLineDash(dashes);
  stroke();
  context.setLineDash([]);
}

const TRUTH_FILL = { correct: 1, "edges off": 0.3, missed: 0, "not counted": 0 }; // opacity
const TRUTH_OUTLINE = {
  correct: "score",
  "edges off": "score",
  missed: "warn",
  "not counted": "muted",
}; // colour
/** @type {Record<string, number[]>} */
const TRUTH_DASHES = { "edges off": [4, 3], "not counted": [1.5, 2.5] };
const LABEL_PX = 5; // between an outline and the label inside

/**
 * Return as much of a text as there is room for, with an ellipsis if it is cut; nothing if fewer
 * than three of its characters would remain.
 *
 * @param {string} text
 * @param {number} room - In CSS pixels.
 * @param {(text: string) => number} measure - Width of a text, in CSS pixels.
 */
export function fitted(text, room, measure) {
  if (measure(text) <= room) return text;
  const characters = [...text];
  for (let length = characters.length - 1; length >= MIN_CHARACTERS; length--) {
    const cut = `${characters.slice(0, length).join("").trimEnd()}…`;
    if (measure(cut) <= room) return cut;
  }
  return "";
}

/**
 * Draw the true events: filled where they were found, hollow where they were missed, between the
 * two and dashed where the right class was found with edges off, dotted where they are not counted.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Axis} axis
 * @param {TruthRow[]} truth
 * @param {(row: number) => Box} boxOf
 * @param {Colours} colours
 */
export function drawTruth(context, axis, truth, boxOf, colours) {
  for (const { onset, offset, label, state, row } of truth) {
    const [left, right] = [axis.x(onset), axis.x(offset)];
    if (right < 0 || left > axis.width) continue;
    const box = boxOf(row);
    const width = Math.max(2, right - left - 1);
    context.fillStyle = colours.score;
    context.globalAlpha = TRUTH_FILL[state];
    context.fillRect(left, box.top, width, box.height);
    context.globalAlpha = 1;
    drawOutline(context, left, left + width, box, {
      colour: colours[TRUTH_OUTLINE[state]],
      halo: colours.page,
      width: 1.5,
      dashes: TRUTH_DASHES[state] ?? [],
    });
    context.font = FONT;
    context.textBaseline = "middle";
    const begin = Math.max(0, left) + LABEL_PX;
    const room = Math.min(axis.width, left + width) - LABEL_PX - begin;
    const words = fitted(label, room, (text) => context.measureText(text).width);
    context.fillStyle = state === "correct" ? colours["on-score"] : colours.text;
    context.fillText(words, begin, box.top + box.height / 2 + 0.5);
  }
}
