// What does not change while a clip is looked at: its waveform, its spectrogram, and the best
// classes of each moment. It comes as one compressed file (see picture.py), and is brought into
// levels of detail once, so that an hour zooms as smoothly as a second.

const SCORE_STEPS = 256; // as YAMNet's own scores: what is drawn is what the server compares
const COARSER = 4; // stretches of one level that make one of the next
const FEWEST = 2048; // a level that a screen holds entirely has no coarser one

async function loadPicture(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`the picture did not come: ${response.status}`);
  return unpackPicture(response.body);
}

async function unpackPicture(stream) {
  const unzipped = stream.pipeThrough(new DecompressionStream("gzip"));
  return new Picture(await new Response(unzipped).arrayBuffer());
}

class Picture {
  constructor(buffer) {
    const length = new DataView(buffer).getUint32(0, true);
    const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
    let at = 4 + length;
    const take = (Kind, count) => {
      at += (Kind.BYTES_PER_ELEMENT - (at % Kind.BYTES_PER_ELEMENT)) % Kind.BYTES_PER_ELEMENT;
      const part = new Kind(buffer, at, count);
      at += part.byteLength;
      return part;
    };
    const { wave, spectrogram, best } = header;
    this.labels = header.labels;
    this.categories = header.categories;
    this.peak = wave.peak;
    this.waves = pyramid({ step: wave.step_s, count: wave.count, rows: take(Int16Array, 2 * wave.count) }, coarserWave);
    this.bands = spectrogram.bands_hz;
    this.edges = spectrogram.edges_hz;
    this.spectra = pyramid(
      { step: spectrogram.step_s, count: spectrogram.count, rows: take(Uint8Array, spectrogram.count * this.bands.length) },
      (level) => coarserSpectra(level, this.bands.length),
    );
    this.k = best.k;
    this.indices = take(Uint16Array, best.frames * best.k);
    this.scores = take(Uint8Array, best.frames * best.k);
  }

  // The best classes of a frame, as [label, score, category].
  best(frame) {
    return Array.from({ length: this.k }, (_, rank) => {
      const at = frame * this.k + rank;
      const index = this.indices[at];
      return [this.labels[index], this.scores[at] / SCORE_STEPS, this.categories[index], index];
    });
  }
}

// The coarsest level that still has a stretch for every `seconds`.
function levelFor(levels, seconds) {
  return levels.findLast((level) => level.step <= seconds) ?? levels[0];
}

function pyramid(finest, coarser) {
  const levels = [finest];
  while (levels.at(-1).count > FEWEST) levels.push(coarser(levels.at(-1)));
  return levels;
}

function coarserWave({ step, count, rows }) {
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
}

// Columns lie one after the other; the loudest of those that become one is kept.
function coarserSpectra({ step, count, rows }, bands) {
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
}
