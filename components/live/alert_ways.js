/**
 * Sound and browser notification of an alert. Both are chosen in the browser, which keeps them: it
 * also keeps the permission for notifications, and gives it only on a click.
 */

import { find, setText } from "../frontend/dom.js";

const NOTES_HZ = [659.26, 880]; // E5 and A5: a rising fourth, heard beside speech and traffic
const NOTE_S = 0.18;
const LOUDNESS = 0.25;
const QUIET = 0.0001; // end of an exponential ramp, which cannot reach 0

const REFUSED =
  "The browser refuses notifications of this page. Allow them in the site's settings (the icon " +
  "beside the address).";
const MISSING = "This browser has no notifications for this page.";

/**
 * Play the alert's two notes.
 *
 * @param {AudioContext} context
 */
export function playChime(context) {
  NOTES_HZ.forEach((frequency, at) => {
    const begin = context.currentTime + at * NOTE_S;
    const oscillator = new OscillatorNode(context, { frequency, type: "triangle" });
    const gain = new GainNode(context, { gain: QUIET });
    gain.gain.setValueAtTime(QUIET, begin);
    gain.gain.exponentialRampToValueAtTime(LOUDNESS, begin + 0.01);
    gain.gain.exponentialRampToValueAtTime(QUIET, begin + 2 * NOTE_S);
    oscillator.connect(gain).connect(context.destination);
    oscillator.start(begin);
    oscillator.stop(begin + 2 * NOTE_S);
  });
}

/** The two buttons, and what they switch. */
export class AlertWays {
  /** @param {HTMLElement} root - Element of the panel. */
  constructor(root) {
    this.place = find(root, ".alert-ways");
    this.chime = new Choice(find(root, ".chime"), "earmark.alert-sound");
    this.notify = new Choice(find(root, ".notify"), "earmark.alert-notification");
    /** @type {AudioContext | null} */
    this.context = null;
    this.listening = new AbortController();
    const { signal } = this.listening;
    this.chime.button.addEventListener("click", () => this.toggleChime(), { signal });
    this.notify.button.addEventListener("click", () => this.toggleNotify(), { signal });
    if (permission() !== "granted") this.notify.set(false);
  }

  toggleChime() {
    this.chime.set(!this.chime.isOn);
    if (this.chime.isOn) this.play();
  }

  async toggleNotify() {
    if (this.notify.isOn) {
      this.notify.set(false);
      return;
    }
    if (permission() === "default") await Notification.requestPermission();
    const answer = permission();
    this.notify.set(answer === "granted");
    const problem = answer === "denied" ? REFUSED : answer === "missing" ? MISSING : "";
    setText(find(this.place, ".alert-refused"), problem);
  }

  /**
   * Tell of an alert.
   *
   * @param {string} label
   * @param {string} tag - Identifies the event, so that two tabs show one notification.
   * @param {boolean} isWatching - Whether the visitor watches the screen that shows the alert.
   */
  tell(label, tag, isWatching) {
    if (this.chime.isOn) this.play();
    if (!this.notify.isOn || isWatching) return;
    try {
      const shown = new Notification(`Heard: ${label}`, { tag, body: "Earmark, listening live" });
      shown.onclick = () => window.focus();
    } catch {
      this.notify.set(false); // Chrome on Android shows them from service workers only
      setText(find(this.place, ".alert-refused"), MISSING);
    }
  }

  /** Play the sound; a browser that has seen no click or key of the visitor yet stays silent. */
  async play() {
    this.context ??= new AudioContext();
    await this.context.resume();
    playChime(this.context);
  }

  stop() {
    this.listening.abort();
    this.context?.close();
  }
}

/** A button that is on or off, which the browser remembers. */
class Choice {
  /**
   * @param {HTMLElement} button
   * @param {string} name - In the browser's storage.
   */
  constructor(button, name) {
    this.button = button;
    this.name = name;
    this.isOn = false;
    this.set(load(name) === "on");
  }

  /** @param {boolean} isOn */
  set(isOn) {
    this.isOn = isOn;
    this.button.setAttribute("aria-pressed", String(isOn));
    try {
      if (isOn) localStorage.setItem(this.name, "on");
      else localStorage.removeItem(this.name);
    } catch {
      // A browser that keeps nothing: the choice holds until the page is left.
    }
  }
}

/** @param {string} name */
function load(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

/** @returns {NotificationPermission | "missing"} */
function permission() {
  return "Notification" in window ? Notification.permission : "missing";
}
