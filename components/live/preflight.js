/**
 * Preflight component: checks whether the page can have a microphone, before listening starts. It
 * keeps checking, so a permission that is granted or a device that is plugged in shows at once.
 */

import { find, instanceOn, removeInstance, setText } from "../frontend/dom.js";

/** @import { Cleanup, Component, Tell } from "../frontend/streamlit.js" */

const INTERVAL_MS = 2000; // not every browser reports a change

const TEXTS = {
  insecure:
    "This page is not served over HTTPS, so the browser gives it no microphone. " +
    "Open it over https:// or on localhost, or record a file and drop it on the page Clip.",
  unsupported:
    "This browser offers no microphone to web pages. Use a current Chrome, Edge, Firefox or Safari.",
  denied:
    "The browser was told not to give this page the microphone. Allow it in the site's settings " +
    "(the icon beside the address).",
  missing: "No microphone was found. Plug one in, or allow it in the system's settings.",
};

/**
 * @typedef {keyof typeof TEXTS} Problem
 * @typedef {{ stops: boolean }} PreflightData Whether the script knows of a problem.
 */

/** Shows the problem, if any, and tells the script whether there is one. */
class Preflight {
  /** @param {HTMLElement} line */
  constructor(line) {
    this.line = line;
    /** @type {boolean | null} */
    this.told = null;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.timer = undefined;
  }

  /**
   * @param {PreflightData} data
   * @param {Tell} tell
   */
  update(data, tell) {
    this.stop();
    const check = async () => {
      const problem = await findProblem();
      setText(this.line, problem ? TEXTS[problem] : "");
      this.line.hidden = problem === null;
      const stops = problem !== null;
      if (stops === (this.told ?? data.stops)) return;
      this.told = stops;
      tell("problem", stops); // the script hides Start until there is a microphone
    };
    this.timer = setInterval(check, INTERVAL_MS);
    check();
  }

  stop() {
    clearInterval(this.timer);
  }
}

/** @returns {Promise<Problem | null>} */
async function findProblem() {
  if (!window.isSecureContext) return "insecure";
  if (!navigator.mediaDevices?.getUserMedia) return "unsupported";
  if ((await permission()) === "denied") return "denied";
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.some((device) => device.kind === "audioinput") ? null : "missing";
}

/** @returns {Promise<PermissionState | "unknown">} */
async function permission() {
  try {
    return (await navigator.permissions.query({ name: "microphone" })).state;
  } catch {
    return "unknown"; // some browsers do not say
  }
}

/**
 * @param {Component<PreflightData>} component
 * @returns {Cleanup}
 */
function mountPreflight({ data, parentElement, setStateValue }) {
  const line = find(parentElement, ".preflight");
  const preflight = instanceOn(line, () => new Preflight(line));
  preflight.update(data, setStateValue);
  return () => {
    preflight.stop();
    removeInstance(line);
  };
}

export default mountPreflight;
