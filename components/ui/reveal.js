/** Reveal component: scrolls the container that it stands in into view, once for each number. */

import { hostOf } from "../frontend/dom.js";

/** @import { Component } from "../frontend/streamlit.js" */

/** @param {Component<number>} component */
function mountReveal({ data, parentElement }) {
  const host = hostOf(parentElement);
  if (host.dataset.revealed === `${data}`) return;
  host.dataset.revealed = `${data}`;
  host.closest("[data-testid=stVerticalBlock]")?.scrollIntoView({ block: "center" });
}

export default mountReveal;
