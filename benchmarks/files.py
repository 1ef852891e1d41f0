"""Benchmark from file to timeline: speed for MP3 files, and growth of time and memory.

Each recording is analysed in a separate process, which first analyses half a minute, so that
everything is loaded, and then takes its current memory as that of the idle process. The analysis
is that of the page: decoding, scores, levels and pictures.

    python -m benchmarks.files [--minutes 10 60 100 1000] [--hop 0.48]
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.sounds import clip_of, mp3_of, wav_of
from models.analysis import analyse
from models.inference import Classifier
from models.registry.catalog import CATALOG, find_model

MINUTES = (10, 60, 100, 1000)
PIECE_S = 600.0
PIECE_RATE_HZ = 44_100
PROJECT = Path(__file__).parents[1]


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=int, nargs="+", default=MINUTES, help="tens of minutes")
    parser.add_argument("--hop", type=float, default=0.48)
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one is not None:
        print(json.dumps(_analyse(options.one, options.hop)))
    else:
        measure(options.minutes, options.hop)


def measure(minutes: Sequence[int], hop_s: float = 0.48) -> None:
    """Measure, and print the table."""
    print(
        f"| MP3, 128 kbit/s, stereo, hop {hop_s:g} s | time | times real time | CPU time ", end=""
    )
    print("| recording | result | peak above idle | beside both |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    piece = mp3_of(clip_of(PIECE_S, PIECE_RATE_HZ))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "recording.mp3")
        for count in minutes:
            with path.open("wb") as file:
                for _ in range(round(count * 60 / PIECE_S)):
                    file.write(piece)
            _print(count, _in_a_process(path, hop_s))


def _in_a_process(path: Path, hop_s: float) -> dict[str, float]:
    ran = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "benchmarks.files", "--one", str(path), "--hop", str(hop_s)],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, float] = json.loads(ran.stdout)
    return found


def _analyse(path: Path, hop_s: float) -> dict[str, float]:
    model = find_model(CATALOG["yamnet"])
    if model is None:
        raise SystemExit("YAMNet's file is in none of the model folders; start the app once.")
    classifier = Classifier(model)
    for recording in (wav_of(clip_of(30.0)), path):
        idle = _kilobytes("VmRSS")
        started, cpu_s = time.perf_counter(), time.process_time()
        data = recording.read_bytes() if isinstance(recording, Path) else recording
        found = analyse(
            data, classifier, hop_s=hop_s, max_duration_s=1e9, progress=lambda _fraction: None
        )
        taken_s = time.perf_counter() - started
    converted = found.playable.converted
    return {
        "duration_s": found.timeline.duration_s,
        "taken_s": taken_s,
        "cpu_s": time.process_time() - cpu_s,
        "recording_mb": len(data) / 1e6,
        "result_mb": (found.timeline.scores.nbytes + len(converted or b"")) / 1e6,
        "peak_mb": (_kilobytes("VmHWM") - idle) * 1024 / 1e6,
    }


def _kilobytes(field: str) -> int:
    (found,) = re.findall(rf"{field}:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found)


def _print(minutes: int, found: dict[str, float]) -> None:
    speed = found["duration_s"] / found["taken_s"]
    beside_mb = found["peak_mb"] - found["recording_mb"] - found["result_mb"]
    print(
        f"| {minutes:,} min | {found['taken_s']:.1f} s | {speed:.0f} | {found['cpu_s']:.1f} s "
        f"| {found['recording_mb']:.0f} MB | {found['result_mb']:.0f} MB "
        f"| {found['peak_mb']:.0f} MB | {beside_mb:.0f} MB |",
        flush=True,
    )


if __name__ == "__main__":
    main()
