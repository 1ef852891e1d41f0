/** Script of the report: gives the player what the app's script gives it, from the file itself. */

import { find } from "../../frontend/dom.js";
import { mountPlayer } from "../../player/player.js";

/** @import { PlayerData } from "../../player/data.js" */
/** @import { Palette } from "../../player/palette.js" */

/**
 * @typedef {object} Encoded The player's data, as JSON can hold it.
 * @property {string} scores - Base64, as are the next three.
 * @property {string} events
 * @property {string} picture
 * @property {string | null} spectrogram
 * @property {string} sound
 * @property {string} mime_type - Of the sound.
 * @property {{ palette: Palette, colours: string[] }} dark - Colours of the dark theme.
 */

/** @typedef {Encoded & Omit<PlayerData, "scores" | "events" | "picture" | "spectrogram" | "audio">} Content */

/** @type {Content} */
const content = JSON.parse(find(document, "#data").textContent ?? "");
const darkness = matchMedia("(prefers-color-scheme: dark)");
const paper = matchMedia("print");
const sound = new Blob([fromBase64(content.sound)], { type: content.mime_type });
const constant = {
  ...content,
  scores: fromBase64(content.scores),
  events: fromBase64(content.events),
  picture: fromBase64(content.picture),
  spectrogram: content.spectrogram === null ? null : fromBase64(content.spectrogram),
  audio: URL.createObjectURL(sound),
};
/** @type {PlayerData["wish"]} */
let wish = null;

function show() {
  const isDark = darkness.matches && !paper.matches;
  mountPlayer({
    parentElement: find(document, "#stage"),
    data: {
      ...constant,
      wish,
      palette: isDark ? content.dark.palette : content.palette,
      lanes: isDark ? { ...content.lanes, colours: content.dark.colours } : content.lanes,
    },
    setStateValue() {},
    setTriggerValue() {},
  });
}

/** @param {HTMLTableRowElement} row - Of an event. */
function play(row) {
  const [onset_s, offset_s] = [Number(row.dataset.onset), Number(row.dataset.offset)];
  wish = { number: (wish?.number ?? 0) + 1, onset_s, offset_s };
  show();
}

/**
 * @param {string} text
 * @returns {Uint8Array<ArrayBuffer>}
 */
function fromBase64(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

darkness.addEventListener("change", show);
paper.addEventListener("change", show);
for (const row of document.querySelectorAll("tr")) {
  if (row.dataset.onset !== undefined) row.addEventListener("click", () => play(row));
}
show();
