"""Benchmark of windows per second: Earmark's pool, a plain loop over one interpreter, MediaPipe.

All run the same model file on the same samples in windows that do not overlap (MediaPipe supports
no other hop); Earmark also in overlapping windows, which share their spectra. They run in turn, so
that disturbances of the machine affect all of them, and the median of the rounds is reported.
Machines differ; only the ratios within one run are comparable.

    python -m benchmarks.windows [RECORDINGS ...] [--minutes 10] [--rounds 5]
"""

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from benchmarks.sounds import clip_of
from models.audio import Clip, load_clip
from models.inference import Classifier
from models.registry.catalog import CATALOG, find_model
from models.tflite.runtimes import TITLES, Runtime, available_runtimes, open_interpreter

WINDOW_S = 0.975
OVERLAPPING_HOPS_S = (0.48, 0.1)  # the page's default, and its shortest
SAMPLE_RATE = 16_000
OURS = "Earmark"


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "recordings", nargs="*", type=Path, help="one after another; else the demonstration clip"
    )
    parser.add_argument("--minutes", type=float, default=10, help="repeated to this length")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    measure(options.recordings, options.minutes, options.rounds)


def measure(recordings: Sequence[Path], minutes: float, rounds: int) -> None:
    """Measure, and print the table."""
    path = find_model(CATALOG["yamnet"])
    if path is None:
        raise SystemExit("YAMNet's file is in none of the model folders; start the app once.")
    contenders = _contenders(path, _sound(recordings, minutes * 60))
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    for run in contenders.values():
        run()  # warm-up
    for _ in range(rounds):
        for name, run in contenders.items():
            started = time.perf_counter()
            n_windows = run()
            rates[name].append(n_windows / (time.perf_counter() - started))
    _print(rates, minutes)


def _sound(recordings: Sequence[Path], duration_s: float) -> Clip:
    if not recordings:
        return clip_of(duration_s)
    joined = np.concatenate([load_clip(recording).samples for recording in recordings])
    return Clip.from_samples(np.resize(joined, round(duration_s * SAMPLE_RATE)), SAMPLE_RATE)


def _contenders(path: Path, clip: Clip) -> dict[str, Callable[[], int]]:
    contenders: dict[str, Callable[[], int]] = {}
    classifier = Classifier(path)
    for hop_s in (WINDOW_S, *OVERLAPPING_HOPS_S):
        name = f"{OURS}, {classifier.workers} threads, hop {hop_s:g} s"
        contenders[name] = _earmark(classifier, clip, hop_s)
    for runtime in available_runtimes():
        contenders[f"plain loop, {TITLES[runtime]}"] = _plain_loop(path, clip, runtime)
    mediapipe = _mediapipe(path, clip)
    if mediapipe is None:
        print("MediaPipe is not installed: left out.")
    else:
        contenders["MediaPipe AudioClassifier"] = mediapipe
    return contenders


def _earmark(classifier: Classifier, clip: Clip, hop_s: float) -> Callable[[], int]:
    return lambda: classifier.classify(clip, hop_s=hop_s).n_frames


def _plain_loop(path: Path, clip: Clip, runtime: Runtime) -> Callable[[], int]:
    interpreter = open_interpreter(path, runtime)
    given = interpreter.get_input_details()[0]["index"]
    taken = interpreter.get_output_details()[0]["index"]
    window_samples = round(WINDOW_S * clip.sample_rate)

    def run() -> int:
        count = len(clip.samples) // window_samples
        for index in range(count):
            start = index * window_samples
            interpreter.tensor(given)()[:] = clip.samples[start : start + window_samples]
            interpreter.invoke()
            interpreter.tensor(taken)().copy()
        return count

    return run


def _mediapipe(path: Path, clip: Clip) -> Callable[[], int] | None:
    try:
        from mediapipe.tasks.python import BaseOptions, audio, components
    except ImportError:
        return None
    options = audio.AudioClassifierOptions(BaseOptions(model_asset_path=str(path)))
    classifier = audio.AudioClassifier.create_from_options(options)
    data = components.containers.AudioData.create_from_array(clip.samples.copy(), clip.sample_rate)
    return lambda: len(classifier.classify(data))


def _print(rounds: dict[str, list[float]], minutes: float) -> None:
    rates = {name: statistics.median(values) for name, values in rounds.items()}
    ours = next(iter(rates.values()))
    print(f"\n{minutes:g} minutes of sound, windows of {WINDOW_S} s, median of the rounds:\n")
    print(f"| {'':32} | windows/s | ms/window | Earmark is |\n| {'-' * 32} | --- | --- | --- |")
    for name, rate in rates.items():
        ratio = "" if name.startswith(OURS) else f"{ours / rate:.2f} times as fast"
        print(f"| {name:32} | {rate:9.0f} | {1000 / rate:9.2f} | {ratio} |")


if __name__ == "__main__":
    main()
