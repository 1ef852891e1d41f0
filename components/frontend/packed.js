/** Files and messages that hold a header and arrays, as the server packs them. */

/**
 * @template T
 * @typedef {{
 *   new (buffer: ArrayBuffer, at: number, count: number): T,
 *   BYTES_PER_ELEMENT: number,
 * }} ArrayKind Class of typed arrays.
 */

/**
 * Reads a header, and then one array after another. All is little-endian, as are the machines that
 * browsers run on.
 */
export class PackedReader {
  /**
   * @param {ArrayBuffer} buffer - The length of the header in bytes (uint32), the header as JSON,
   *   and arrays, each at a multiple of its element's size.
   */
  constructor(buffer) {
    const length = new DataView(buffer).getUint32(0, true);
    this.buffer = buffer;
    this.at = 4 + length;
    this.header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  }

  /**
   * Return the next array, which is a view of the buffer.
   *
   * @template {ArrayBufferView} T
   * @param {ArrayKind<T>} Kind
   * @param {number} count - Number of elements.
   * @returns {T}
   */
  take(Kind, count) {
    const size = Kind.BYTES_PER_ELEMENT;
    const at = size * Math.ceil(this.at / size);
    const array = new Kind(this.buffer, at, count);
    this.at = at + array.byteLength;
    return array;
  }
}
