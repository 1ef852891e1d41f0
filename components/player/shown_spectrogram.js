/** The spectrogram that is shown: the picture's own, or one of another axis or range. */

import { setText } from "../frontend/dom.js";
import { SPECTROGRAM_PX } from "./layout.js";
import { gradient, pixelScale, rangedScale } from "./palette.js";
import { loadSpectrogram } from "./picture.js";
import { shareOf, writeDb } from "./readout.js";

/** @import { PlayerData } from "./data.js" */
/** @import { SpectrogramPicture } from "./picture.js" */
/** @import { Player } from "./player.js" */

const USUAL_RANGE_DB = 80;
const LABEL_PX = 12;
const LABEL_APART = 0.14; // of the height: a label's line and some space
/** Frequencies that are labelled beside the edges where there is room, the first ones first. */
const ROUND_HZ = [2000, 1000, 5000, 500, 10_000, 200, 20_000, 100, 50_000, 4000, 8000, 15_000];

export class ShownSpectrogram {
  /** @param {Player} player */
  constructor(player) {
    this.player = player;
    /** @type {PlayerData["spectrogram"]} */
    this.source = null;
    /** @type {SpectrogramPicture | null} */
    this.own = null; // null where the picture's is shown
    /** @type {{ text: string, share: number }[]} */
    this.labels = []; // of frequencies, by their share of the height
    this.scale = new Uint32Array(256);
    this.key = "";
  }

  /** @returns {SpectrogramPicture | null} */
  get picture() {
    return this.own ?? this.player.picture;
  }

  get range() {
    return this.player.data.range_db ?? USUAL_RANGE_DB;
  }

  /** The lowest and the highest level that have a colour of their own. */
  get levelLabels() {
    return [writeDb(-this.range), "0 dB"];
  }

  /**
   * Show what the script asks for; until it has come, what was there.
   *
   * @param {PlayerData} data
   * @param {boolean} isOther - Whether another clip is shown than before.
   */
  async show({ spectrogram = null }, isOther) {
    if (isOther) this.own = null;
    if (this.source !== spectrogram) {
      this.source = spectrogram;
      try {
        const own = spectrogram ? await loadSpectrogram(spectrogram) : null;
        if (this.source !== spectrogram) return; // another one was asked for in the meantime
        this.own = own;
      } catch (error) {
        this.player.complain("The spectrogram of this clip did not arrive. Load the page anew.");
        console.error(error);
      }
    }
    this.update();
    this.player.draw();
  }

  /** Colours, legend and labels of what is shown. */
  update() {
    const { picture, player } = this;
    const { levels } = player.data.palette;
    const key = JSON.stringify([
      levels,
      this.range,
      picture?.floor,
      picture?.edges,
      picture?.bands,
    ]);
    if (!picture || key === this.key) return;
    this.key = key;
    this.scale = rangedScale(pixelScale(levels), picture.floor, this.range);
    player.find(".levels-scale").style.background = gradient(levels);
    setText(player.find(".levels-lowest"), this.levelLabels[0]);
    this.labels = frequencyLabels(picture);
    player.find(".spectrogram-name").replaceChildren(
      ...this.labels.map(({ text, share }) => {
        const label = document.createElement("span");
        label.textContent = text;
        label.style.top = `${(SPECTROGRAM_PX - LABEL_PX) * (1 - share)}px`;
        return label;
      }),
    );
  }
}

/**
 * Return the labels beside a spectrogram: its edges, and round frequencies where there is room.
 *
 * @param {Pick<SpectrogramPicture, "bands" | "edges">} picture
 * @returns {{ text: string, share: number }[]} By their share of the height, from the top.
 */
export function frequencyLabels(picture) {
  const [lowest, highest] = picture.edges;
  const labels = [
    { text: writeRound(highest), share: 1 },
    { text: writeRound(lowest), share: 0 },
  ];
  for (const hz of ROUND_HZ) {
    if (hz <= lowest || hz >= highest) continue;
    const share = shareOf(picture, hz);
    if (labels.every((label) => Math.abs(label.share - share) >= LABEL_APART))
      labels.push({ text: writeRound(hz), share });
  }
  return labels.sort((one, other) => other.share - one.share);
}

/** @param {number} hz */
function writeRound(hz) {
  if (hz === 0) return "0";
  return hz < 1000 ? `${Math.round(hz)} Hz` : `${Math.round(hz / 10) / 100} kHz`;
}
