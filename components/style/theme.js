/**
 * Theme component: tells the script when the visitor switches the theme, in whose colours the
 * server draws charts. Streamlit itself does not run the script then. The theme that the page
 * opened with is not reported.
 */

import { hostOf } from "../frontend/dom.js";

/** @import { Component } from "../frontend/streamlit.js" */

/** @param {Component<null>} component */
function mountTheme({ parentElement, setStateValue }) {
  const host = hostOf(parentElement);
  const background = getComputedStyle(host).getPropertyValue("--st-background-color");
  const before = host.dataset.background;
  host.dataset.background = background;
  if (before !== undefined && before !== background) setStateValue("background", background);
}

export default mountTheme;
