"""Benchmark of event edges, on synthetic soundscapes with known true times.

    python -m benchmarks.edges FOLDER [--split test|development] [--count 60]
        [--hop 0.48] [--speech FILE] [--music FILE]

FOLDER holds recordings of ESC-50 (Piczak 2015) as ``<class>/<fold>-<clip>.<suffix>``. Each
soundscape lasts 30 s. Recordings of folds 1 and 2 make the development split, those of folds 3 and
4 the test split: thresholds in `models.events.boundaries` were selected on the first split only.

True times come from each foreground's own recording, before mixing: it is active where its RMS
level in steps of 10 ms is at most `RANGE_DB` below its loudest step, and two active intervals are
two events if the gap between them is longer than `GAP_S`. This rule uses neither a spectrum, nor a
background, nor a score. A recording whose own background lies within that range has no edges, and
is not used as a foreground.

Backgrounds are *quiet*, pink noise 45 dB below the foregrounds' mean level, or *noisy*: pink noise,
or a recording of wind, rain, the sea or a machine, 10 to 20 dB below it.

*Heard* classes are those for which events on the scores' grid overlap at least half of the true
events over all soundscapes of a table's row: undetected classes carry no information about edges.
They are the same for all ways to find edges. Events are compared by `models.events.evaluation`, as
in sed_eval.
"""

import argparse
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.analysis import analyse
from models.audio import Clip, load_clip
from models.audio.playback import wav_file
from models.demonstration import demonstration_events, demonstration_recording
from models.events import Event, find_events, refine_events
from models.events.boundaries import SILENCE
from models.events.evaluation import Counts, evaluate
from models.events.timeline import Timeline
from models.events.truth import TrueEvent
from models.inference import Classifier
from models.opening import open_classifier

Signal = NDArray[np.float32]
Finder = Callable[[Timeline, Clip], list[Event]]

SAMPLE_RATE = 16_000
DURATION_S = 30.0
STEP_S = 0.01
RANGE_DB = 25.0
GAP_S = 0.5
SHORTEST_S = 0.05
LONGEST_BARK_S = 1.0
COLLAR_S = 0.2
THRESHOLD, MERGE_GAP_S = 0.3, 0.5
"""Defaults of the page."""

FOREGROUNDS = {
    "car_horn": "Vehicle horn, car horn, honking",
    "cat": "Cat",
    "chirping_birds": "Bird",
    "church_bells": "Church bell",
    "clapping": "Clapping",
    "clock_alarm": "Alarm clock",
    "coughing": "Cough",
    "cow": "Moo",
    "crow": "Crow",
    "crying_baby": "Baby cry, infant cry",
    "dog": "Dog",
    "door_knock": "Knock",
    "fireworks": "Fireworks",
    "footsteps": "Walk, footsteps",
    "frog": "Frog",
    "glass_breaking": "Glass",
    "hen": "Chicken, rooster",
    "keyboard_typing": "Computer keyboard",
    "laughing": "Laughter",
    "pig": "Pig",
    "rooster": "Crowing, cock-a-doodle-doo",
    "sheep": "Sheep",
    "siren": "Siren",
    "sneezing": "Sneeze",
    "snoring": "Snoring",
    "toilet_flush": "Toilet flush",
    "water_drops": "Drip",
}
"""Folders whose recordings have an onset and an offset, and the label that describes them best."""

STEADY = (
    *("airplane", "chainsaw", "clapping", "crackling_fire", "crickets", "engine"),
    *("helicopter", "insects", "pouring_water", "rain", "sea_waves", "train"),
    *("vacuum_cleaner", "washing_machine", "wind"),
)
"""Folders with recordings of sounds that go on."""

STEADY_DB, LONG_S, CUT_SHARE = 8.0, 1.5, 0.7
"""A recording is steady if 93 % of its levels, in steps of 0.1 s, lie within so many decibels. An
event in it that is longer than `LONG_S` is cut if less than `CUT_SHARE` of it is left, or if it is
in pieces."""

BACKGROUNDS = ("wind", "rain", "sea_waves", "washing_machine", "vacuum_cleaner", "engine")

SPLITS = {"development": "12", "test": "34"}


@dataclass(frozen=True, eq=False)
class Soundscape:
    """A mixed clip and its true events."""

    clip: Clip
    truth: tuple[TrueEvent, ...]


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--split", choices=SPLITS, default="test")
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--hop", type=float, default=0.48)
    parser.add_argument("--model", default="yamnet")
    parser.add_argument("--speech", type=Path, help="a reading voice, 12 s or longer")
    parser.add_argument("--music", type=Path, help="20 s of music or more")
    options = parser.parse_args()
    classifier = open_classifier(options.model)
    finders: dict[str, Finder] = {"coarse": coarse, "refined": refined}
    print(f"Split {options.split}, hop {options.hop:g} s, collar {COLLAR_S:g} s\n")
    print(HEAD)
    for background in ("quiet", "noisy"):
        scenes = soundscapes(options.folder, options.split, background, options.count)
        heard = [(one, classifier.classify(one.clip, options.hop)) for one in scenes]
        for name, finder in finders.items():
            print(measure(f"{background}, {name}", heard, finder).row, flush=True)
    for name, scene in cases(options):
        heard = [(scene, classifier.classify(scene.clip, options.hop))]
        for finder_name, finder in finders.items():
            print(measure(f"{name}, {finder_name}", heard, finder).row, flush=True)
    _print_steady(classifier, options)
    _print_cost(classifier, options)


def coarse(timeline: Timeline, _clip: Clip) -> list[Event]:
    """Find events on the grid of the scores."""
    return find_events(timeline, THRESHOLD, merge_gap_s=MERGE_GAP_S)


def refined(timeline: Timeline, clip: Clip) -> list[Event]:
    """Find events, and refine their edges."""
    return refine_events(coarse(timeline, clip), clip, merge_gap_s=MERGE_GAP_S)


# --- Soundscapes ---------------------------------------------------------------------------


def soundscapes(folder: Path, split: str, background: str, count: int) -> Iterator[Soundscape]:
    """Mix soundscapes of a split's recordings, deterministically."""
    rng = np.random.default_rng([SPLITS[split].encode()[0], background == "noisy"])
    pool = [(label, signal) for label, signal in _foregrounds(folder, SPLITS[split])]
    for _ in range(count):
        yield _mix(folder, split, background, pool, rng)


@cache
def _foregrounds(folder: Path, folds: str) -> tuple[tuple[str, Signal], ...]:
    found = []
    for name, label in FOREGROUNDS.items():
        for path in _recordings(folder / name, folds):
            signal = load_clip(path).samples
            stretches = sounding(signal)
            # The recording's own background is within the range, or it does not end: no edge.
            whole = sum(offset - onset for onset, offset in stretches) > 4.3
            if stretches and not whole and stretches[-1][1] < len(signal) / SAMPLE_RATE - 0.05:
                found.append((label, signal))
    return tuple(found)


def _recordings(folder: Path, folds: str) -> list[Path]:
    return sorted(path for path in folder.glob("*-*.*") if path.name[0] in folds)


def sounding(signal: Signal) -> list[tuple[float, float]]:
    """Return the active intervals of a clean recording in seconds, by the rule of this module."""
    step = round(STEP_S * SAMPLE_RATE)
    steps = signal[: len(signal) // step * step].astype(np.float64).reshape(-1, step)
    powers = np.square(steps).mean(axis=1)
    active = np.flatnonzero(powers >= powers.max() * 10 ** (-RANGE_DB / 10))
    if not powers.max() or not len(active):
        return []
    breaks = np.flatnonzero(np.diff(active) * STEP_S > GAP_S + STEP_S)
    firsts = active[np.concatenate(([0], breaks + 1))]
    lasts = active[np.concatenate((breaks, [len(active) - 1]))] + 1
    stretches = zip((firsts * STEP_S).tolist(), (lasts * STEP_S).tolist(), strict=True)
    return [(onset, offset) for onset, offset in stretches if offset - onset >= SHORTEST_S]


def _mix(
    folder: Path,
    split: str,
    background: str,
    pool: Sequence[tuple[str, Signal]],
    rng: np.random.Generator,
) -> Soundscape:
    """Mix four to seven foregrounds, some of which overlap, with a background."""
    mixed = np.zeros(round(DURATION_S * SAMPLE_RATE), np.float32)
    truth: list[TrueEvent] = []
    for _ in range(rng.integers(4, 8)):
        label, signal = pool[rng.integers(len(pool))]
        stretches = sounding(signal)
        first, last = stretches[0][0], stretches[-1][1]
        at_s = rng.uniform(0.5, DURATION_S - 0.5 - (last - first)) - first
        near = [e for e in truth if e.onset_s < at_s + last + 1 and e.offset_s > at_s + first - 1]
        if any(e.label == label for e in near) or (near and rng.uniform() > 0.15):
            continue
        level = 10 ** (rng.uniform(-30, -20) / 20)
        add(mixed, signal * np.float32(level / loudness(signal, stretches)), at_s)
        truth.extend(TrueEvent(at_s + on, at_s + off, label) for on, off in stretches)
    noise = pink(len(mixed), rng)
    below_db = 45.0
    if background == "noisy":
        below_db = rng.uniform(10, 20)
        if rng.uniform() < 0.5:
            noise = recorded(folder, split, len(mixed), rng)
    mixed += noise * np.float32(10 ** ((-25 - below_db) / 20))
    return Soundscape(Clip.from_samples(mixed, SAMPLE_RATE), tuple(sorted(truth)))


def loudness(signal: Signal, stretches: Sequence[tuple[float, float]]) -> float:
    """Return the RMS of the active intervals of a recording."""
    parts = [signal[round(on * SAMPLE_RATE) : round(off * SAMPLE_RATE)] for on, off in stretches]
    return float(np.sqrt(np.square(np.concatenate(parts), dtype=np.float64).mean()))


def add(mixed: Signal, signal: Signal, at_s: float) -> None:
    """Mix a signal in at a time; parts before the start or after the end are cut."""
    at = round(at_s * SAMPLE_RATE)
    begin, end = max(0, at), min(len(mixed), at + len(signal))
    mixed[begin:end] += signal[begin - at : end - at]


def pink(n_samples: int, rng: np.random.Generator) -> Signal:
    """Return noise of RMS 1 with a power of 1/f, above 40 Hz."""
    spectrum = np.fft.rfft(rng.standard_normal(n_samples))
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    spectrum[: round(40 * n_samples / SAMPLE_RATE)] = 0
    noise = np.fft.irfft(spectrum, n_samples)
    return (noise / np.sqrt(np.square(noise).mean())).astype(np.float32)


def recorded(folder: Path, split: str, n_samples: int, rng: np.random.Generator) -> Signal:
    """Tile a recorded background with crossfades of half a second, and scale it to RMS 1."""
    paths = [path for name in BACKGROUNDS for path in _recordings(folder / name, SPLITS[split])]
    signal = load_clip(paths[rng.integers(len(paths))]).samples
    fade = SAMPLE_RATE // 2
    ramp = np.sqrt(np.linspace(0, 1, fade, dtype=np.float32))
    piece = signal.copy()
    piece[:fade] *= ramp
    piece[-fade:] *= ramp[::-1]
    noise = np.zeros(n_samples, np.float32)
    for at in range(-fade, n_samples, len(piece) - fade):
        add(noise, piece, at / SAMPLE_RATE)
    return noise / np.float32(np.sqrt(np.square(noise, dtype=np.float64).mean()) + 1e-9)


def cases(options: argparse.Namespace) -> Iterator[tuple[str, Soundscape]]:
    """Yield realistic cases, each with its name."""
    yield (
        "demonstration",
        Soundscape(load_clip(demonstration_recording()), demonstration_events()),
    )
    folder, folds = options.folder, SPLITS[options.split]
    rain = load_clip(_recordings(folder / "rain", folds)[0]).samples
    yield "rain fades in", _placed("Rain", [(9.0, np.tile(rain, 3)[: 12 * SAMPLE_RATE])], 3.0)
    if options.speech is not None:
        speech = load_clip(options.speech).samples
        cuts_s = ((0.5, 2.2, 3.0), (6.0, 4.5, 7.0), (9.6, 9.2, 12.0), (13.4, 3.0, 4.5))
        parts = [(at, speech[_at(begin) : _at(end)]) for at, begin, end in cuts_s]
        yield "speech with pauses of 1 to 5 s", _placed("Speech", parts)
    if options.music is not None:
        music = load_clip(options.music).samples[_at(5) : _at(20)]
        alone = _placed("Music", [(7.0, music)])
        yield "music", alone
        yield "barks over music", _with_barks(alone, folder, folds)
        whole = load_clip(options.music).samples[_at(5) : _at(5 + DURATION_S)]
        truth = (TrueEvent(0.0, len(whole) / SAMPLE_RATE, "Music"),)
        yield "music throughout", Soundscape(Clip.from_samples(whole, SAMPLE_RATE), truth)


def _at(seconds: float) -> int:
    return round(seconds * SAMPLE_RATE)


def _placed(label: str, parts: Sequence[tuple[float, Signal]], fade_s: float = 0.02) -> Soundscape:
    """Place parts of one sound at the given times, in quiet noise; each fades in and out."""
    mixed = pink(_at(DURATION_S), np.random.default_rng(7)) * np.float32(10 ** (-70 / 20))
    truth = []
    for at_s, part in parts:
        length_s = len(part) / SAMPLE_RATE
        times_s = np.arange(len(part)) / SAMPLE_RATE
        fade = np.clip(np.minimum(times_s / fade_s, (length_s - times_s) / 0.02), 0, 1)
        level = 10 ** (-25 / 20) / np.sqrt(np.square(part, dtype=np.float64).mean())
        add(mixed, (part * fade * level).astype(np.float32), at_s)
        truth.append(TrueEvent(at_s, at_s + length_s, label))
    return Soundscape(Clip.from_samples(mixed, SAMPLE_RATE), tuple(truth))


def _with_barks(scene: Soundscape, folder: Path, folds: str) -> Soundscape:
    barks = (load_clip(path).samples for path in _recordings(folder / "dog", folds))
    found = ((signal, sounding(signal)) for signal in barks)
    signal, ((onset_s, offset_s),) = next(
        (signal, spans)
        for signal, spans in found
        if len(spans) == 1 and spans[0][1] - spans[0][0] < LONGEST_BARK_S
    )
    mixed, truth = scene.clip.samples.copy(), list(scene.truth)
    for at_s in (9.0, 14.0, 18.5):
        louder = 10 ** (-15 / 20) / loudness(signal, [(onset_s, offset_s)])
        add(mixed, signal * np.float32(louder), at_s - onset_s)
        truth.append(TrueEvent(at_s, at_s + offset_s - onset_s, "Dog"))
    return Soundscape(Clip.from_samples(mixed, SAMPLE_RATE), tuple(sorted(truth)))


# --- Figures -------------------------------------------------------------------------------

HEAD = (
    "| soundscapes | F1 | precision | recall | onset error, median | within 0.2 s "
    "| offset error, median | events |\n| --- | --- | --- | --- | --- | --- | --- | --- |"
)


@dataclass(frozen=True, eq=False)
class Figures:
    """Results for one way to find events."""

    name: str
    counts: Counts
    onset_errors_s: NDArray[np.float64]
    offset_errors_s: NDArray[np.float64]

    @property
    def row(self) -> str:
        """The results as a row of the table."""
        counts, onsets = self.counts, self.onset_errors_s
        onset_s = np.median(np.abs(onsets)) if len(onsets) else np.nan
        offset_s = np.median(np.abs(self.offset_errors_s)) if len(onsets) else np.nan
        near = (np.abs(onsets) <= COLLAR_S).mean() if len(onsets) else np.nan
        return (
            f"| {self.name} | {counts.f1 or 0:.2f} | {counts.precision or 0:.2f} "
            f"| {counts.recall or 0:.2f} | {onset_s:.3f} s | {near:.0%} | {offset_s:.3f} s "
            f"| {counts.tp + counts.fn} |"
        )


def measure(name: str, heard: Sequence[tuple[Soundscape, Timeline]], finder: Finder) -> Figures:
    """Find events in each soundscape, and compare those of heard classes with the truth."""
    tp = fp = fn = 0
    judged = heard_labels(heard)
    onsets: list[float] = []
    offsets: list[float] = []
    for scene, timeline in heard:
        events = finder(timeline, scene.clip)
        labels = judged & {true.label for true in scene.truth}
        counts = evaluate(
            scene.truth, events, timeline.labels, labels=labels, collar_s=COLLAR_S
        ).events.overall
        tp, fp, fn = tp + counts.tp, fp + counts.fp, fn + counts.fn
        for true in (true for true in scene.truth if true.label in labels):
            touching = [event for event in events if _touch(true, event)]
            if touching:
                onsets.append(min((e.onset_s - true.onset_s for e in touching), key=abs))
                offsets.append(min((e.offset_s - true.offset_s for e in touching), key=abs))
    return Figures(name, Counts(tp, fp, fn), np.array(onsets), np.array(offsets))


def heard_labels(heard: Sequence[tuple[Soundscape, Timeline]]) -> set[str]:
    """Return labels whose events on the scores' grid overlap at least half of the true events."""
    true: Counter[str] = Counter()
    touched: Counter[str] = Counter()
    for scene, timeline in heard:
        events = coarse(timeline, scene.clip)
        for one in scene.truth:
            true[one.label] += 1
            touched[one.label] += any(_touch(one, event) for event in events)
    return {label for label, count in true.items() if 2 * touched[label] >= count}


def _touch(true: TrueEvent, event: Event) -> bool:
    is_same = event.label == true.label
    return is_same and event.onset_s < true.offset_s and event.offset_s > true.onset_s


def _print_steady(classifier: Classifier, options: argparse.Namespace) -> None:
    """Tell how many long events in steady recordings, which have no edges, are cut."""
    n_recordings = n_events = n_cut = 0
    for path in (
        p for name in STEADY for p in _recordings(options.folder / name, SPLITS[options.split])
    ):
        clip = load_clip(path)
        if not _is_steady(clip.samples):
            continue
        n_recordings += 1
        for event in coarse(classifier.classify(clip, options.hop), clip):
            if event.offset_s - event.onset_s < LONG_S or event.label == SILENCE:
                continue
            parts = refine_events([event], clip, merge_gap_s=MERGE_GAP_S)
            left_s = sum(part.offset_s - part.onset_s for part in parts)
            n_events += 1
            n_cut += len(parts) > 1 or left_s < CUT_SHARE * (event.offset_s - event.onset_s)
    print(
        f"\nOf {n_events} long events in {n_recordings} steady recordings, {n_cut} are cut "
        f"({n_cut / max(1, n_events):.0%})."
    )


def _is_steady(samples: Signal) -> bool:
    step = SAMPLE_RATE // 10
    steps = samples[: len(samples) // step * step].astype(np.float64).reshape(-1, step)
    levels_db = 10 * np.log10(np.square(steps).mean(axis=1) + 1e-12)
    low_db, high_db = np.quantile(levels_db, (0.02, 0.95))
    return bool(high_db - low_db <= STEADY_DB)


def _print_cost(classifier: Classifier, options: argparse.Namespace) -> None:
    """Compare the CPU time of refining edges with that of an analysis of the same clip."""
    scene = next(soundscapes(options.folder, options.split, "noisy", 1))
    recording = wav_file(scene.clip)
    events = coarse(classifier.classify(scene.clip, options.hop), scene.clip)
    analysing, moving = [], []
    for _ in range(9):
        started_s = time.process_time()
        analyse(
            recording,
            classifier,
            hop_s=options.hop,
            max_duration_s=2 * DURATION_S,
            progress=lambda _fraction: None,
        )
        analysed_s = time.process_time()
        refine_events(events, scene.clip, merge_gap_s=MERGE_GAP_S)
        moving.append(time.process_time() - analysed_s)
        analysing.append(analysed_s - started_s)
    share = min(moving) / min(analysing)
    print(
        f"\nMoving the edges of {len(events)} events takes {min(moving) * 1000:.1f} ms of CPU "
        f"time, an analysis of {DURATION_S:g} s {min(analysing) * 1000:.0f} ms: {share:.1%}."
    )


if __name__ == "__main__":
    main()
