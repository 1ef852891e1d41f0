"""A real server, a real browser with a fake microphone."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import soundfile
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from models.audio import load_clip
from models.demonstration import demonstration_recording

PROJECT = Path(__file__).parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
START_UP_S = 60
MICROPHONE_RATE_HZ = 48_000  # what Chromium's fake microphone takes
PATIENCE_MS = 45_000  # a machine that is busy with other work is no failure

expect.set_options(timeout=PATIENCE_MS)


@dataclass(frozen=True)
class Server:
    """The app, as its users start it."""

    url: str
    process: subprocess.Popen[bytes]


@pytest.fixture(scope="session")
def server(yamnet_path: Path) -> Iterator[Server]:
    """Run the app on a free port; YAMNet is there."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    options = [f"--server.port={port}", "--server.headless=true", "--server.address=127.0.0.1"]
    environment = {**os.environ, "EARMARK_MODELS": str(yamnet_path.parent)}
    process = subprocess.Popen([*command, *options], cwd=PROJECT, env=environment)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_until_healthy(url, process)
        yield Server(url, process)
    finally:
        process.terminate()
        process.wait(10)


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_UP_S
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/_stcore/health"):  # noqa: S310
            return
        time.sleep(0.2)
    pytest.fail(f"the app did not start within {START_UP_S} s")


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium or Chrome from the machine, its microphone fed with the demonstration clip."""
    sound = tmp_path_factory.mktemp("microphone") / "sound.wav"
    clip = load_clip(demonstration_recording(), sample_rate=MICROPHONE_RATE_HZ)
    soundfile.write(sound, clip.samples, MICROPHONE_RATE_HZ, subtype="PCM_16")
    chromium = launch(playwright, *fake_microphone(sound))
    yield chromium
    chromium.close()


def launch(playwright: Playwright, *arguments: str) -> Browser:
    """Start the machine's own browser."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip(f"no browser on this machine: looked for {', '.join(BROWSERS)}")
    quiet = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
    return playwright.chromium.launch(executable_path=path, args=[*quiet, *arguments])


def fake_microphone(sound: Path) -> tuple[str, ...]:
    """Arguments that feed the microphone with a file, over and over, and grant it unasked."""
    return (
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={sound}",
    )


needs_proc = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="reads the server's CPU time from /proc"
)


def busy_s(server: Server, clock: Page) -> float:
    """CPU time that the server takes in the next two seconds; `clock` is any page to wait on."""
    before_s = _cpu_s(server.process.pid)
    clock.wait_for_timeout(2_000)
    return _cpu_s(server.process.pid) - before_s


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """Open an empty page in a browser profile of its own; a script error on it fails the test."""
    context = browser.new_context(accept_downloads=True, viewport={"width": 1400, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(server.url)
    page.get_by_test_id("stFileUploader").wait_for()
    yield page
    context.close()
    assert not errors
