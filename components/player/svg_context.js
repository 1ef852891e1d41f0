/**
 * Drawing context that writes SVG: the part of CanvasRenderingContext2D that the layers use.
 *
 * Texts and colours are escaped; a text is written as text.
 */

const NUMBER_DIGITS = 2; // hundredths of a pixel
const TOP_SHARE = 0.8; // of a font's size: from the top of a line to its baseline
const MIDDLE_SHARE = 0.35; // from the middle of a line to its baseline

/** Characters that XML 1.0 does not allow, lone surrogates among them. */
const FORBIDDEN = /[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

export class SvgContext {
  /**
   * @param {number} width - In CSS pixels.
   * @param {number} height
   * @param {(text: string, font: string) => TextMetrics} measure
   */
  constructor(width, height, measure) {
    this.width = width;
    this.height = height;
    this.measure = measure;
    /** @type {string[]} */
    this.elements = [];
    /** @type {string[]} */
    this.path = [];
    this.clips = 0;
    this.fillStyle = "#000000";
    this.strokeStyle = "#000000";
    this.lineWidth = 1;
    this.globalAlpha = 1;
    this.font = "11px sans-serif";
    /** @type {CanvasTextBaseline} */
    this.textBaseline = "alphabetic";
    /** @type {CanvasTextAlign} */
    this.textAlign = "left";
    /** @type {number[]} */
    this.dashes = [];
    /** @type {number[]} */
    this.groups = []; // opened since each `save`
  }

  /** The picture as a document. */
  toString() {
    const size = `width="${number(this.width)}" height="${number(this.height)}"`;
    const box = `viewBox="0 0 ${number(this.width)} ${number(this.height)}"`;
    const content = this.elements.join("\n");
    return `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${box}>\n${content}\n</svg>\n`;
  }

  save() {
    this.groups.push(0);
  }

  restore() {
    for (let left = this.groups.pop() ?? 0; left > 0; left--) this.elements.push("</g>");
  }

  /** @param {string} attributes */
  open(attributes) {
    this.elements.push(`<g ${attributes}>`);
    this.groups[this.groups.length - 1] += 1;
  }

  /**
   * Between `save` and `restore`.
   *
   * @param {number} x
   * @param {number} y
   */
  translate(x, y) {
    this.open(`transform="translate(${number(x)} ${number(y)})"`);
  }

  /** Between `save` and `restore`. */
  clip() {
    const id = `clip-${this.clips++}`;
    this.elements.push(`<clipPath id="${id}"><path d="${this.path.join("")}"/></clipPath>`);
    this.open(`clip-path="url(#${id})"`);
  }

  beginPath() {
    this.path = [];
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  moveTo(x, y) {
    this.path.push(`M${number(x)} ${number(y)}`);
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  lineTo(x, y) {
    this.path.push(`${this.path.length ? "L" : "M"}${number(x)} ${number(y)}`);
  }

  closePath() {
    this.path.push("Z");
  }

  /**
   * @param {number} x
   * @param {number} y
   * @param {number} width
   * @param {number} height
   */
  rect(x, y, width, height) {
    this.path.push(
      `M${number(x)} ${number(y)}h${number(width)}v${number(height)}h${number(-width)}Z`,
    );
  }

  fill() {
    this.elements.push(`<path d="${this.path.join("")}" ${this.filled}/>`);
  }

  stroke() {
    this.elements.push(`<path d="${this.path.join("")}" ${this.stroked}/>`);
  }

  /**
   * @param {number} x
   * @param {number} y
   * @param {number} width
   * @param {number} height
   */
  fillRect(x, y, width, height) {
    this.elements.push(`<rect ${box(x, y, width, height)} ${this.filled}/>`);
  }

  /**
   * @param {number} x
   * @param {number} y
   * @param {number} width
   * @param {number} height
   */
  strokeRect(x, y, width, height) {
    this.elements.push(`<rect ${box(x, y, width, height)} ${this.stroked}/>`);
  }

  /** @param {number[]} dashes */
  setLineDash(dashes) {
    this.dashes = dashes;
  }

  /** @param {string} text */
  measureText(text) {
    return this.measure(text, this.font);
  }

  /**
   * @param {string} text
   * @param {number} x
   * @param {number} y
   */
  fillText(text, x, y) {
    const [, weight = "", size, family] = /^(\d+ )?(\d+)px (.+)$/.exec(this.font) ?? [];
    // Programs differ in how they place other baselines.
    const shares = { top: TOP_SHARE, middle: MIDDLE_SHARE };
    const share =
      this.textBaseline in shares ? shares[/** @type {"top"} */ (this.textBaseline)] : 0;
    const place = `x="${number(x)}" y="${number(y + share * Number(size))}"`;
    const anchor = { right: "end", center: "middle" }[String(this.textAlign)] ?? "start";
    const font = `font-family="${escaped(family)}" font-size="${size}" font-weight="${weight.trim() || 400}"`;
    this.elements.push(
      `<text ${place} ${font} text-anchor="${anchor}" ${this.filled}>${escaped(text)}</text>`,
    );
  }

  /**
   * @param {HTMLCanvasElement} image
   * @param {number} x
   * @param {number} y
   * @param {number} width
   * @param {number} height
   */
  drawImage(image, x, y, width, height) {
    const href = `href="${image.toDataURL("image/png")}"`;
    this.elements.push(`<image ${box(x, y, width, height)} preserveAspectRatio="none" ${href}/>`);
  }

  get filled() {
    return `fill="${escaped(this.fillStyle)}"${this.faded}`;
  }

  get stroked() {
    const dashes = this.dashes.length ? ` stroke-dasharray="${this.dashes.join(" ")}"` : "";
    const line = `stroke="${escaped(this.strokeStyle)}" stroke-width="${number(this.lineWidth)}"`;
    return `fill="none" ${line}${dashes}${this.faded}`;
  }

  get faded() {
    return this.globalAlpha < 1 ? ` opacity="${number(this.globalAlpha)}"` : "";
  }
}

/** @param {number} value */
function number(value) {
  return String(Number(value.toFixed(NUMBER_DIGITS)));
}

/**
 * @param {number} x
 * @param {number} y
 * @param {number} width
 * @param {number} height
 */
function box(x, y, width, height) {
  const size = `width="${number(Math.max(0, width))}" height="${number(Math.max(0, height))}"`;
  return `x="${number(x)}" y="${number(y)}" ${size}`;
}

/** @param {string} text */
function escaped(text) {
  const entities = /** @type {Record<string, string>} */ ({
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
  });
  return text.replace(FORBIDDEN, "\ufffd").replace(/[&<>"]/g, (letter) => entities[letter]);
}
