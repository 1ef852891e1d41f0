/** The visible picture of a clip as a file: PNG or SVG, with names, units and legend. */

import { context2d } from "../frontend/canvas.js";
import { element, find } from "../frontend/dom.js";
import { SPECTROGRAM_BOX, WAVE_BOX } from "./layout.js";
import { pixelScale } from "./palette.js";
import { SvgContext } from "./svg_context.js";

/** @import { Player } from "./player.js" */

const MARGIN_PX = 16;
const GUTTER_PX = 190; // for the names of lanes
const GAP_PX = 10; // between a name and its lane
const TITLE_PX = 30;
const LEGEND_PX = 76; // two lines of categories at most
const LINE_PX = 20;
const SPACE_PX = 24; // between the legend's scales
const SWATCH_PX = 10;
const SCALE_PX = 96; // width of the legend's scales
const SHARPNESS = 2; // pixels of a PNG in a CSS pixel: legible in print and on dense screens
const FONT = "11px sans-serif";
const TITLE_FONT = "600 15px sans-serif";

/** Offers the picture for download. */
export class SavedPicture {
  /** @param {Player} player */
  constructor(player) {
    this.player = player;
    player.on(player.find(".save-png"), "click", () => this.savePng());
    player.on(player.find(".save-svg"), "click", () => this.saveSvg());
  }

  get size() {
    const canvas = find(this.player.tracks, "canvas", HTMLCanvasElement);
    return {
      width: canvas.clientWidth + GUTTER_PX + 2 * MARGIN_PX,
      height: canvas.clientHeight + TITLE_PX + LEGEND_PX + 2 * MARGIN_PX,
    };
  }

  async savePng() {
    const { width, height } = this.size;
    const canvas = element("canvas");
    canvas.width = Math.round(SHARPNESS * width);
    canvas.height = Math.round(SHARPNESS * height);
    const context = context2d(canvas);
    context.scale(SHARPNESS, SHARPNESS);
    this.draw(context);
    /** @type {Blob | null} */
    const file = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
    if (file) this.save(file, "png");
  }

  saveSvg() {
    const { width, height } = this.size;
    const measuring = context2d(element("canvas"));
    const svg = new SvgContext(width, height, (text, font) => {
      measuring.font = font;
      return measuring.measureText(text);
    });
    this.draw(/** @type {CanvasRenderingContext2D} */ (/** @type {unknown} */ (svg)));
    this.save(new Blob([svg.toString()], { type: "image/svg+xml" }), "svg");
  }

  /**
   * @param {Blob} file
   * @param {string} ending
   */
  save(file, ending) {
    const link = element("a");
    link.href = URL.createObjectURL(file);
    link.download = `${fileStem(this.player.data.name)}.${ending}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // the browser reads it meanwhile
  }

  /** @param {CanvasRenderingContext2D} context */
  draw(context) {
    const { player } = this;
    const { width, height } = this.size;
    context.fillStyle = player.colours.page;
    context.fillRect(0, 0, width, height);
    this.drawTitle(context);
    context.save();
    context.translate(MARGIN_PX + GUTTER_PX, MARGIN_PX + TITLE_PX);
    this.drawNames(context);
    context.beginPath();
    context.rect(0, 0, player.axis.width, height);
    context.clip();
    player.drawLayers(context);
    context.restore();
    this.drawLegend(context, height - MARGIN_PX - LEGEND_PX);
  }

  /** @param {CanvasRenderingContext2D} context */
  drawTitle(context) {
    const { axis, colours, data } = this.player;
    const clock = (/** @type {number} */ time) => this.player.clock(time, 2);
    const shown = axis.isWhole ? "" : `, ${clock(axis.from)} to ${clock(axis.to)}`;
    write(context, `${data.name ?? "Clip"}${shown}`, [MARGIN_PX, MARGIN_PX + 2], {
      colour: colours.text,
      font: TITLE_FONT,
    });
  }

  /** @param {CanvasRenderingContext2D} context - With its origin at that of the tracks. */
  drawNames(context) {
    const { player } = this;
    const { colours, lanes } = player;
    const named = (/** @type {string} */ text, /** @type {number} */ y, colour = colours.muted) =>
      write(context, text, [-GAP_PX, y], { colour, baseline: "middle", align: "right" });
    named(player.hasMinutes ? "minutes" : "seconds", 9);
    named("Waveform", WAVE_BOX.top + WAVE_BOX.height / 2);
    const { top, height } = SPECTROGRAM_BOX;
    for (const { text, share } of player.shownSpectrogram.labels)
      named(text, top + Math.min(height - 6, Math.max(6, (1 - share) * height)));
    if (player.truthRows)
      named("The truth", player.laneBox(-player.truthRows).top + 12, colours.text);
    lanes.names.forEach((name, lane) => {
      const box = player.laneBox(lane);
      const shown = shortened(context, name, GUTTER_PX - GAP_PX - SWATCH_PX - 8);
      write(context, shown, [-GAP_PX - SWATCH_PX - 6, box.top + box.height / 2], {
        colour: colours.text,
        baseline: "middle",
        align: "right",
      });
      context.fillStyle = lanes.colours[lane];
      context.fillRect(-GAP_PX - SWATCH_PX, box.top + box.height / 2 - 5, SWATCH_PX, SWATCH_PX);
    });
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {number} top
   */
  drawLegend(context, top) {
    const { colours, data, shownCategories } = this.player;
    const place = { x: MARGIN_PX, y: top + 20 };
    const say = (/** @type {string} */ text) => {
      write(context, text, [place.x, place.y], { colour: colours.muted, baseline: "middle" });
      context.font = FONT;
      place.x += context.measureText(text).width + 6;
    };
    const [floor, ceiling] = this.player.shownSpectrogram.levelLabels;
    say(`Level relative to maximum ${floor}`);
    drawScale(context, place, data.palette.levels);
    say(ceiling);
    place.x += SPACE_PX;
    say("Score 0");
    drawScale(context, place, [
      [0, colours.lane],
      [1, colours.muted],
    ]);
    say("1");
    Object.assign(place, { x: MARGIN_PX, y: top + 22 + LINE_PX });
    for (const [name, colour] of shownCategories) {
      const needed = SWATCH_PX + 5 + context.measureText(name).width;
      if (place.x + needed > this.size.width - MARGIN_PX)
        Object.assign(place, { x: MARGIN_PX, y: place.y + LINE_PX });
      context.fillStyle = colour;
      context.fillRect(place.x, place.y - SWATCH_PX / 2, SWATCH_PX, SWATCH_PX);
      place.x += SWATCH_PX + 5;
      say(name);
      place.x += 8;
    }
  }
}

/**
 * Draw a colour scale, and move the place behind it.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {{ x: number, y: number }} place
 * @param {import("./palette.js").Palette["levels"]} stops
 */
function drawScale(context, place, stops) {
  const bytes = new Uint8Array(pixelScale(stops).buffer);
  for (let step = 0; step < SCALE_PX; step++) {
    const at = 4 * Math.round((step / (SCALE_PX - 1)) * 255);
    context.fillStyle = `rgb(${bytes.slice(at, at + 3).join(",")})`;
    context.fillRect(place.x + step, place.y - 5, 1.3, 10);
  }
  place.x += SCALE_PX + 6;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {string} text
 * @param {[x: number, y: number]} place
 * @param {{ colour: string, font?: string, baseline?: CanvasTextBaseline, align?: CanvasTextAlign }} look
 */
function write(context, text, [x, y], { colour, font = FONT, baseline = "top", align = "left" }) {
  context.font = font;
  context.fillStyle = colour;
  context.textBaseline = baseline;
  context.textAlign = align;
  context.fillText(text, x, y);
  context.textAlign = "left"; // as the layers expect it
}

/**
 * Return a text cut to a width, with an ellipsis where it was cut.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {string} text
 * @param {number} width
 */
function shortened(context, text, width) {
  context.font = FONT;
  if (context.measureText(text).width <= width) return text;
  const letters = [...text];
  while (letters.length > 1 && context.measureText(`${letters.join("")}…`).width > width)
    letters.pop();
  return `${letters.join("")}…`;
}

/**
 * Return a clip's name as that of a file, without its ending.
 *
 * @param {string} [name]
 */
export function fileStem(name = "") {
  const stem = name.replace(/\.[^.]{1,5}$/, "");
  const safe = stem.replace(/[^\p{L}\p{N} ()_+,.-]/gu, "_").slice(0, 100);
  return safe.replace(/^[. ]+|[. ]+$/g, "") || "clip";
}
