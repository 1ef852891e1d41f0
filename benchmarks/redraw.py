"""Benchmark of a slider movement: server time on recordings of ten minutes and of two hours.

The whole page runs, as for a visitor, without a browser: widgets, events, figures and their JSON.
The scores come from the cache; a second run of the model would be visible in the times. A CD
recording is ten times as large as the samples of the model; with a low threshold the table of
events has its maximum length.

    python -m benchmarks.redraw [--minutes 10 120] [--rounds 10]
"""

import argparse
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from streamlit.testing.v1 import AppTest

from benchmarks.sounds import clip_of, wav_of

SCRIPT = str(Path(__file__).parents[1] / "components" / "script.py")
FIRST_RUN_S = 1_800  # timeout of the analysis itself
MINUTES = (10.0, 120.0)
CD_RATE_HZ = 44_100
USUAL, LOW = 0.3, 0.02  # thresholds at which the slider starts


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, nargs="+", default=MINUTES)
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    measure(options.minutes, options.rounds)


def measure(minutes: Sequence[float], rounds: int) -> None:
    """Measure, and print the table."""
    print("| recording | hop | threshold | events | median ms | slowest ms |")
    print("| --- | --- | --- | --- | --- | --- |")
    for count in minutes:
        page = _open(wav_of(clip_of(count * 60)))
        for hop_s, threshold in ((0.48, USUAL), (0.48, LOW), (0.1, USUAL)):
            page.selectbox(key="hop").set_value(hop_s).run()
            _measure(page, f"{count:g} min", hop_s, threshold, rounds)
    page = _open(wav_of(clip_of(minutes[0] * 60, CD_RATE_HZ), channels=2))
    _measure(page, f"{minutes[0]:g} min, CD", 0.48, USUAL, rounds)
    print()


def _open(recording: bytes) -> AppTest:
    page = AppTest.from_file(SCRIPT, default_timeout=FIRST_RUN_S).run()
    page.file_uploader[0].set_value(("recording.wav", recording, "audio/wav"))
    return page.run()


def _measure(page: AppTest, title: str, hop_s: float, threshold: float, rounds: int) -> None:
    times_ms = []
    for step in range(rounds):
        page.slider(key="threshold").set_value(round(threshold + 0.01 * (step + 1), 2))
        started = time.perf_counter()
        page.run()
        times_ms.append(1000 * (time.perf_counter() - started))
    n_events = next(len(t.value) for t in page.dataframe if "onset_s" in t.value)
    print(
        f"| {title} | {hop_s:g} s | {threshold:g} | {n_events:,} "
        f"| {statistics.median(times_ms):.0f} | {max(times_ms):.0f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
