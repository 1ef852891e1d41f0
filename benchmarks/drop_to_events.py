"""Benchmark of a dropped clip: from dropping 10 s of sound in a browser to its events on the page.

The first clip of a page includes what the browser loads on demand; the others, each with different
samples, do not. The stages of each are told by the messages between page and server. CPU time of
server and page is measured beside the wall time, as other programs may load the machine. With
`--before CHECKOUT` another version takes turns with this one.

    python -m benchmarks.drop_to_events [--rounds 3] [--before CHECKOUT]
"""

import argparse
import io
import re
import statistics
import time
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import soundfile
from playwright.sync_api import CDPSession, Page, WebSocket, sync_playwright
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.sounds import clip_of
from models.registry.catalog import CATALOG, find_model
from tests.e2e.driving import PROJECT, Server, launch, serving_app

CLIP_S = 10.0
LATER_CLIPS = 3
IDLE_MS = 3_000  # before a drop, for what is loaded in the background
PATIENCE_MS = 120_000
IDLE = "[data-testid='stApp'][data-test-script-state='notRunning']"
READY = "button:has-text('Try the demonstration clip')"


@dataclass
class Drop:
    """One dropped clip: times from the drop, in seconds, unless stated otherwise.

    Parameters
    ----------
    uploaded_s : float
        Until the page asked for a run of the script.
    answered_s : float
        Until the page had the last message with events.
    events_s : float
        Until the events were on the page.
    settled_s : float
        Until player and script were done.
    runs : float
        Number of runs of the script.
    server_cpu_s, page_cpu_s : float
        CPU time of the server, and of the page's main thread.
    """

    uploaded_s: float = 0.0
    answered_s: float = 0.0
    events_s: float = 0.0
    settled_s: float = 0.0
    runs: float = 0
    server_cpu_s: float = 0.0
    page_cpu_s: float = 0.0


NAMES = {
    "uploaded_s": "uploaded",
    "answered_s": "server has answered",
    "events_s": "events on the page",
    "settled_s": "all drawn",
    "runs": "runs of the script",
    "server_cpu_s": "CPU, server",
    "page_cpu_s": "CPU, page",
}


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--before", type=Path, help="checkout of the version to compare with")
    options = parser.parse_args()
    measure(options.rounds, options.before)


def measure(rounds: int, before: Path | None = None) -> None:
    """Measure, and print the table."""
    path = find_model(CATALOG["yamnet"])
    checkouts = {"before": before} if before is not None else {}
    drops: dict[tuple[str, str], list[Drop]] = {}
    for number in range(rounds):
        for version, checkout in {**checkouts, "this version": PROJECT}.items():
            with serving_app(path.parent if path else None, checkout) as server:
                first, *later = _dropped(server, 100 * number)
            drops.setdefault((version, "first"), []).append(first)
            drops.setdefault((version, "afterwards"), []).extend(later)
    print(f"| from dropping {CLIP_S:g} s, s |", " | ".join(map(", ".join, drops)), "|")
    print("| --- |" + " --- |" * len(drops))
    for field in fields(Drop):
        values = [
            statistics.median(getattr(one, field.name) for one in found) for found in drops.values()
        ]
        shown = [f"{value:.0f}" if field.name == "runs" else f"{value:.2f}" for value in values]
        print(f"| {NAMES[field.name]} | {' | '.join(shown)} |")
    print()


def _dropped(server: Server, seed: int) -> list[Drop]:
    """Open a page, and drop one clip after the other."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        if browser is None:
            raise SystemExit("There is no Chromium or Chrome on this machine.")
        page = browser.new_page()
        page.set_default_timeout(PATIENCE_MS)
        messages = _Messages(page)
        page.goto(server.url)
        page.locator(READY).wait_for()
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        drops = []
        for number in range(1 + LATER_CLIPS):
            page.locator(IDLE).wait_for()
            page.wait_for_timeout(IDLE_MS)
            drops.append(_drop(page, server, session, messages, seed + number))
        browser.close()
    return drops


def _drop(
    page: Page, server: Server, session: CDPSession, messages: "_Messages", seed: int
) -> Drop:
    name, content = f"clip {seed}.wav", _sound(seed)
    messages.clear()
    server_cpu_s, page_cpu_s = server.cpu_s(), _page_cpu_s(session)
    began_s = time.perf_counter()
    page.locator("input[type=file]").first.set_input_files(
        [{"name": name, "mimeType": "audio/wav", "buffer": content}]
    )
    page.get_by_role("heading", name=name).wait_for()
    page.get_by_text(re.compile(r"Events \(")).wait_for()
    drop = Drop(events_s=time.perf_counter() - began_s)
    page.locator(".player[data-state=ready]").wait_for()
    page.locator(IDLE).wait_for()
    drop.settled_s = time.perf_counter() - began_s
    drop.uploaded_s, drop.answered_s = messages.asked_s - began_s, messages.events_s - began_s
    drop.runs = messages.runs
    drop.server_cpu_s = server.cpu_s() - server_cpu_s
    drop.page_cpu_s = _page_cpu_s(session) - page_cpu_s
    return drop


def _sound(seed: int) -> bytes:
    """Return a clip that no other seed gives, so that its analysis is not cached."""
    samples = clip_of(CLIP_S).samples
    noise = np.random.default_rng(seed).uniform(-1e-3, 1e-3, len(samples))
    file = io.BytesIO()
    soundfile.write(file, 0.9 * samples + noise, 16_000, format="WAV")
    return file.getvalue()


def _page_cpu_s(session: CDPSession) -> float:
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(one["value"] for one in metrics if one["name"] == "TaskDuration"))


class _Messages:
    """When the page and the server exchanged what matters, as `time.perf_counter`."""

    def __init__(self, page: Page) -> None:
        self.clear()
        page.on("websocket", self._listen)

    def clear(self) -> None:
        self.asked_s = self.events_s = 0.0
        self.runs = 0

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framesent", self._sent)
        socket.on("framereceived", self._received)

    def _sent(self, data: bytes | str) -> None:
        message = BackMsg()
        message.ParseFromString(data if isinstance(data, bytes) else data.encode())
        if message.WhichOneof("type") == "rerun_script" and not self.asked_s:
            self.asked_s = time.perf_counter()

    def _received(self, data: bytes | str) -> None:
        message = ForwardMsg()
        message.ParseFromString(data if isinstance(data, bytes) else data.encode())
        if message.WhichOneof("type") == "new_session":
            self.runs += 1
        elif message.delta.new_element.heading.body.startswith("Events ("):
            self.events_s = time.perf_counter()


if __name__ == "__main__":
    main()
