"""The starter model, measured: what it knows, where it stays quiet, and how fast it is.

Prints the tables of models/starter/README.md.

    python -m benchmarks.starter --esc FOLDER [--model FILE] [--fold 4] [--clips FOLDER]
"""

import argparse
import time
from pathlib import Path

import numpy as np

from models.audio import Clip, load_clip
from models.catalog import CATALOG, find_model
from models.classifier import Classifier
from models.runtimes import TITLES, available_runtimes
from models.starter.classes import SILENCE
from models.starter.esc import read_recordings
from models.starter.evaluate import HOP_S, MODEL_FILE, measure_accuracy, noise_clip

NOISES = {"white noise": 0.0, "pink noise": -3.0, "brown noise": -6.0}
LEVELS_DBFS = (-10, -20, -30, -40, -50)
SEEDS = range(5)
ROUNDS = 30


def main() -> None:
    """Measure, and print tables."""
    options = _options()
    classifier = Classifier(options.model)
    _print_accuracy(classifier, options.esc, options.fold)
    _print_noises(classifier)
    if options.clips is not None:
        _print_clips(classifier, options.clips)
    _print_speed(options.model)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--esc", type=Path, required=True, help="folder of ESC-50 or ESC-10")
    parser.add_argument("--model", type=Path, default=MODEL_FILE, help="a starter model's file")
    parser.add_argument("--fold", type=int, default=4, help="one that it was not trained on")
    parser.add_argument("--clips", type=Path, help="folder of other recordings")
    return parser.parse_args()


def _print_accuracy(classifier: Classifier, folder: Path, fold: int) -> None:
    recordings = [one for one in read_recordings(folder) if one.fold == fold]
    accuracy = measure_accuracy(classifier, recordings)
    print(f"| label | right in fold {fold} |\n| --- | --- |")
    for label, share in accuracy.by_label.items():
        print(f"| {label} | {share:.1%} |")
    print(f"| all, among the ten | {accuracy.among_ten:.1%} |")
    print(f"| all, among the thirteen | {accuracy.among_all:.1%} |\n")


def _print_noises(classifier: Classifier) -> None:
    print(
        "| | level | highest mean score | highest score of one window |\n| --- | --- | --- | --- |"
    )
    for name, slope_db in NOISES.items():
        for level_dbfs in LEVELS_DBFS:
            clips = [noise_clip(level_dbfs, slope_db, seed) for seed in SEEDS]
            scores = np.concatenate([classifier.classify(clip, HOP_S).scores for clip in clips])
            print(f"| {name} | {level_dbfs} dBFS | {_highest(classifier, scores)} |")
    print()


def _highest(classifier: Classifier, scores: np.ndarray) -> str:
    cells = []
    for summary in (scores.mean(axis=0), scores.max(axis=0)):
        summary = np.delete(summary, SILENCE)
        labels = np.delete(np.array(classifier.labels), SILENCE)
        cells.append(f"{labels[summary.argmax()]} {summary.max():.2f}")
    return " | ".join(cells)


def _print_clips(classifier: Classifier, folder: Path) -> None:
    print("| recording | highest mean scores | highest score of one window |\n| --- | --- | --- |")
    for path in sorted(folder.glob("*.ogg")):
        timeline = classifier.classify(load_clip(path), HOP_S)
        cells = [
            ", ".join(f"{label} {score:.2f}" for label, score in timeline.top(3, by=by))
            for by in ("mean", "max")
        ]
        print(f"| {path.name} | {' | '.join(cells)} |")
    print()


def _print_speed(path: Path) -> None:
    """Let both models and runtimes take turns; the quickest round of each is least disturbed."""
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, 30 * 16_000).astype(np.float32)
    clip = Clip.from_samples(samples, 16_000)
    yamnet = find_model(CATALOG["yamnet"])
    contenders = {
        f"{title}, {TITLES[runtime]}": Classifier(model, runtime=runtime, workers=1)
        for title, model in (("starter", path), ("YAMNet", yamnet))
        for runtime in available_runtimes()
        if model is not None
    }
    rounds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(ROUNDS):
        for name, classifier in contenders.items():
            started = time.perf_counter()
            n_frames = classifier.classify(clip, HOP_S).n_frames
            rounds[name].append((time.perf_counter() - started) / n_frames * 1000)
    print("| one thread | ms a window |\n| --- | --- |")
    for name, milliseconds in rounds.items():
        print(f"| {name} | {min(milliseconds):.2f} |")


if __name__ == "__main__":
    main()
