/**
 * Address component: keeps the page's address in step with its settings, without an entry in the
 * browser's history for each change. Back leads to the page before.
 */

import { hostOf } from "../frontend/dom.js";

/** @import { Component } from "../frontend/streamlit.js" */

/**
 * @typedef {object} AddressData
 * @property {string} query - The settings, as a query string.
 * @property {string[]} foreign - Beginnings of parameters that are kept as they are.
 * @property {string} session - Random name of the server's session.
 */

/**
 * Session and query are kept on the element, which stays when the server has lost the session. The
 * tab still shows what it showed then, so that is reported to the new session.
 *
 * @param {Component<AddressData>} component
 */
function mountAddress({ data, parentElement, setTriggerValue }) {
  const { dataset } = hostOf(parentElement);
  const before = { session: dataset.session, query: dataset.query ?? "" };
  dataset.session = data.session;
  if (before.session !== undefined && before.session !== data.session) {
    setTriggerValue("reported", before.query);
    return;
  }
  dataset.query = data.query;
  const url = new URL(window.location.href);
  const isForeign = (/** @type {string} */ name) =>
    data.foreign.some((start) => name.startsWith(start));
  const foreign = [...url.searchParams].filter(([name]) => isForeign(name));
  url.search = [data.query, new URLSearchParams(foreign).toString()].filter(Boolean).join("&");
  if (url.href === window.location.href) return;
  window.history.replaceState(window.history.state, "", url);
}

export default mountAddress;
