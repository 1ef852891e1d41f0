// The sound: plays on, plays a stretch once, or plays one over and over. The media element's own
// clock is the only one; whatever is drawn asks it.

class Sound {
  constructor(element, onChange) {
    this.element = element;
    this.stretch = null; // { from, to, again }: what is played, null for all that follows
    for (const name of ["play", "pause", "seeked", "ended", "error", "loadedmetadata"]) {
      element.addEventListener(name, onChange);
    }
    element.addEventListener("timeupdate", () => this.keepInside()); // in a hidden tab, too
  }

  get time() {
    return this.element.currentTime;
  }

  get playing() {
    return !this.element.paused && !this.element.ended;
  }

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
      // Paused again before it began, or not allowed before the first click: no fault of ours.
      if (error.name !== "AbortError" && error.name !== "NotAllowedError") throw error;
    }
  }

  pause() {
    this.element.pause();
  }

  seek(time) {
    if (this.stretch && (time < this.stretch.from || time > this.stretch.to)) this.stretch = null;
    this.element.currentTime = time;
  }

  playStretch(from, to, again, at = from) {
    this.element.currentTime = at;
    this.stretch = { from, to, again };
    return this.play();
  }

  // Called once per picture while it plays: a stretch ends within one of them.
  keepInside() {
    if (!this.stretch || !this.playing || this.time < this.stretch.to) return;
    if (this.stretch.again) {
      this.element.currentTime = this.stretch.from;
    } else {
      this.pause();
      this.element.currentTime = this.stretch.to;
      this.stretch = null;
    }
  }
}
