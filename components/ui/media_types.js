/** Media types component: tells the script which of some types the browser does not play. */

/** @import { Component } from "../frontend/streamlit.js" */

/**
 * @typedef {object} MediaTypesData
 * @property {string[]} asked - Types with their codecs.
 * @property {string[]} known - Those of them that the script knows the browser not to play, sorted.
 */

/** @param {Component<MediaTypesData>} component */
function mountMediaTypes({ data, setStateValue }) {
  const sound = new Audio();
  const unplayable = data.asked.filter((type) => sound.canPlayType(type) === "").sort();
  if (unplayable.join() !== data.known.join()) setStateValue("unplayable", unplayable);
}

export default mountMediaTypes;
