"""Every way to start the application serves the page with its routes and middleware."""

import asyncio
import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from streamlit.proto.Element_pb2 import Element

from models.registry.catalog import FOLDERS_VARIABLE
from tests.e2e.driving import PROJECT
from tests.load.wire import Visitor
from tests.marking import slow

PATIENCE_S = 60.0

COMMANDS = {
    "streamlit run": ("-m", "streamlit", "run", "app.py"),
    "python": ("app.py",),
    "uvicorn": ("-m", "uvicorn", "app:app", "--no-access-log"),
    "script alone": ("-m", "streamlit", "run", "components/script.py"),
}
WAYS = ("streamlit run", "python", "uvicorn")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy whose settings may be changed."""
    unwanted = shutil.ignore_patterns("secrets.toml")  # what is compiled saves seconds
    for name in ("components", "models", ".streamlit"):
        shutil.copytree(PROJECT / name, tmp_path / name, ignore=unwanted)
    shutil.copy(PROJECT / "app.py", tmp_path)
    return tmp_path


@contextlib.contextmanager
def started(way: str, checkout: Path, base: str = "", **environment: str) -> Iterator[str]:
    """Start the application in one of the ways, and wait until it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = checkout / ".streamlit/config.toml"
    own = f'[server]\nport = {port}\naddress = "127.0.0.1"\nheadless = true\nbaseUrlPath = "{base}"'
    settings.write_text(settings.read_text().replace("[server]", own, 1))
    options = ["--port", str(port)] if way == "uvicorn" else []
    process = subprocess.Popen(
        [sys.executable, *COMMANDS[way], *options],
        cwd=checkout,
        env={**os.environ, FOLDERS_VARIABLE: "", **environment},
    )
    url = f"http://127.0.0.1:{port}{'/' + base if base else ''}"
    try:
        _wait_until_healthy(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(requests.ConnectionError):
            if requests.get(f"{url}/_stcore/health", timeout=PATIENCE_S).ok:
                return
        time.sleep(0.1)
    raise TimeoutError(f"it did not start within {PATIENCE_S} s")


def shown(url: str, page: str = "", *, refusing_cookies: bool = False) -> str:
    """Open the page as a browser does; return all its words, once the script has run."""

    async def visit() -> str:
        visitor = Visitor(url, page, cookies=not refusing_cookies)
        async with visitor.visiting():
            await visitor.wait_for(_last_word)
            return re.sub(r"\\+", "", visitor.words())  # as they are read

    return asyncio.run(visit())


def _last_word(element: Element) -> bool | None:
    """Tell whether an element is the footer, which is drawn first, or an error in its place."""
    footer = "after you leave|lose what is here|loses what is here"
    return element.HasField("alert") or bool(re.search(footer, element.markdown.body)) or None


@pytest.mark.parametrize("way", WAYS)
def test_it_serves_its_page_with_headers_cookie_and_routes(way: str, checkout: Path) -> None:
    with started(way, checkout) as url:
        words = shown(url, "compare")  # the first page of all is none of the folder's
        assert "is kept for 30 minutes" in words
        assert "without Earmark's own routes" not in words
        assert "refuses cookies" in shown(url, refusing_cookies=True)
        answer = requests.get(url, timeout=PATIENCE_S)
        assert "earmark_visitor" in answer.cookies
        assert "Content-Security-Policy" in answer.headers
        missing = requests.get(f"{url}/earmark/key/files/digest", timeout=PATIENCE_S)
        assert (missing.status_code, missing.text) == (404, "There is no such file here.")


@pytest.mark.parametrize("way", ["uvicorn", *map(slow, ("streamlit run", "python"))])
def test_it_serves_below_another_path(way: str, checkout: Path) -> None:
    with started(way, checkout, "some/where") as url:
        assert "is kept for 30 minutes" in shown(url)
        missing = requests.get(f"{url}/earmark/key/files/digest", timeout=PATIENCE_S)
        assert missing.text == "There is no such file here."


@pytest.mark.parametrize("way", ["streamlit run", *map(slow, ("python", "uvicorn"))])
def test_a_wrong_limit_is_told_on_the_page(way: str, checkout: Path) -> None:
    with started(way, checkout, EARMARK_MAX_CLIPS="many") as url:
        words = shown(url)
        assert "EARMARK_MAX_CLIPS is 'many'" in words
        assert "a whole number from 1 to 1,000" in words


def test_the_script_by_itself_says_what_is_missing(checkout: Path) -> None:
    """As a host runs it that knows scripts alone."""
    with started("script alone", checkout) as url:
        assert "without Earmark's own routes" in shown(url, "teach")


def test_the_application_is_made_without_what_its_pages_need() -> None:
    """So the server answers at once, and loads the rest while browsers load the page."""
    loaded = subprocess.run(
        [sys.executable, "-c", "import app, sys; print(*sys.modules)"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    heavy = {"models", "components.workspace", "av", "librosa", "scipy", "soxr"}
    assert heavy.isdisjoint(loaded)


def test_the_application_drops_cookies_with_escapes_before_anything_reads_cookies() -> None:
    printed = subprocess.run(
        [sys.executable, "-c", "import app; print(*[m.cls.__name__ for m in app.MIDDLEWARE])"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert printed[:2] == ["ReceivedBounds", "PlainCookies"]
