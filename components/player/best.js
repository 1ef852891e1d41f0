/** Bars of the best classes of one frame. */

import { Bar } from "../frontend/bar.js";

/** @import { BestClass } from "./picture.js" */

const MAX_BARS = 8;

export class BestClasses {
  /** @param {HTMLElement} list */
  constructor(list) {
    this.list = list;
    this.list.replaceChildren();
    /** @type {Bar[]} */
    this.bars = [];
  }

  /**
   * Show the best classes.
   *
   * @param {BestClass[]} classes - Best first.
   * @param {(category: number) => string} colourOf - CSS colour of a category.
   * @param {Set<number>} active - Indices of the classes that have an event now.
   */
  show(classes, colourOf, active) {
    const shown = classes.slice(0, MAX_BARS);
    while (this.bars.length < shown.length) {
      const bar = new Bar();
      this.bars.push(bar);
      this.list.append(bar.item);
    }
    shown.forEach(({ label, score, category, index }, rank) => {
      const bar = this.bars[rank];
      bar.write(label, score, colourOf(category), active.has(index));
      bar.setLength(score);
    });
  }
}
