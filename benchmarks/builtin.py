"""Benchmark of the built-in model and YAMNet: speed, false alarms, and the demonstration clip.

Prints tables of models/builtin/README.md.

    python -m benchmarks.builtin [--sounds LABEL=FOLDER ...] [--model FILE]

LABEL is Speech, Music or Silence, FOLDER has recordings of that class only; the first hour is used.
"""

import argparse
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from models.audio import Clip, load_clip
from models.demonstration import demonstration_events, demonstration_recording
from models.errors import EarmarkError
from models.events import find_events, taxonomy
from models.inference import Classifier
from models.registry.catalog import BUILTIN, CATALOG, find_model
from models.tflite.runtimes import TITLES, available_runtimes

HOP_S, THRESHOLD = 0.48, 0.3
HOUR_S = 3600.0
ROUNDS = 30


def main() -> None:
    """Measure, and print the tables."""
    options = _options()
    paths = {"built-in model": options.model, "YAMNet": find_model(CATALOG["yamnet"])}
    models = {name: Classifier(path) for name, path in paths.items() if path is not None}
    _print_speed(paths)
    _print_demonstration(models)
    for label, folder in options.sounds:
        _print_false_alarms(models, label, folder)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", type=Path, default=find_model(CATALOG[BUILTIN]))
    parser.add_argument("--sounds", type=_sounds, action="append", default=[])
    return parser.parse_args()


def _sounds(text: str) -> tuple[str, Path]:
    label, _, folder = text.partition("=")
    return label, Path(folder)


def _print_speed(paths: dict[str, Path | None]) -> None:
    """Run models and runtimes in turn; the fastest round of each is the least disturbed."""
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, 16_000).astype(np.float32)
    window = samples[None, :15_600]
    contenders = {
        f"{name}, {TITLES[runtime]}": Classifier(path, runtime=runtime, workers=1)
        for name, path in paths.items()
        for runtime in available_runtimes()
        if path is not None
    }
    rounds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(ROUNDS):
        for name, classifier in contenders.items():
            started = time.perf_counter()
            classifier.score(np.repeat(window, 10, axis=0))
            rounds[name].append((time.perf_counter() - started) / 10 * 1000)
    print("| one thread | ms a window |\n| --- | --- |")
    for name, milliseconds in rounds.items():
        print(f"| {name} | {min(milliseconds):.2f} |")
    print()


def _print_demonstration(models: dict[str, Classifier]) -> None:
    clip = load_clip(demonstration_recording())
    timelines = {name: model.classify(clip, HOP_S) for name, model in models.items()}
    print(f"| true event | {' | '.join(models)} |\n| --- |{' --- |' * len(models)}")
    for true in demonstration_events():
        cells = []
        for timeline in timelines.values():
            ends = timeline.onsets_s + timeline.window_s
            own = (ends > true.onset_s) & (timeline.onsets_s < true.offset_s)
            column = timeline.labels.index(true.label)
            cells.append(f"{timeline.scores[own, column].max():.2f}")
        print(f"| {true.label}, {true.onset_s:.1f} s | {' | '.join(cells)} |")
    print()


def _print_false_alarms(models: dict[str, Classifier], label: str, folder: Path) -> None:
    """Count events of classes outside the label's category; for Silence, of any other class."""
    clips = list(_hour(folder))
    hours = sum(clip.duration_s for clip in clips) / HOUR_S
    print(f"| {hours:.2f} h of {label} | windows with {label} | false alarms an hour | mostly |")
    print("| --- | --- | --- | --- |")
    for name, model in models.items():
        alarms: Counter[str] = Counter()
        found = n_windows = 0
        for clip in clips:
            timeline = model.classify(clip, HOP_S)
            found += int((timeline.scores[:, timeline.labels.index(label)] >= THRESHOLD).sum())
            n_windows += timeline.n_frames
            events = find_events(timeline, THRESHOLD)
            alarms.update(event.label for event in events if _is_foreign(event.label, label))
        mostly = ", ".join(f"{one} {count}" for one, count in alarms.most_common(4))
        rate = alarms.total() / hours
        print(f"| {name} | {found / n_windows:.1%} | {rate:.0f} | {mostly} |")
    print()


def _is_foreign(found: str, label: str) -> bool:
    if label == "Silence":
        return found != label
    return taxonomy.category(found) != taxonomy.category(label)


def _hour(folder: Path) -> Iterator[Clip]:
    left_s = HOUR_S
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        try:
            clip = load_clip(path)
        except EarmarkError:
            continue
        yield Clip.from_samples(clip.samples[: round(left_s * clip.sample_rate)], clip.sample_rate)
        left_s -= clip.duration_s
        if left_s <= 0:
            return


if __name__ == "__main__":
    main()
