"""Benchmark of decoding in this process and in separate ones: time, and cost of hostile files.

Both ways run in turn within one run. The hostile files are those of the tests.

    python -m benchmarks.decoding [--minutes 60] [--rounds 15]
"""

import argparse
import re
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.sounds import clip_of, mp3_of
from models.analysis import Analysis, analyse
from models.audio import Decoders, load_clip, use_decoders
from models.errors import EarmarkError
from models.inference import Classifier
from models.inference.worker_pool import usable_cores
from models.jobs.fair_queue import FairQueue
from models.jobs.job import Job
from models.registry.catalog import BUILTIN, CATALOG, find_model
from tests.hostile import bombs
from tests.models.audio.recording_files import RECIPES, make

FORMATS = ("wav s16", "mp3 cbr", "flac", "ogg vorbis", "m4a aac")
CLIP_S = 10.0
PIECE_S = 600.0


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=int, default=60, help="length of the MP3, in tens")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    measure(options.minutes, options.rounds)


def measure(minutes: int = 60, rounds: int = 15) -> None:
    """Measure, and print the tables."""
    decoders = Decoders()
    decoders.warm_up()
    load_clip(make(RECIPES["wav s16"][0], 1.0), isolated=True)
    use_decoders(decoders)
    model = find_model(CATALOG["yamnet"]) or find_model(CATALOG[BUILTIN])
    if model is None:
        raise SystemExit("The built-in model's file is not the one in the catalog.")
    classifier = Classifier(model)
    _short(rounds)
    _long(minutes, classifier)
    files = hostile_files()
    _one_by_one(files)
    _all_at_once(files, classifier)
    decoders.close()


def hostile_files() -> dict[str, bytes]:
    """Make files that can exhaust memory or time of a decoder."""
    return {
        "120 streams of 255 channels": bombs.opus_streams(120, 255),
        "40 streams of 255 channels": bombs.opus_streams(40, 255),
        "1,000 streams": bombs.opus_streams(1_000, 1),
        **{f"80,000 tags, {kind}": make(80_000) for kind, make in bombs.TAGS.items()},
        "20 MB of zeros behind a WAV": make(RECIPES["wav s16"][0], 0.3) + bytes(20 << 20),
    }


def _short(rounds: int) -> None:
    print(f"| {CLIP_S:g} s of | in this process (ms) | in its own (ms) | more (ms) |")
    print("| --- | --- | --- | --- |")
    for name in FORMATS:
        recording = make(RECIPES[name][0], CLIP_S)
        times: dict[bool, list[float]] = {False: [], True: []}
        for _ in range(rounds):
            for isolated, taken in times.items():
                started = time.perf_counter()
                load_clip(recording, isolated=isolated)
                taken.append(1000 * (time.perf_counter() - started))
        here, own = (statistics.median(times[isolated]) for isolated in (False, True))
        print(f"| {name} | {here:.1f} | {own:.1f} | {own - here:.1f} |", flush=True)


def _long(minutes: int, classifier: Classifier, rounds: int = 2) -> None:
    recording = mp3_of(clip_of(PIECE_S, 44_100)) * round(minutes * 60 / PIECE_S)
    decoders = Decoders()
    ways: Mapping[str, Decoders | None] = {"in this process": None, "in its own": decoders}
    print(f"\n| {minutes} min of MP3 | time (s) | times real time |\n| --- | --- | --- |")
    for _ in range(rounds):
        for name, chosen in ways.items():
            use_decoders(chosen)
            found = _analysed(recording, classifier, lambda _fraction: None)
            print(f"| {name} | {found.analysis_s:.1f} | {found.speed:.0f} |", flush=True)


def _one_by_one(files: Mapping[str, bytes]) -> None:
    print("\n| hostile file | MB | time (s) | memory of the server (MB) | what is said |")
    print("| --- | --- | --- | --- | --- |")
    for name, content in files.items():
        Path("/proc/self/clear_refs").write_text("5")  # resets VmHWM (proc(5))
        before, started = _kilobytes("VmHWM"), time.perf_counter()
        try:
            said = f"{load_clip(content, isolated=True).duration_s:g} s of sound"
        except EarmarkError as error:
            said = error.arrived
        taken_s, more = time.perf_counter() - started, _kilobytes("VmHWM") - before
        print(f"| {name} | {len(content) / 1e6:.2f} | {taken_s:.1f} | {more / 1000:.0f} | {said} |")


def _all_at_once(files: Mapping[str, bytes], classifier: Classifier) -> None:
    """Queue hostile files as in the server, and then the clip of another visitor."""
    use_decoders(Decoders())
    clip = make(RECIPES["mp3 cbr"][0], CLIP_S)
    print("\n| all of them at once, from | another's clip after (s) | all ended after (s) |")
    print("| --- | --- | --- |")
    for name, visitor in (("no visitor", None), ("one visitor", "one"), ("as many visitors", "")):
        fair_queue = FairQueue(2 * usable_cores())
        started = time.perf_counter()
        jobs = []
        for number, content in enumerate(files.values() if visitor is not None else ()):
            job = _job(content, classifier, fair_queue)
            job.join(visitor or str(number))
            jobs.append(job)
        other = _job(clip, classifier, fair_queue)
        other.join("another")
        other.result()
        taken_s = time.perf_counter() - started
        while not all(job.wait(60.0) for job in jobs):
            pass
        print(f"| {name} | {taken_s:.2f} | {time.perf_counter() - started:.1f} |", flush=True)


def _job(content: bytes, classifier: Classifier, fair_queue: FairQueue) -> Job[Analysis]:
    def work(progress: Callable[[float], None]) -> Analysis:
        return _analysed(content, classifier, progress)

    return Job(work, fair_queue=fair_queue)


def _analysed(
    recording: bytes, classifier: Classifier, progress: Callable[[float], None]
) -> Analysis:
    return analyse(recording, classifier, hop_s=0.48, max_duration_s=1e6, progress=progress)


def _kilobytes(field: str) -> int:
    (found,) = re.findall(rf"{field}:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found)


if __name__ == "__main__":
    main()
