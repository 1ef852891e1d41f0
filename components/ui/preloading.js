/**
 * Preloading component: loads parts of Streamlit's frontend while the page has nothing else to do, so
 * that a first result does not wait for them.
 */

/** @import { Cleanup, Component } from "../frontend/streamlit.js" */

const BEGIN_MS = 1000; // after the page was drawn
const LATEST_MS = 5000; // for one part, on a page that is never idle

let loading = new AbortController();

/** @param {Component<{ parts: string[] }>} component - With the paths of the parts. */
function mountPreloading({ data }) {
  loading.abort();
  loading = new AbortController();
  load(data.parts, loading.signal);
  /** @type {Cleanup} */
  return () => loading.abort();
}

/**
 * @param {string[]} parts
 * @param {AbortSignal} signal
 */
async function load(parts, signal) {
  await new Promise((resolve) => setTimeout(resolve, BEGIN_MS));
  for (const part of parts) {
    await idle();
    if (signal.aborted) return;
    try {
      await import(new URL(part, window.location.origin).href);
    } catch {
      return; // Streamlit loads it when it is needed
    }
  }
}

/** Wait until the page has nothing else to do. */
function idle() {
  return new Promise((resolve) => {
    if (window.requestIdleCallback) window.requestIdleCallback(resolve, { timeout: LATEST_MS });
    else setTimeout(resolve, BEGIN_MS / 4); // Safari
  });
}

export default mountPreloading;
