/** The browser's microphone as blocks of samples. */

import { WORKLET } from "./worklet.js";

/**
 * @template {Int16Array | Float32Array} Block
 * @typedef {object} MicrophoneOptions
 * @property {MediaTrackConstraints} constraints
 * @property {(sampleRate: number) => number} blockSize - Samples of a block, at a rate in Hz.
 * @property {new (size: number) => Block} Kind - Int16Array, or Float32Array for [-1, 1].
 * @property {(block: Block, sampleRate: number) => void} onBlock - Called with each mono block.
 * @property {AbortSignal} signal - Closes the microphone.
 */

const START_MS = 8000; // of the browser's audio, once the microphone is open; usually 0.1 s

/**
 * Open the microphone.
 *
 * @template {Int16Array | Float32Array} Block
 * @param {MicrophoneOptions<Block>} options
 * @returns {Promise<AudioContext>} The context that runs it.
 * @throws {Error} With the message "insecure" where the page may have no microphone, or "stuck"
 *   where the browser's audio does not start: Firefox waits for ever without an audio output.
 * @throws {DOMException} What the browser reports, or AbortError once the signal is aborted.
 */
export async function openMicrophone({ constraints, blockSize, Kind, onBlock, signal }) {
  if (!window.isSecureContext || !navigator.mediaDevices?.getUserMedia) throw new Error("insecure");
  const stream = await navigator.mediaDevices.getUserMedia({ audio: constraints });
  onAbort(signal, () => {
    for (const track of stream.getTracks()) track.stop();
  });
  signal.throwIfAborted();
  const context = new AudioContext();
  onAbort(signal, () => context.close());
  return await orStuck(connect(context, stream, { blockSize, Kind, onBlock, signal }));
}

/**
 * Connect a stream to the worklet that collects blocks.
 *
 * @template {Int16Array | Float32Array} Block
 * @param {AudioContext} context
 * @param {MediaStream} stream
 * @param {Omit<MicrophoneOptions<Block>, "constraints">} options
 * @returns {Promise<AudioContext>}
 */
async function connect(context, stream, { blockSize, Kind, onBlock, signal }) {
  const url = URL.createObjectURL(new Blob([WORKLET], { type: "text/javascript" }));
  await context.audioWorklet.addModule(url);
  URL.revokeObjectURL(url);
  signal.throwIfAborted();
  const node = new AudioWorkletNode(context, "blocks", {
    numberOfOutputs: 0,
    processorOptions: {
      size: blockSize(context.sampleRate),
      integers: Object.is(Kind, Int16Array),
    },
  });
  node.port.onmessage = ({ data }) => {
    if (!signal.aborted) onBlock(data, context.sampleRate);
  };
  context.createMediaStreamSource(stream).connect(node);
  await context.resume();
  return context;
}

/**
 * Wait for the browser's audio to start, but not for ever.
 *
 * @template T
 * @param {Promise<T>} starting
 * @param {number} [patienceMs]
 * @returns {Promise<T>}
 * @throws {Error} With the message "stuck".
 */
export async function orStuck(starting, patienceMs = START_MS) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("stuck")), patienceMs);
  });
  try {
    return await /** @type {Promise<T>} */ (Promise.race([starting, late]));
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Call a function once a signal is aborted: at once where it is already.
 *
 * @param {AbortSignal} signal
 * @param {() => unknown} close
 */
function onAbort(signal, close) {
  if (signal.aborted) close();
  else signal.addEventListener("abort", close, { once: true });
}
