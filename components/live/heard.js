/**
 * Notice that sound of the microphone has arrived at the server.
 *
 * The panel receives it, the capture component waits for it. They are modules of their own in the
 * page, so they meet at the document.
 */

const HEARD = "earmark:heard";

/** @param {number | null} source - Number of the source whose sound has arrived. */
export function announceHeard(source) {
  document.dispatchEvent(new CustomEvent(HEARD, { detail: source }));
}

/**
 * Call a function at each notice.
 *
 * @param {(source: number | null) => void} take
 * @param {AbortSignal} signal - Ends it.
 */
export function listenForHeard(take, signal) {
  const onHeard = (/** @type {Event} */ event) =>
    take(/** @type {CustomEvent<number | null>} */ (event).detail);
  document.addEventListener(HEARD, onHeard, { signal });
}
