"""What moving a slider costs the server, on recordings of ten minutes and of two hours.

The whole page runs, as it does for a visitor, without a browser: widgets, events, figures and
their JSON. The scores come from the cache; were the model to run again, it would show.

    python -m benchmarks.redraw [--minutes 10 120] [--rounds 10]
"""

import argparse
import io
import statistics
import time
import wave
from pathlib import Path

import numpy as np
from streamlit.testing.v1 import AppTest

from models.audio import load_clip
from models.demonstration import demonstration_recording

APP = str(Path(__file__).parents[1] / "app.py")
FIRST_RUN_S = 900  # patience for the analysis itself


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, nargs="+", default=[10, 120])
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    print("| recording | hop | events | median ms | slowest ms |\n| --- | --- | --- | --- | --- |")
    for minutes in options.minutes:
        page = _open(_recording(minutes * 60))
        for hop_s in (0.48, 0.1):
            page.selectbox(key="hop").set_value(hop_s).run()
            _measure(page, minutes, hop_s, options.rounds)


def _recording(duration_s: float) -> bytes:
    clip = load_clip(demonstration_recording())
    samples = np.resize(clip.samples, round(duration_s * clip.sample_rate))
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(clip.sample_rate)
        out.writeframes((samples * 32_767).astype("<i2").tobytes())
    return file.getvalue()


def _open(recording: bytes) -> AppTest:
    page = AppTest.from_file(APP, default_timeout=FIRST_RUN_S).run()
    page.file_uploader[0].set_value(("recording.wav", recording, "audio/wav"))
    return page.run()


def _measure(page: AppTest, minutes: float, hop_s: float, rounds: int) -> None:
    times_ms = []
    for step in range(rounds):
        page.slider(key="threshold").set_value(round(0.3 + 0.01 * (step + 1), 2))
        started = time.perf_counter()
        page.run()
        times_ms.append(1000 * (time.perf_counter() - started))
    n_events = next(len(t.value) for t in page.dataframe if "onset_s" in t.value)
    print(
        f"| {minutes:g} min | {hop_s:g} s | {n_events:,} "
        f"| {statistics.median(times_ms):.0f} | {max(times_ms):.0f} |"
    )


if __name__ == "__main__":
    main()
