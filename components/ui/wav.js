/** WAV files: 16-bit PCM, mono. */

const HEADER_BYTES = 44;

/**
 * Write a WAV file.
 *
 * @param {Int16Array[]} blocks - Samples, mono.
 * @param {number} rate - In Hz.
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function writeWav(blocks, rate) {
  const count = blocks.reduce((sum, block) => sum + block.length, 0);
  const view = new DataView(new ArrayBuffer(HEADER_BYTES + 2 * count));
  const write = (/** @type {number} */ at, /** @type {string} */ text) => {
    for (let index = 0; index < text.length; index++)
      view.setUint8(at + index, text.charCodeAt(index));
  };
  write(0, "RIFF");
  view.setUint32(4, HEADER_BYTES - 8 + 2 * count, true);
  write(8, "WAVEfmt ");
  view.setUint32(16, 16, true); // bytes of the format
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, 1, true); // mono
  view.setUint32(24, rate, true);
  view.setUint32(28, 2 * rate, true); // bytes per second
  view.setUint16(32, 2, true); // bytes per sample
  view.setUint16(34, 16, true); // bits per sample
  write(36, "data");
  view.setUint32(40, 2 * count, true);
  let at = HEADER_BYTES;
  for (const block of blocks) {
    for (const sample of block) {
      view.setInt16(at, sample, true);
      at += 2;
    }
  }
  return new Uint8Array(view.buffer);
}
