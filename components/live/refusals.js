/**
 * Refusals component: streamlit-webrtc's frame shows a browser's own words where there is no
 * microphone, such as "NotReadableError: Could not start audio source". This hides them and tells
 * the script the error's name, for which the page has words. The frame has the page's origin.
 */

/** @import { Cleanup, Component, Tell } from "../frontend/streamlit.js" */

const INTERVAL_MS = 200;
const ERROR = /^(\w+Error): /;

/** @type {ReturnType<typeof setInterval> | undefined} */
let timer;

/** @param {Tell} tell */
function hideRefusals(tell) {
  const frame = document.querySelector('iframe[title*="webrtc"]');
  if (!(frame instanceof HTMLIFrameElement)) return;
  for (const alert of frame.contentDocument?.querySelectorAll(".MuiAlert-root") ?? []) {
    const name = ERROR.exec(alert.textContent ?? "")?.[1];
    if (name === undefined || alert.hasAttribute("hidden")) continue;
    alert.setAttribute("hidden", "");
    alert.setAttribute("style", "display: none"); // the frame's own style shows it all the same
    tell("refused", name);
  }
}

/**
 * @param {Component<null>} component
 * @returns {Cleanup}
 */
function mountRefusals({ setTriggerValue }) {
  clearInterval(timer);
  timer = setInterval(() => hideRefusals(setTriggerValue), INTERVAL_MS);
  return () => clearInterval(timer);
}

export default mountRefusals;
