/** Keeps the player's buttons and overview in view while the page scrolls on below the player. */

import { find } from "../frontend/dom.js";

/** @import { Player } from "./player.js" */

const HEADER = "[data-testid=stHeader]"; // of the page, which stays in view

export class StickyBar {
  /** @param {Player} player */
  constructor(player) {
    this.bar = find(player.root, ".bar");
    this.place = find(player.root, ".bar-place");
    const top = document.querySelector(HEADER)?.getBoundingClientRect().bottom ?? 0;
    this.top = Math.round(top);
    // The browser tells when the bar's place begins to leave the view, and when it is back.
    const seen = new IntersectionObserver(() => this.update(), {
      rootMargin: `-${this.top}px 0px 0px 0px`,
      threshold: [0, 0.5, 0.9, 1],
    });
    const sized = new ResizeObserver(() => this.update());
    seen.observe(this.place);
    sized.observe(this.place);
    player.listeners.signal.addEventListener("abort", () => {
      seen.disconnect();
      sized.disconnect();
    });
  }

  update() {
    const { left, top, width } = this.place.getBoundingClientRect();
    const isStuck = width > 0 && isAbove(top, this.top);
    if (isStuck !== this.bar.classList.contains("stuck")) {
      // The place keeps its height, so that nothing moves.
      this.place.style.height = isStuck ? `${this.place.offsetHeight}px` : "";
      this.bar.classList.toggle("stuck", isStuck);
    }
    this.bar.style.cssText = isStuck ? `top:${this.top}px;left:${left}px;width:${width}px` : "";
  }
}

/**
 * Return whether the bar's place has left the view at the top.
 *
 * @param {number} top - Of the place, in the window.
 * @param {number} edge - Of the view.
 */
export function isAbove(top, edge) {
  return top < edge - 1; // fractions of a pixel are no scrolling
}
