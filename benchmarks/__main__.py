"""Command line of the benchmarks: all measurements in one run, as Markdown tables.

    python -m benchmarks [PART ...] [--recordings FILE ...] [--quick]

Parts are windows, files, decoding, starting, drop, redraw and live; all by default. A whole run
takes about an hour on two cores, most of it for the recording of 1000 minutes; --quick takes a few
minutes with fewer and shorter measurements. No other program should run meanwhile: it distorts
times, while in ratios it affects both sides.
"""

import argparse
import os
import platform
from collections.abc import Callable
from pathlib import Path

from benchmarks import decoding, drop_to_events, files, live, redraw, starting, windows

PARTS = ("windows", "files", "decoding", "starting", "drop", "redraw", "live")


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--recordings", type=Path, nargs="+", default=[], help="for windows")
    parser.add_argument("--quick", action="store_true", help="shorter recordings, fewer rounds")
    options = parser.parse_args()
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"there is no part {', '.join(sorted(unknown))}, only {', '.join(PARTS)}")
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {_processor()}\n")
    for part, measure in _measures(options.recordings, quick=options.quick).items():
        if not options.parts or part in options.parts:
            print(f"## {part.capitalize()}\n", flush=True)
            measure()


def _measures(recordings: list[Path], *, quick: bool) -> dict[str, Callable[[], None]]:
    if quick:
        return {
            "windows": lambda: windows.measure(recordings, minutes=2, rounds=3),
            "files": lambda: files.measure([10]),
            "decoding": lambda: decoding.measure(minutes=10, rounds=5),
            "starting": lambda: starting.measure(rounds=2),
            "drop": lambda: drop_to_events.measure(rounds=1),
            "redraw": lambda: redraw.measure([10], rounds=5),
            "live": lambda: live.measure_all(minutes=2, people=[1, 4]),
        }
    return {
        "windows": lambda: windows.measure(recordings, minutes=10, rounds=5),
        "files": lambda: files.measure(files.MINUTES),
        "decoding": decoding.measure,
        "starting": lambda: starting.measure(rounds=5),
        "drop": lambda: drop_to_events.measure(rounds=5),
        "redraw": lambda: redraw.measure(redraw.MINUTES, rounds=10),
        "live": lambda: live.measure_all(minutes=10, people=[1, 12]),
    }


def _processor() -> str:
    """Return the name of the processor, if the system provides it (Linux)."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


if __name__ == "__main__":
    main()
