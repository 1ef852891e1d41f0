/** Volume, speed and pitch of the player's sound. */

import { find } from "../frontend/dom.js";

/** @import { Player } from "./player.js" */

/**
 * @typedef {object} Playback How the sound is played.
 * @property {number} volume - From 0 to 1.
 * @property {number} speed - One of SPEEDS.
 * @property {boolean} keeps_pitch - Whether a speed other than 1 leaves the pitch as it is.
 */

/** Speeds that are offered; components/view/settings.py has the same. */
export const SPEEDS = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3, 4];

/** @type {Playback} */
const USUAL = { volume: 1, speed: 1, keeps_pitch: true };

const SETTLED_MS = 400; // without a further change, before the script is told

export class SoundControls {
  /**
   * @param {Player} player
   * @param {Playback} [playback] - As it was set before.
   */
  constructor(player, playback = USUAL) {
    this.player = player;
    this.playback = { ...playback };
    this.pending = 0;
    this.volume = find(player.root, ".volume input", HTMLInputElement);
    this.speed = find(player.root, ".speed select", HTMLSelectElement);
    this.pitch = find(player.root, ".pitch", HTMLButtonElement);
    this.speed.replaceChildren(
      ...SPEEDS.map((speed) => new Option(formatSpeed(speed), String(speed))),
    );
    player.on(this.volume, "input", () => this.set({ volume: Number(this.volume.value) }));
    player.on(this.speed, "change", () => this.set({ speed: Number(this.speed.value) }));
    player.on(this.pitch, "click", () => this.set({ keeps_pitch: !this.playback.keeps_pitch }));
    this.show();
  }

  /** @param {Partial<Playback>} change */
  set(change) {
    Object.assign(this.playback, change);
    this.show();
    clearTimeout(this.pending);
    this.pending = window.setTimeout(() => this.tell(), SETTLED_MS);
  }

  /** Tell the script, which keeps it for the visitor. */
  tell() {
    if (!this.player.listeners.signal.aborted)
      this.player.script.setTriggerValue("playback", { ...this.playback });
  }

  show() {
    const { volume, speed, keeps_pitch } = this.playback;
    this.player.sound.adjust(this.playback);
    this.volume.value = String(volume);
    this.volume.setAttribute("aria-valuetext", `${Math.round(100 * volume)}%`);
    this.speed.value = String(speed);
    this.pitch.hidden = speed === 1;
    this.pitch.setAttribute("aria-pressed", String(keeps_pitch));
  }

  /** @param {1 | -1} step - To the next faster or slower speed. */
  step(step) {
    this.set({ speed: speedBeside(this.playback.speed, step) });
  }
}

/**
 * Return the next speed that is offered; the same where there is none.
 *
 * @param {number} speed
 * @param {1 | -1} step
 */
export function speedBeside(speed, step) {
  return SPEEDS[SPEEDS.indexOf(speed) + step] ?? speed;
}

/** @param {number} speed */
function formatSpeed(speed) {
  return `${speed}×`;
}
