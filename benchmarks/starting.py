"""Benchmark of the start-up: Earmark and Streamlit's hello page, and the time to a first result.

Both are started anew in each round, in turn, each with a browser: from the command to a page whose
script has run and whose main button can be pressed. The clip is then uploaded immediately, so the
time to its result includes everything that is loaded on demand.

    python -m benchmarks.starting [--rounds 5]
"""

import argparse
import contextlib
import os
import re
import socket
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Error, Page, sync_playwright

from benchmarks.sounds import clip_of, wav_of
from models.registry.catalog import CATALOG, FOLDERS_VARIABLE, find_model
from tests.e2e.driving import PROJECT, launch

HELLO = "hello"
EARMARK = "run app.py"
READY = {
    HELLO: "h1:has-text('Welcome to Streamlit')",
    EARMARK: "button:has-text('Try the demonstration clip')",
}
IDLE = "[data-testid='stApp'][data-test-script-state='notRunning']"
PATIENCE_MS = 120_000
CLIP_S = 10.0
MODULES = 10
IMPORTS = """
import streamlit
from components.style import theme
from components.screens import clip, compare, live, models, teach
"""


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    measure(parser.parse_args().rounds)


def measure(rounds: int) -> None:
    """Measure, and print the tables."""
    starts_s: dict[str, list[float]] = {HELLO: [], EARMARK: []}
    results_s: list[float] = []
    with sync_playwright() as playwright:
        browser = launch(playwright)
        if browser is None:
            print("There is no Chromium or Chrome on this machine: starting is left out.")
            return
        for _ in range(rounds):
            for command, times_s in starts_s.items():
                with _started(command) as url:
                    page = _first_page(browser, url, READY[command], times_s)
                    if command == EARMARK:
                        results_s.append(_first_result_s(page))
                    page.context.close()
        browser.close()
    hello_s, ours_s = (statistics.median(times_s) for times_s in starts_s.values())
    print("| from command to interactive page | median s |\n| --- | --- |")
    print(f"| `streamlit hello` | {hello_s:.2f} |\n| Earmark | {ours_s:.2f} |")
    print(f"| Earmark takes | {ours_s / hello_s:.2f} times as long |")
    print(f"| from dropping {CLIP_S:g} s of sound to its events | ", end="")
    print(f"{statistics.median(results_s):.2f} |\n")
    _print_imports()


@contextlib.contextmanager
def _started(command: str) -> Iterator[str]:
    """Start a server, and yield its address before it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    path = find_model(CATALOG["yamnet"])
    environment = {**os.environ, FOLDERS_VARIABLE: str(path.parent if path else "")}
    options = [f"--server.port={port}", "--server.headless=true", "--server.address=127.0.0.1"]
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "streamlit", *command.split(), *options],
        cwd=PROJECT,
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def _first_page(browser: Browser, url: str, ready: str, times_s: list[float]) -> Page:
    started = time.perf_counter()
    page = browser.new_page()
    page.set_default_timeout(PATIENCE_MS)
    while True:
        with contextlib.suppress(Error):  # the server does not accept connections yet
            page.goto(url)
            break
        page.wait_for_timeout(50)
    page.locator(ready).wait_for()
    page.locator(IDLE).wait_for()
    times_s.append(time.perf_counter() - started)
    return page


def _first_result_s(page: Page) -> float:
    sound = {"name": "ten.wav", "mimeType": "audio/wav", "buffer": wav_of(clip_of(CLIP_S))}
    field = page.locator("input[type=file]").first
    started = time.perf_counter()
    field.set_input_files([sound])
    page.get_by_text(re.compile(r"Events \(")).wait_for()
    return time.perf_counter() - started


def _print_imports() -> None:
    """Sum the import times of a server's first page, by package."""
    ran = subprocess.run(  # noqa: S603
        [sys.executable, "-X", "importtime", "-c", IMPORTS],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(Path(PROJECT))},
        capture_output=True,
        text=True,
        check=True,
    )
    packages: Counter[str] = Counter()
    for own_us, name in re.findall(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\w+)", ran.stderr):
        standard = name in sys.stdlib_module_names
        packages["Python's own" if standard else name] += int(own_us)
    print("| imported for the first page | ms |\n| --- | --- |")
    for name, own_us in packages.most_common(MODULES):
        print(f"| {name} | {own_us / 1000:.0f} |")
    print(f"| all | {packages.total() / 1000:.0f} |\n")


if __name__ == "__main__":
    main()
