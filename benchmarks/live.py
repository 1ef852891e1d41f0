"""Benchmark of live listening: latency from the onset of a sound to its label, and server load.

A browser receives, through Chromium's fake microphone, five sounds of the demonstration clip in
turn with silence between them. A script in the page monitors the microphone stream that WebRTC
sends, and records the onset of each sound; another records when a label appears among the page's
bars as heard. Browser, server and script share the machine, so this is the worst case.

Then many visitors listen without a browser (tests.load.listening). With `--before`, another
checkout of the project is measured in the same run, alternating with this one.

    python -m benchmarks.live [--minutes 5] [--people 1 12 20] [--before CHECKOUT]
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from playwright.sync_api import BrowserContext, Page, sync_playwright

from models.audio import Clip, load_clip
from models.demonstration import demonstration_events, demonstration_recording
from models.registry.catalog import CATALOG, FOLDERS_VARIABLE, find_model
from tests.e2e.driving import (
    MICROPHONE_RATE_HZ,
    PROJECT,
    Server,
    fake_microphone,
    launch,
    serving_app,
    start_listening,
    wait_until_drawn,
)

LABELS = (
    "Telephone bell ringing",
    "Siren",
    "Whistling",
    "Vehicle horn, car horn, honking",
    "Applause",
)
SOUND_S, SILENCE_S = 1.5, 3.07
"""Their sum is no multiple of the interval, so onsets fall at all phases between two windows."""

WATCH_MICROPHONE = """
(() => {
  const media = navigator.mediaDevices;
  if (!media) return;
  const original = media.getUserMedia.bind(media);
  media.getUserMedia = async (constraints) => {
    const stream = await original(constraints);
    const audio = new AudioContext();
    const code = `registerProcessor("onsets", class extends AudioWorkletProcessor {
      quiet = 0;
      process([[samples]]) {
        if (!samples) return true;
        const loud = samples.some((sample) => Math.abs(sample) > 0.01);
        if (loud && this.quiet > sampleRate) this.port.postMessage(0);
        this.quiet = loud ? 0 : this.quiet + samples.length;
        return true;
      }
    });`;
    const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
    await audio.audioWorklet.addModule(url);
    const node = new AudioWorkletNode(audio, "onsets");
    node.port.onmessage = () => (top.onsets ??= []).push(Date.now());
    audio.createMediaStreamSource(stream).connect(node);
    return stream;
  };
})();
"""

WATCH_PAGE = """
() => {
  window.onsets = [];
  window.seen = [];
  const last = new Map();
  const roots = [...document.querySelectorAll("*")].map((e) => e.shadowRoot).filter(Boolean);
  const bars = roots.map((root) => root.querySelector(".bars")).find(Boolean);
  new MutationObserver(() => {
    for (const item of bars.querySelectorAll("li.heard .label")) {
      const label = item.textContent;
      if (Date.now() - (last.get(label) ?? 0) > 1500) window.seen.push([label, Date.now()]);
      last.set(label, Date.now());
    }
  }).observe(bars, { subtree: true, childList: true, attributes: true, characterData: true });
}
"""


def main() -> None:
    """Measure, and print the results."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--people", type=int, nargs="*", default=(1, 12, 20))
    parser.add_argument("--before", type=Path, help="another checkout to compare with")
    options = parser.parse_args()
    measure_all(options.minutes, options.people, options.before)


def measure_all(minutes: float, people: Sequence[int], before: Path | None = None) -> None:
    """Measure one listener and several, also in another checkout if one is given."""
    checkouts = [PROJECT] if before is None else [before.resolve(), PROJECT]
    for checkout in checkouts:
        print(f"\n## {checkout.name}", flush=True)
        measure(minutes, checkout)
    for checkout in checkouts:
        print(f"\n## {checkout.name}", flush=True)
        _measure_people(people, checkout)


def measure(minutes: float, checkout: Path = PROJECT) -> None:
    """Measure one listener by each transport that a checkout has, and print the results."""
    with (
        tempfile.TemporaryDirectory() as folder,
        serving_app(_model().parent, checkout) as server,
        sync_playwright() as playwright,
    ):
        browser = launch(playwright, *fake_microphone(_sounds(), Path(folder) / "sounds.wav"))
        if browser is None:
            print("There is no Chromium or Chrome on this machine: listening is left out.")
            return
        ways = ["WebRTC"]
        if (checkout / "components" / "server" / "live.py").exists():
            ways.append("WebSocket")
        for way in ways:
            _measure_latency(browser.new_context(), server, minutes, way)
        browser.close()


def _model() -> Path:
    path = find_model(CATALOG["yamnet"])
    if path is None:
        raise SystemExit("YAMNet's file is in none of the model folders; start the app once.")
    return path


def _measure_people(people: Sequence[int], checkout: Path) -> None:
    """Measure several listeners by the checkout's own load test."""
    if people:
        command = [sys.executable, "-m", "tests.load.listening", "--people", *map(str, people)]
        environment = {**os.environ, FOLDERS_VARIABLE: str(_model().parent)}
        subprocess.run(command, cwd=checkout, env=environment, check=True)  # noqa: S603


def _sounds() -> Clip:
    clip = load_clip(demonstration_recording(), sample_rate=MICROPHONE_RATE_HZ)
    silence = np.zeros(round(SILENCE_S * MICROPHONE_RATE_HZ), np.float32)
    parts = []
    for label in LABELS:
        onset_s = next(e.onset_s for e in demonstration_events() if e.label == label)
        start = round(onset_s * MICROPHONE_RATE_HZ)
        parts += [silence, clip.samples[start : start + round(SOUND_S * MICROPHONE_RATE_HZ)]]
    return Clip.from_samples(np.concatenate(parts), MICROPHONE_RATE_HZ)


def _measure_latency(context: BrowserContext, server: Server, minutes: float, way: str) -> None:
    context.add_init_script(WATCH_MICROPHONE)
    page = context.new_page()
    page.set_viewport_size({"width": 1_400, "height": 1_000})  # the settings are visible
    _start(page, server.url, way)
    page.evaluate(WATCH_PAGE)
    page.wait_for_timeout(min(60_000, minutes * 60_000))
    memory_mb, cpu_s, started = server.resident_mb(), server.cpu_s(), time.monotonic()
    page.wait_for_timeout(max(0.0, (minutes - 1) * 60_000))
    delays_ms = _delays_ms(page.evaluate("window.onsets"), page.evaluate("window.seen"))
    print(f"\n{way}: {len(delays_ms)} sounds in {minutes:g} minutes, from onset to label:")
    print(f"median {statistics.median(delays_ms):.0f} ms, {_p95(delays_ms):.0f} ms at 95 %, ")
    print(f"slowest {max(delays_ms):.0f} ms; {_health(page)}")
    if minutes > 1:
        share = (server.cpu_s() - cpu_s) / (time.monotonic() - started)
        print(f"server: {share:.0%} of a core; memory after a minute {memory_mb:.0f} MB, ", end="")
        print(f"at the end {server.resident_mb():.0f} MB")
    context.close()


def _delays_ms(onsets: list[float], seen: list[tuple[str, float]]) -> list[float]:
    """Return the time from each onset to the first true label; a missed one counts as a cycle."""
    delays = []
    cycle_ms = 1000 * (SOUND_S + SILENCE_S)
    for onset in onsets:
        later = [t - onset for label, t in seen if label in LABELS and 0 < t - onset < cycle_ms]
        delays.append(min(later, default=cycle_ms))
    return delays


def _p95(values: list[float]) -> float:
    return float(np.percentile(values, 95))


def _health(page: Page) -> str:
    text = page.locator(".health").inner_text()
    dropped, lost = (
        re.search(rf"{name}\s*(\d+)", text) for name in ("Dropped windows", "Lost packets")
    )
    counts = [match[1] if match else "?" for match in (dropped, lost)]
    return f"dropped windows {counts[0]}, lost packets {counts[1]}"


def _start(page: Page, url: str, way: str) -> None:
    """Start listening by the given transport."""
    if way == "WebRTC":
        start_listening(page, url)
        return
    page.goto(f"{url}/live")
    page.locator("iframe[title*=webrtc]").wait_for()
    wait_until_drawn(page)
    page.get_by_role("combobox", name="Connection").click()
    page.get_by_role("option", name=way, exact=True).click()
    page.get_by_role("button", name="Start listening").click()
    page.locator(".bars li.heard").first.wait_for()


if __name__ == "__main__":
    main()
