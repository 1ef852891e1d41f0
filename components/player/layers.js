// Draws one layer each into its own stretch of a canvas. Nothing here keeps anything but what it
// would be slow to make again.

const QUIETEST = 0.01; // peak from which a waveform is not blown up further: -40 dBFS
const FAINTEST = 0.03; // a score below it cannot be told from none
const NARROW_PX = 5; // an event that is shown narrower than this has no outline
const HANDLE_PX = 4; // how near a threshold's line has to be, to be taken hold of

// Match a canvas to the screen's pixels, and clear it.
function prepare(canvas, height) {
  const ratio = devicePixelRatio || 1;
  canvas.style.height = `${height}px`;
  const width = canvas.clientWidth;
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== wide || canvas.height !== high) {
    canvas.width = wide;
    canvas.height = high;
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

function drawRuler(context, axis, box, colours) {
  context.font = "11px sans-serif";
  context.textBaseline = "top";
  for (const { time, label } of axis.ticks()) {
    const x = Math.round(axis.x(time));
    context.fillStyle = colours.grid;
    context.fillRect(x, box.top, 1, box.down);
    context.fillStyle = colours.muted;
    const wide = context.measureText(label).width;
    context.fillText(label, Math.min(Math.max(x + 4, 0), axis.width - wide), box.top + 2);
  }
}

function drawWave(context, axis, picture, box, colours) {
  const level = levelFor(picture.waves, axis.span / axis.width);
  const gain = 1 / 32767 / Math.max(picture.peak, QUIETEST);
  const [middle, reach] = [box.top + box.height / 2, box.height / 2 - 1];
  // One stretch more on either side: the path goes through their middles.
  const first = Math.max(0, Math.floor(axis.from / level.step) - 1);
  const last = Math.min(level.count - 1, Math.ceil(axis.to / level.step) + 1);
  context.fillStyle = colours.grid;
  context.fillRect(0, middle, axis.width, 1);
  // A path, closed along the lower extremes: one fill, however many stretches there are.
  context.beginPath();
  for (let index = first; index <= last; index++) {
    context.lineTo(axis.x((index + 0.5) * level.step), middle - reach * gain * level.rows[2 * index + 1]);
  }
  for (let index = last; index >= first; index--) {
    context.lineTo(axis.x((index + 0.5) * level.step), middle - reach * gain * level.rows[2 * index]);
  }
  context.closePath();
  context.fillStyle = colours.sound;
  context.strokeStyle = colours.sound;
  context.fill();
  context.stroke(); // where both extremes meet, there is nothing to fill
}

// The visible columns become a small image, which the canvas stretches to its place.
class SpectrogramLayer {
  constructor() {
    this.image = document.createElement("canvas");
  }

  draw(context, axis, picture, box, scale) {
    const bands = picture.bands.length;
    const level = levelFor(picture.spectra, axis.span / axis.width);
    const first = Math.max(0, Math.floor(axis.from / level.step));
    const last = Math.min(level.count - 1, Math.floor(axis.to / level.step));
    const columns = last - first + 1;
    if (columns < 1) return;
    this.image.width = columns;
    this.image.height = bands;
    const inner = this.image.getContext("2d");
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

// One lane: how strong the class is over time, as colour or as a curve.
function drawLane(context, axis, lanes, lane, box, { colour, background, asCurve }) {
  context.fillStyle = background;
  context.fillRect(0, box.top, axis.width, box.height);
  context.fillStyle = colour;
  const [first, last] = [lanes.column(axis.from), lanes.column(axis.to)];
  const perPixel = (last - first + 1) / axis.width;
  const stride = Math.max(1, Math.floor(perPixel)); // columns that share a pixel
  if (asCurve) context.beginPath();
  if (asCurve) context.moveTo(axis.x(lanes.edge(first)), box.top + box.height);
  for (let column = first; column <= last; column += stride) {
    let score = 0;
    const next = Math.min(last + 1, column + stride);
    for (let each = column; each < next; each++) score = Math.max(score, lanes.score(lane, each));
    const [left, right] = [axis.x(lanes.edge(column)), axis.x(lanes.edge(next))];
    if (asCurve) {
      const y = box.top + (1 - score) * box.height;
      context.lineTo(left, y);
      context.lineTo(right, y);
    } else if (score >= FAINTEST) {
      context.globalAlpha = score;
      context.fillRect(left, box.top, right - left + 0.3, box.height);
    }
  }
  if (asCurve) {
    context.lineTo(axis.x(lanes.edge(last + 1)), box.top + box.height);
    context.closePath();
    context.globalAlpha = 0.75;
    context.fill();
  }
  context.globalAlpha = 1;
}

// A level that scores have to reach, as a dotted line across its lane.
function drawThreshold(context, axis, threshold, box, colour, { held, isOwn }) {
  const y = Math.round(box.top + (1 - threshold) * box.height) + 0.5;
  context.strokeStyle = colour;
  context.lineWidth = held ? 2 : 1;
  context.globalAlpha = isOwn ? 1 : 0.4;
  context.setLineDash(held ? [] : [2, 4]);
  context.beginPath();
  context.moveTo(0, y);
  context.lineTo(axis.width, y);
  context.stroke();
  context.setLineDash([]);
  context.globalAlpha = 1;
}

function drawEvent(context, axis, event, box, colours, chosen) {
  const [left, right] = [axis.x(event.onset), axis.x(event.offset)];
  if (right < 0 || left > axis.width) return;
  context.strokeStyle = event.judgement === "false alarm" ? colours.warn : colours.outline;
  if (right - left < NARROW_PX) {
    // An outline would hide the score inside: a foot is enough to say that there is something.
    context.fillStyle = context.strokeStyle;
    context.fillRect(left, box.top + box.height - 3, Math.max(1, right - left), 3);
    return;
  }
  context.lineWidth = chosen ? 3 : 1.5;
  if (event.judgement === "false alarm") context.setLineDash([4, 3]);
  context.strokeRect(left + 0.75, box.top + 0.75, Math.max(2, right - left - 1.5), box.height - 1.5);
  context.setLineDash([]);
}

// What was really there: filled where it was found, hollow where it was missed.
function drawTruth(context, axis, truth, boxOf, colours) {
  for (const { onset, offset, label, hit, row } of truth) {
    const [left, right] = [axis.x(onset), axis.x(offset)];
    if (right < 0 || left > axis.width) continue;
    const box = boxOf(row);
    const wide = Math.max(2, right - left - 1);
    context.fillStyle = hit ? colours.score : "transparent";
    context.strokeStyle = hit ? colours.score : colours.warn;
    context.lineWidth = 1.5;
    context.fillRect(left, box.top, wide, box.height);
    context.strokeRect(left + 0.75, box.top + 0.75, wide, box.height - 1.5);
    context.save();
    context.beginPath();
    context.rect(Math.max(0, left), box.top, wide - 4, box.height);
    context.clip();
    context.fillStyle = hit ? colours["on-score"] : colours.text;
    context.font = "11px sans-serif";
    context.textBaseline = "middle";
    context.fillText(label, Math.max(0, left) + 5, box.top + box.height / 2 + 0.5);
    context.restore();
  }
}

// 256 colours between the stops of a scale, each as the four bytes of a pixel.
function pixelScale(stops) {
  const parse = (hex) => [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16));
  const scale = new Uint32Array(256);
  const bytes = new Uint8Array(scale.buffer);
  for (let index = 0; index < 256; index++) {
    const position = index / 255;
    const next = Math.max(1, stops.findIndex(([stop]) => stop >= position));
    const [[low, from], [high, to]] = [stops[next - 1], stops[next]].map(([at, hex]) => [at, parse(hex)]);
    const share = (position - low) / (high - low);
    bytes.set([...from.map((value, i) => value + share * (to[i] - value)), 255], 4 * index);
  }
  return scale;
}
