/**
 * Unload guard component: has the browser ask before it closes or reloads the tab, while that would
 * lose examples. Browsers ask only where the page was used, and in words of their own.
 */

/** @import { Cleanup, Component } from "../frontend/streamlit.js" */

let asking = new AbortController();

/**
 * @param {Component<{ unsaved: boolean }>} component
 * @returns {Cleanup}
 */
function mountUnloadGuard({ data }) {
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  if (data.unsaved) addEventListener("beforeunload", ask, { signal });
  return () => asking.abort();
}

/** @param {BeforeUnloadEvent} event */
function ask(event) {
  event.preventDefault();
  event.returnValue = true; // for browsers that know no other way: Chromium before 119
}

export default mountUnloadGuard;
