"""Benchmark of archives: adding, memory, size, search, recall of the index, and find by example.

Prints tables of docs/archive.md.

    python -m benchmarks.archive [PART ...] [--model NAME] [--hours N ...] [--sounds FOLDER]

Parts are adding, memory, search and examples; all by default. FOLDER has a folder of clips for each
class, as ESC-50. The synthetic archive of 1,000 hours takes 8 GB in the temporary folder.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

import models
from models.archive.features import Features, SourceProperties
from models.archive.indexing import build_indices
from models.archive.rows import Entry, events_table, recording_row, recordings_table, windows_table
from models.archive.scanning import Examined, FileState
from models.archive.start_time import StartTime
from models.archive.store import ArchivedModel, Store
from models.archive.tables import EVENTS, RECORDINGS, WINDOWS
from models.audio import open_flow
from models.demonstration import demonstration_recording
from models.events import Event
from models.inference.worker_pool import usable_cores

PARTS = ("adding", "memory", "search", "examples")
HOP_S = 0.96
ROUNDS = 3
QUERIES = 50
NEIGHBOURS = 50
DRAWS = 4


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--model", default="yamnet")
    parser.add_argument("--hours", type=int, nargs="+", default=[10, 100, 1000])
    parser.add_argument("--recordings", type=int, nargs="+", default=[10, 100, 1000])
    parser.add_argument("--sounds", type=Path, help="a folder for each class")
    parser.add_argument("--minutes", type=int, default=60, help="sound that is added")
    options = parser.parse_args()
    measures: dict[str, Callable[[], None]] = {
        "adding": lambda: print_adding(options.model, options.minutes),
        "memory": lambda: print_memory(options.model, options.recordings),
        "search": lambda: print_search(options.hours),
        "examples": lambda: print_examples(options.model, options.sounds),
    }
    for part in options.parts or PARTS:
        if part != "examples" or options.sounds is not None:
            measures[part]()


def print_adding(model: str, minutes: int) -> None:
    """Add recordings, and compare with the bare analysis on the same workers."""
    from distributed import Client, LocalCluster

    with (
        tempfile.TemporaryDirectory() as folder,
        LocalCluster(
            n_workers=usable_cores(), threads_per_worker=1, dashboard_address=None
        ) as cluster,
        Client(cluster) as client,
    ):
        files = _write_recordings(Path(folder) / "recordings", minutes)
        warm = models.open_archive(Path(folder) / "warm")
        warm.add(files[: 2 * usable_cores()], model=model, client=client)
        client.gather(client.map(bare_analysis, files[:4], model=model, pure=False))
        ratios, rates = [], []
        for number in range(ROUNDS):
            with _timed() as bare:
                client.gather(client.map(bare_analysis, files, model=model, pure=False))
            archive = models.open_archive(Path(folder) / f"archive-{number}")
            with _timed() as adding:
                archive.add(files, model=model, client=client)
            ratios.append(bare[0] / adding[0])
            rates.append(archive.summary().hours * 3600 / adding[0])
        summary = archive.summary()
        verified = archive.verify()
    print("| adding | |\n|---|---:|")
    print(f"| hours of sound per hour on {usable_cores()} cores | {max(rates):,.0f} |")
    print(f"| rate relative to the bare analysis, rounds | {_listed(ratios)} |")
    print(f"| MB per hour on disk | {(summary.size_bytes or 0) / 1e6 / summary.hours:.2f} |")
    print(f"| faults | {len(verified)} |\n")


def bare_analysis(path: Path, model: str) -> int:
    """Score a recording without storing anything; runs in a worker."""
    classifier = _bare_classifier(model)
    with open_flow(path, sample_rate=classifier.contract.sample_rate) as flow:
        return classifier.classify_blocks(flow.blocks(), HOP_S).n_frames


_open: dict[str, Any] = {}


def _bare_classifier(model: str) -> Any:  # noqa: ANN401
    if model not in _open:
        _open[model] = models.open_classifier(model, workers=1)
    return _open[model]


def print_memory(model: str, counts: list[int]) -> None:
    """Measure the peak memory of a process that adds more and more recordings itself."""
    print("| recordings of 10 s | peak memory, MB |\n|---:|---:|")
    for count in counts:
        command = [sys.executable, "-m", "benchmarks.archive_memory", model, str(count)]
        ran = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
        print(f"| {count:,} | {float(ran.stdout.split()[-1]):,.0f} |", flush=True)
    print()


def print_search(hours: list[int]) -> None:
    """Search synthetic archives by class and by example."""
    print("| hours | by class, s | by example, s | exact, s | recall at 50 | build index, s |")
    print("|---:|---:|---:|---:|---:|---:|", flush=True)
    for count in hours:
        with tempfile.TemporaryDirectory() as folder:
            store = Store(folder)
            seeds = fill_synthetic(store, count)
            with _timed() as indexing:
                build_indices(store)
            store.tidy()
            figures = _search_figures(models.open_archive(folder), seeds)
            print(f"| {count:,} | {figures} | {indexing[0]:.0f} |", flush=True)
    print()


def _search_figures(archive: models.Archive, seeds: np.ndarray) -> str:
    """Measure searches that follow a first one, and the recall of the index."""
    queries = _mixed(seeds, QUERIES, np.random.default_rng(1))

    def by_class(_query: np.ndarray) -> object:
        return archive.events("Speech", min_score=0.5, limit=NEIGHBOURS)

    def by_example(query: np.ndarray) -> object:
        return archive.similar(query, limit=NEIGHBOURS)

    def exactly(query: np.ndarray) -> object:
        return archive.similar(query, limit=NEIGHBOURS, exact=True)

    by_class(queries[0])
    by_example(queries[0])
    times = (
        _median_time(by_class, queries[:5]),
        _median_time(by_example, queries[:20]),
        _median_time(exactly, queries[:3]),
    )
    return " | ".join(f"{each:.3f}" for each in (*times, _recall(archive, queries[:10])))


def fill_synthetic(store: Store, hours: int) -> np.ndarray:
    """Fill an archive with recordings of an hour, whose embeddings are mixtures of real ones.

    Returns
    -------
    ndarray of float32, shape (n_windows, 1024)
        The real embeddings.
    """
    classifier = models.open_classifier("yamnet", workers=1)
    clip = models.load_clip(demonstration_recording())
    seeds = classifier.embed(clip, 0.1)
    model = ArchivedModel(
        "yamnet", "synthetic", classifier.labels, 16_000, 15_600, 15_360, seeds.shape[1]
    )
    generator = np.random.default_rng(0)
    for first in range(0, hours, 8):
        entries = {
            number: _synthetic_entry(number, seeds, model, generator)
            for number in range(first, min(hours, first + 8))
        }
        with store.writing(model) as transaction:
            for _ in entries:
                transaction.take_number()
            for number, entry in entries.items():
                transaction.tables[WINDOWS].add(windows_table(number, entry, model))
            transaction.tables[EVENTS].add(events_table(entries, model))
            rows = [recording_row(entry, number, model) for number, entry in entries.items()]
            transaction.tables[RECORDINGS].add(recordings_table(rows, model))
    return seeds


def _synthetic_entry(
    number: int, seeds: np.ndarray, model: ArchivedModel, generator: np.random.Generator
) -> Entry:
    n_windows = round(3600 / HOP_S)
    n_scores = 4 * n_windows
    features = Features(
        embeddings=_mixed(seeds, n_windows, generator).astype(np.float16),
        levels_dbfs=generator.uniform(-60, -10, n_windows).astype(np.float32),
        windows=np.sort(generator.integers(0, n_windows, n_scores)).astype(np.int32),
        classes=generator.integers(0, len(model.labels), n_scores).astype(np.uint16),
        scores=generator.uniform(0.05, 1, n_scores).astype(np.float32),
        n_samples=3600 * model.sample_rate,
    )
    onsets_s = np.sort(generator.uniform(0, 3590, 1200))
    classes = generator.zipf(1.3, 1200) % len(model.labels) - 1
    peaks = generator.uniform(0.2, 1, 1200)
    events = [
        Event(onset_s, onset_s + 1, model.labels[index], peak, peak)
        for onset_s, index, peak in zip(onsets_s, classes, peaks, strict=True)
    ]
    path = Path(f"/synthetic/{number}.wav")
    examined = Examined(path, FileState(1, 1), str(number), StartTime(), ())
    return Entry(examined, features, SourceProperties("wav", "pcm", 16_000, 1, None), events)


def _mixed(seeds: np.ndarray, count: int, generator: np.random.Generator) -> np.ndarray:
    """Mix pairs of embeddings, in random shares, with noise on what is not zero."""
    first, second = seeds[generator.integers(0, len(seeds), (2, count))]
    share = generator.uniform(0, 1, (count, 1)).astype(np.float32)
    noise = generator.normal(1, 0.3, first.shape).astype(np.float32)
    mixed: np.ndarray = np.maximum(0, (share * first + (1 - share) * second) * noise)
    return mixed


def _recall(archive: models.Archive, queries: np.ndarray) -> float:
    """Compare hits by the index with hits by comparison with every window."""
    shares = []
    for query in queries:
        exact, found = (
            {
                (hit.recording, hit.onset_s)
                for hit in archive.similar(query, limit=NEIGHBOURS, exact=is_exact)
            }
            for is_exact in (True, False)
        )
        shares.append(len(exact & found) / len(exact))
    return float(np.mean(shares))


def print_examples(model: str, sounds: Path) -> None:
    """Measure find-by-example on clips with a folder for each class, beside search by name."""
    files = sorted(path for path in sounds.glob("*/*") if path.suffix != ".tsv")
    with tempfile.TemporaryDirectory() as folder:
        archive = models.open_archive(folder)
        archive.add(files, model=model)
        print("| examples | negative | precision at 10 |\n|---:|---:|---:|")
        for n_positive, n_negative in ((1, 0), (5, 0), (5, 5)):
            precision = _precision(archive, files, n_positive, n_negative)
            print(f"| {n_positive} | {n_negative} | {precision:.3f} |", flush=True)
        named = _precision_by_name(archive, files)
        print(f"| the class's name ({named[1]} of the classes have one) | | {named[0]:.3f} |\n")


def _precision(
    archive: models.Archive, files: list[Path], n_positive: int, n_negative: int
) -> float:
    generator = np.random.default_rng(0)
    classes = sorted({path.parent.name for path in files})
    precisions = []
    for name in classes:
        inside = [path for path in files if path.parent.name == name]
        outside = [path for path in files if path.parent.name != name]
        for _ in range(DRAWS):
            chosen = [inside[i] for i in generator.choice(len(inside), n_positive, replace=False)]
            others = [outside[i] for i in generator.choice(len(outside), n_negative)]
            hits = archive.similar(
                [models.load_clip(path) for path in chosen],
                negative=[models.load_clip(path) for path in others],
                limit=100,
            )
            found = list(dict.fromkeys(Path(hit.path) for hit in hits))
            best = [path for path in found if path not in chosen][:10]
            precisions.append(np.mean([path.parent.name == name for path in best]))
    return float(np.mean(precisions))


def _precision_by_name(archive: models.Archive, files: list[Path]) -> tuple[float, int]:
    """Search for a class by a label of the model that contains its name."""
    model = archive.model
    labels = () if model is None else model.labels
    precisions = []
    for name in sorted({path.parent.name for path in files}):
        words = name.replace("_", " ")
        label = next((each for each in labels if words in each.casefold()), None)
        if label is None:
            continue
        hits = archive.events(label, min_score=0.2, limit=1000)
        best = list(dict.fromkeys(Path(hit.path) for hit in hits))[:10]
        precisions.append(sum(path.parent.name == name for path in best) / 10)
    return float(np.mean(precisions)), len(precisions)


def _write_recordings(folder: Path, minutes: int) -> list[Path]:
    """Write recordings of about a minute, each from another place of the demonstration clip."""
    import soundfile

    folder.mkdir()
    samples = models.load_clip(demonstration_recording()).samples
    files = []
    for number in range(minutes):
        shifted = np.roll(samples, number * 7919)
        path = folder / f"20230501_{number // 60:02d}{number % 60:02d}00.wav"
        soundfile.write(path, np.resize(shifted, 60 * 16_000), 16_000)
        files.append(path)
    return files


@contextmanager
def _timed() -> Iterator[list[float]]:
    taken: list[float] = []
    begun = time.perf_counter()
    yield taken
    taken.append(time.perf_counter() - begun)


def _median_time(call: Callable[[Any], object], values: Any) -> float:  # noqa: ANN401
    times = []
    for value in values:
        with _timed() as taken:
            call(value)
        times.append(taken[0])
    return float(np.median(times))


def _listed(values: list[float]) -> str:
    return ", ".join(f"{value:.2f}" for value in values)


if __name__ == "__main__":
    main()
