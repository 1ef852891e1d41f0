/** Messages that carry the microphone's sound; models/live/packets.py has the format. */

const HEADER_BYTES = 16;

/**
 * Write a message.
 *
 * @param {number} source - Number of the source.
 * @param {number} sampleRate - In Hz.
 * @param {number} first - Number of the first sample, counted from the beginning of the source.
 * @param {Int16Array} samples - Mono.
 * @returns {ArrayBuffer}
 */
export function writeMessage(source, sampleRate, first, samples) {
  const message = new ArrayBuffer(HEADER_BYTES + samples.byteLength);
  const view = new DataView(message);
  view.setUint32(0, source, true);
  view.setUint32(4, sampleRate, true);
  view.setBigUint64(8, BigInt(first), true);
  // Little-endian, as are the machines that browsers run on.
  new Int16Array(message, HEADER_BYTES).set(samples);
  return message;
}
