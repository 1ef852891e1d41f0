/**
 * Sound of a clip: plays on, plays a stretch once, or plays a stretch over and over.
 *
 * The media element's clock is the only one; what is drawn reads it.
 */

const EVENTS = ["play", "pause", "seeked", "ended", "error", "loadedmetadata"];

export class Sound {
  /**
   * @param {HTMLMediaElement} element
   * @param {() => void} onChange - Called when playing begins or ends, and after a seek.
   * @param {AbortSignal} signal - Ends listening to the element.
   */
  constructor(element, onChange, signal) {
    this.element = element;
    /** @type {string | null} */
    this.url = null;
    /** @type {{ from: number, to: number, again: boolean } | null} */
    this.stretch = null; // what is played; null for all that follows
    for (const name of EVENTS) element.addEventListener(name, onChange, { signal });
    // In a hidden tab, too, where nothing is drawn.
    element.addEventListener("timeupdate", () => this.keepInside(), { signal });
  }

  get time() {
    return this.element.currentTime;
  }

  get isPlaying() {
    return !this.element.paused && !this.element.ended;
  }

  /** @param {string | null} url - Of the sound; null where there is none. */
  load(url) {
    if (this.url === url) return;
    this.url = url;
    this.stretch = null;
    if (url) this.element.src = url;
  }

  async play() {
    try {
      await this.element.play();
    } catch (error) {
      // Paused before it began, or not allowed before the first click: nothing is wrong.
      const name = error instanceof DOMException ? error.name : "";
      if (name !== "AbortError" && name !== "NotAllowedError") throw error;
    }
  }

  pause() {
    this.element.pause();
  }

  /** @param {number} time */
  seek(time) {
    if (this.stretch && (time < this.stretch.from || time > this.stretch.to)) this.stretch = null;
    this.element.currentTime = time;
  }

  /**
   * Play a stretch.
   *
   * @param {number} from
   * @param {number} to
   * @param {boolean} again - Whether it is repeated.
   * @param {number} [at] - Where to begin.
   */
  playStretch(from, to, again, at = from) {
    this.element.currentTime = at;
    this.stretch = { from, to, again };
    return this.play();
  }

  /** End or repeat the stretch where it is over. Called for each picture while it plays. */
  keepInside() {
    if (!this.stretch || !this.isPlaying || this.time < this.stretch.to) return;
    if (this.stretch.again) {
      this.element.currentTime = this.stretch.from;
    } else {
      this.pause();
      this.element.currentTime = this.stretch.to;
      this.stretch = null;
    }
  }
}
