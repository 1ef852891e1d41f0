/**
 * Sound of a clip: plays on, plays a stretch once, or plays a stretch over and over.
 *
 * The media element's clock is the only one; what is drawn reads it.
 */

/**
 * Why nothing plays: the browser wants a click first, it has failed to play the file, or the file
 * decodes but the browser has failed to play it all the same.
 *
 * @typedef {"refused" | "unplayable" | "no output"} SoundProblem
 */

const MAX_DECODED_S = 600; // decoding takes 0.4 MB of memory a second: float32, stereo, 48 kHz

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
    /** @type {SoundProblem | null} */
    this.problem = null;
    this.onChange = onChange;
    // Before `onChange`, which reads the problem.
    element.addEventListener("play", () => this.report(null), { signal });
    element.addEventListener("error", () => this.explain(), { signal });
    for (const name of EVENTS) element.addEventListener(name, onChange, { signal });
    // In a hidden tab, too, where nothing is drawn.
    element.addEventListener("timeupdate", () => this.keepInside(), { signal });
  }

  get time() {
    return this.element.currentTime;
  }

  get isPlaying() {
    const { paused, ended, error } = this.element;
    return !(paused || ended || error);
  }

  /** @param {string | null} url - Of the sound; null where there is none. */
  load(url) {
    if (this.url === url) return;
    this.url = url;
    this.stretch = null;
    this.report(null);
    if (url) this.element.src = url;
  }

  /** Play on. A problem of the browser is noted, not thrown. */
  async play() {
    if (this.element.error) this.reload();
    try {
      await this.element.play();
    } catch (error) {
      const name = error instanceof DOMException ? error.name : "";
      if (name === "AbortError") return; // paused before it began: nothing is wrong
      if (name === "NotAllowedError") this.report("refused");
      else if (name === "NotSupportedError") await this.explain();
      else throw error;
    }
  }

  /** Load the sound again after an error, which an output that was connected may have mended. */
  reload() {
    const time = this.time;
    this.element.load();
    this.element.currentTime = time;
  }

  /** @param {SoundProblem | null} problem */
  report(problem) {
    if (this.problem === problem) return;
    this.problem = problem;
    this.onChange();
  }

  /**
   * Tell a sound that the browser cannot decode from one that it decodes but does not play, as
   * Firefox does without an audio output. The list of devices does not tell them apart: Firefox and
   * Safari leave outputs out of it.
   */
  async explain() {
    const { url } = this;
    if (!url) return;
    this.report("unplayable");
    if (this.element.duration > MAX_DECODED_S || !(await decodes(url))) return;
    if (this.url === url && this.problem === "unplayable") this.report("no output");
  }

  pause() {
    this.element.pause();
  }

  /**
   * Set volume, speed and pitch.
   *
   * @param {{ volume: number, speed: number, keeps_pitch: boolean }} playback
   */
  adjust({ volume, speed, keeps_pitch }) {
    this.element.volume = volume;
    this.element.defaultPlaybackRate = speed; // that of the next sound
    this.element.playbackRate = speed;
    this.element.preservesPitch = keeps_pitch;
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

/**
 * @param {string} url - Of a sound.
 * @returns {Promise<boolean>} Whether the browser decodes it; this takes no audio output.
 */
async function decodes(url) {
  try {
    const response = await fetch(url);
    if (!response.ok) return false;
    const context = new OfflineAudioContext(1, 1, 48_000);
    await context.decodeAudioData(await response.arrayBuffer());
    return true;
  } catch {
    return false;
  }
}
