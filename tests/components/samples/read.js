/** Samples of what the app writes. */

import { readFileSync } from "node:fs";

/**
 * Return a sample's bytes.
 *
 * @param {string} name
 * @returns {ArrayBuffer}
 */
export function readSample(name) {
  return Uint8Array.from(readFileSync(new URL(name, import.meta.url))).buffer;
}
