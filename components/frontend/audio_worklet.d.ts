/** The part of AudioWorkletGlobalScope that the app's worklet uses; TypeScript has no types of it. */

declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}

declare function registerProcessor(
  name: string,
  processor: new (options: {
    processorOptions: { size: number; integers: boolean };
  }) => AudioWorkletProcessor & { process(inputs: Float32Array[][]): boolean },
): void;
