/** Colours of the theme, as the server sends them. */

/**
 * @typedef {object} Palette
 * @property {Record<string, string>} colours - CSS colours by their use.
 * @property {[position: number, colour: string][]} levels - Stops of the spectrogram's scale, from
 *   position 0 to 1; colours as #rrggbb.
 * @property {[name: string, colour: string][]} categories
 */

/**
 * Return the 256 colours of a scale, each as the four bytes of a pixel.
 *
 * @param {Palette["levels"]} stops
 * @returns {Uint32Array<ArrayBuffer>}
 */
export function pixelScale(stops) {
  const scale = new Uint32Array(256);
  const bytes = new Uint8Array(scale.buffer);
  for (let index = 0; index < 256; index++) {
    const position = index / 255;
    const next = Math.max(
      1,
      stops.findIndex(([stop]) => stop >= position),
    );
    const [[low, lowColour], [high, highColour]] = [stops[next - 1], stops[next]];
    const share = (position - low) / (high - low);
    const [from, to] = [channels(lowColour), channels(highColour)];
    bytes.set([...from.map((value, at) => value + share * (to[at] - value)), 255], 4 * index);
  }
  return scale;
}

/**
 * Return a scale for the values of a spectrogram.
 *
 * @param {Uint32Array<ArrayBuffer>} scale - 256 colours, from the lowest level to 0 dB.
 * @param {number} floor - Level of the value 0, in dB; that of 255 is 0 dB.
 * @param {number} range - Levels that the colours tell apart, in dB.
 * @returns {Uint32Array<ArrayBuffer>}
 */
export function rangedScale(scale, floor, range) {
  return scale.map((_, value) => {
    const level = floor * (1 - value / 255);
    return scale[Math.round(255 * Math.max(0, 1 + level / range))];
  });
}

/**
 * Return the CSS gradient of a scale, from left to right.
 *
 * @param {Palette["levels"]} stops
 * @returns {string}
 */
export function gradient(stops) {
  const parts = stops.map(([position, colour]) => `${colour} ${100 * position}%`);
  return `linear-gradient(to right, ${parts.join(",")})`;
}

/**
 * Return red, green and blue of a colour.
 *
 * @param {string} colour - As #rrggbb.
 * @returns {number[]}
 */
function channels(colour) {
  return [1, 3, 5].map((start) => Number.parseInt(colour.slice(start, start + 2), 16));
}
