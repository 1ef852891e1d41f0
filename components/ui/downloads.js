/** Download component: starts a download once, however often the script runs. */

/** @import { Component } from "../frontend/streamlit.js" */

/** @type {Set<string>} */
const started = new Set();

/** @param {Component<{ token: string, address: string, name: string }>} component */
function mountDownload({ data: { token, address, name } }) {
  if (started.has(token)) return;
  started.add(token);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
}

export default mountDownload;
