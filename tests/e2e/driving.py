"""Control of the app and of the machine's browser, for tests and benchmarks."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import soundfile
from playwright.sync_api import Browser, Page, Playwright, expect

from models.audio import Clip
from models.registry.catalog import FOLDERS_VARIABLE

PROJECT = Path(__file__).parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
REFUSING = "http://127.0.0.1:9"  # port 9, discard: refuses connections
START_UP_S = 60
START_LISTENING_MS = 60_000  # usually five seconds; generous, because the machine may be busy
MICROPHONE_RATE_HZ = 48_000  # of Chromium's fake microphone


@dataclass(frozen=True)
class Server:
    """The running app."""

    url: str
    process: subprocess.Popen[bytes]

    def cpu_s(self) -> float:
        """CPU time used so far, in seconds (Linux)."""
        fields = self._read("stat").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mb(self) -> float:
        """Memory in use, in MB (Linux)."""
        return int(self._read("statm").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

    def _read(self, name: str) -> str:
        return Path(f"/proc/{self.process.pid}/{name}").read_text()


@contextlib.contextmanager
def serving_app(
    model_folder: Path | None,
    checkout: Path = PROJECT,
    log: IO[bytes] | None = None,
    **environment: str,
) -> Iterator[Server]:
    """Run the app on a free port, with a model folder.

    Standard error is written to `log`, if given.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    options = [f"--server.port={port}", "--server.headless=true", "--server.address=127.0.0.1"]
    environment = {**os.environ, FOLDERS_VARIABLE: str(model_folder or ""), **environment}
    process = subprocess.Popen([*command, *options], cwd=checkout, env=environment, stderr=log)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_until_healthy(url, process)
        yield Server(url, process)
    finally:
        process.terminate()
        process.wait(START_UP_S)  # generous, because the machine may be busy


@contextlib.contextmanager
def serving_builtin(folder: Path, prologue: str = "", **environment: str) -> Iterator[Server]:
    """Run a copy of the app with only the built-in model and without a network.

    `prologue` is Python code that runs once, before the application is created, such as a fault
    injection.
    """
    checkout = folder / "earmark"
    unwanted = shutil.ignore_patterns("weights", "secrets.toml")
    for name in ("components", "models", ".streamlit"):
        shutil.copytree(PROJECT / name, checkout / name, ignore=unwanted)
    (checkout / "app.py").write_text(prologue + (PROJECT / "app.py").read_text())
    nowhere = {"HTTPS_PROXY": REFUSING, "https_proxy": REFUSING}
    environment = {"XDG_CACHE_HOME": str(folder / "cache"), **nowhere, **environment}
    with serving_app(None, checkout, **environment) as running:
        yield running


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_UP_S
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/_stcore/health"):  # noqa: S310
            return
        time.sleep(0.2)
    raise TimeoutError(f"the app did not start within {START_UP_S} s")


def launch(playwright: Playwright, *arguments: str) -> Browser | None:
    """Start the machine's own browser; None if there is none."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        return None
    quiet = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
    return playwright.chromium.launch(executable_path=path, args=[*quiet, *arguments])


def fake_microphone(clip: Clip, file: Path) -> tuple[str, ...]:
    """Return arguments for a clip of 48 kHz as looped microphone input, with permission granted."""
    soundfile.write(file, clip.samples, clip.sample_rate, subtype="PCM_16")
    return (
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={file}",
    )


def start_listening(page: Page, url: str) -> None:
    """Open the page "Live", press Start, and wait for the first results."""
    page.goto(f"{url}/live")
    press(page, "Start listening")
    page.locator(".bars li:not([hidden])").first.wait_for(timeout=START_LISTENING_MS)


def press(page: Page, name: str) -> None:
    """Press a button of the microphone's component.

    While a script runs, the component may be on the page twice, at its old and at its new place.
    """
    expect(page.locator("iframe[title*=webrtc]")).not_to_have_count(0)
    wait_until_drawn(page)
    expect(page.locator("iframe[title*=webrtc]")).to_have_count(1)
    page.frame_locator("iframe[title*=webrtc]").get_by_role("button", name=name).click()


def wait_until(page: Page, expression: str) -> None:
    """Wait until a JavaScript expression is true.

    Playwright's own function evaluates it in the page, which the Content-Security-Policy forbids.
    """
    for _ in range(START_LISTENING_MS // 100):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"it did not come to that: {expression}")


def eventually(page: Page, holds: Callable[[], bool]) -> None:
    """Wait until a condition holds that cannot be asked in the page alone."""
    deadline_s = time.monotonic() + START_LISTENING_MS / 1_000
    while not holds():
        assert time.monotonic() < deadline_s, "it did not come to that"
        page.wait_for_timeout(100)


def wait_until_connected(page: Page) -> None:
    """Wait until Streamlit has reconnected, which it tries after one second, two, four, ..."""
    expect(page.locator(".stApp[data-test-connection-state=CONNECTED]")).to_have_count(1)


def wait_until_drawn(page: Page) -> None:
    """Wait until the script has run for all changes on the page."""
    expect(page.locator(".stApp")).to_have_attribute("data-test-script-state", "notRunning")
