/** Bar of one class: its label, its score, and the score as a length. */

import { element, setText } from "./dom.js";

export class Bar {
  constructor() {
    this.item = element("li");
    this.label = element("span", "", "label");
    this.score = element("span", "", "score");
    this.fill = element("div", "", "fill");
    const name = element("div", "", "name");
    name.append(this.label, this.score);
    const track = element("div", "", "track");
    track.append(this.fill);
    this.item.append(name, track);
  }

  /**
   * Write label and score, and set the colours.
   *
   * @param {string} label
   * @param {number} score - In [0, 1].
   * @param {string} colour - CSS colour of the class's category.
   * @param {boolean} isActive - Whether the score counts as an event.
   */
  write(label, score, colour, isActive) {
    setText(this.label, label);
    setText(this.score, score.toFixed(2));
    this.item.style.setProperty("--category", colour);
    this.item.classList.toggle("heard", isActive);
  }

  /**
   * Set the length.
   *
   * @param {number} share - Of the track, in [0, 1].
   */
  setLength(share) {
    this.fill.style.transform = `scaleX(${share})`;
  }
}
