/**
 * Notice of where the player is, for other components of the page that show the same clip.
 *
 * They are modules of their own in the page, so they meet at the document.
 */

const PLAYHEAD = "earmark:playhead";

/** @typedef {{ clip: string, time: number }} Playhead Digest of the clip, and time in seconds. */

/** @param {Playhead} playhead */
export function announcePlayhead(playhead) {
  document.dispatchEvent(new CustomEvent(PLAYHEAD, { detail: playhead }));
}

/**
 * Call a function at each notice.
 *
 * @param {(playhead: Playhead) => void} take
 * @param {AbortSignal} signal - Ends it.
 */
export function listenForPlayhead(take, signal) {
  const onPlayhead = (/** @type {Event} */ event) =>
    take(/** @type {CustomEvent<Playhead>} */ (event).detail);
  document.addEventListener(PLAYHEAD, onPlayhead, { signal });
}
