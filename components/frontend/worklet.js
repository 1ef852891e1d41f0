/** AudioWorklet that collects the microphone's samples into blocks. */

/**
 * Register the processor "blocks": mono blocks of `size` samples, the mean of the channels.
 *
 * A block is a Float32Array, or an Int16Array where `integers` is set. The function runs in the
 * worklet's own global scope, from its source text: it refers to nothing outside itself.
 */
export function registerBlocks() {
  registerProcessor(
    "blocks",
    class extends AudioWorkletProcessor {
      /** @param {{ processorOptions: { size: number, integers: boolean } }} options */
      constructor({ processorOptions: { size, integers } }) {
        super();
        this.block = integers ? new Int16Array(size) : new Float32Array(size);
        this.integers = integers;
        this.filled = 0;
      }

      /** @param {Float32Array[][]} inputs */
      process([channels]) {
        const size = channels[0]?.length ?? 0;
        for (let at = 0; at < size; at++) {
          let sum = 0;
          for (const channel of channels) sum += channel[at];
          const mean = sum / channels.length;
          this.add(this.integers ? Math.round(32768 * mean) : mean);
        }
        return true;
      }

      /** @param {number} value */
      add(value) {
        const isClipped = this.integers && (value < -32768 || value > 32767);
        this.block[this.filled++] = isClipped ? (value < 0 ? -32768 : 32767) : value;
        if (this.filled < this.block.length) return;
        this.port.postMessage(this.block.slice());
        this.filled = 0;
      }
    },
  );
}

/** Source text of the worklet's module. */
export const WORKLET = `(${registerBlocks})();`;
