"""Fixtures of the end-to-end tests: a real server, and a real browser with a fake microphone."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    Route,
    expect,
    sync_playwright,
)

from models.audio import Clip, load_clip
from models.demonstration import demonstration_recording
from models.events import Event
from models.events.timeline import Timeline
from models.inference import Classifier
from models.registry.catalog import BUILTIN, CATALOG, find_model
from tests.e2e.driving import (
    BROWSERS,
    MICROPHONE_RATE_HZ,
    Server,
    fake_microphone,
    launch,
    serving_app,
    serving_builtin,
)
from tests.expected import expected_events

SESSION_TTL_S = 8  # shorter than the app's own, so that a test can wait for it
PATIENCE_MS = 45_000  # generous, because other programs may load the machine

LONG_WORK_MS = 4 * PATIENCE_MS  # for work that occupies both cores for ten seconds

expect.set_options(timeout=PATIENCE_MS)

SHARING = "--process-per-site"
"""Pages of one profile share a process, which keeps the app's scripts compiled."""

ANSWERED_BY_TEST = "--disable-features=LocalNetworkAccessChecks"
"""Without it, Chromium blocks connections to this machine from pages fulfilled by a test."""

LaunchBrowser = Callable[..., Browser]
OpenPage = Callable[..., Page]


@pytest.fixture(scope="package")
def builtin_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run the app as on a fresh machine without a network: only the built-in model is available."""
    with serving_builtin(tmp_path_factory.mktemp("fresh")) as running:
        yield running


@pytest.fixture(scope="package")
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """Run the app on a free port, with YAMNet, or the built-in model if YAMNet is missing."""
    path = find_model(CATALOG["yamnet"])
    if path is None:
        yield request.getfixturevalue("builtin_server")
        return
    ttl = {"STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL": str(SESSION_TTL_S)}
    with serving_app(path.parent, **ttl) as running:
        yield running


@pytest.fixture(scope="package")
def listener(request: pytest.FixtureRequest) -> Classifier:
    """The default model of the pages of `server`."""
    here = find_model(CATALOG["yamnet"]) is not None
    classifier: Classifier = request.getfixturevalue("yamnet" if here else BUILTIN)
    return classifier


@pytest.fixture(scope="package")
def demonstrated(listener: Classifier) -> Timeline:
    """The scores of the demonstration clip, at the default hop."""
    return listener.classify(load_clip(demonstration_recording()))


@pytest.fixture(scope="package")
def events(demonstrated: Timeline) -> list[Event]:
    """The events that the page finds in the demonstration clip by default."""
    return expected_events(demonstrated, load_clip(demonstration_recording()))


@pytest.fixture(scope="package")
def launched() -> Iterator[LaunchBrowser]:
    """Start browsers with additional arguments; all are closed at the end."""
    with sync_playwright() as playwright:
        yield lambda *arguments: _launch(playwright, *arguments)


def _launch(playwright: Playwright, *arguments: str) -> Browser:
    browser = launch(playwright, *arguments)
    if browser is None:
        pytest.skip(f"no browser on this machine: looked for {', '.join(BROWSERS)}")
    return browser


@pytest.fixture(scope="package")
def browser(launched: LaunchBrowser, tmp_path_factory: pytest.TempPathFactory) -> Browser:
    """A browser with the demonstration clip as microphone input."""
    clip: Clip = load_clip(demonstration_recording(), sample_rate=MICROPHONE_RATE_HZ)
    sound = tmp_path_factory.mktemp("microphone") / "sound.wav"
    return launched(SHARING, *fake_microphone(clip, sound))


needs_proc = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="reads the server's CPU time from /proc"
)


def busy_s(server: Server, clock: Page) -> float:
    """CPU time of the server in the next two seconds; `clock` is any page to wait on."""
    before_s = server.cpu_s()
    clock.wait_for_timeout(2_000)
    return server.cpu_s() - before_s


@pytest.fixture(scope="package")
def microphone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Input file of `recording`'s microphone, read each time that the microphone is opened."""
    return tmp_path_factory.mktemp("microphone") / "sound.wav"


@pytest.fixture(scope="package")
def recording(launched: LaunchBrowser, microphone: Path) -> Browser:
    """A browser whose microphone input is written by the test (`fake_microphone`)."""
    silence = Clip.from_samples(np.zeros(MICROPHONE_RATE_HZ, np.float32), MICROPHONE_RATE_HZ)
    return launched(SHARING, *fake_microphone(silence, microphone))


@pytest.fixture(scope="package")
def recording_profile(recording: Browser) -> Iterator[BrowserContext]:
    with staying(recording) as profile:
        yield profile


@contextmanager
def staying(browser: Browser, *, has_touch: bool = False) -> Iterator[BrowserContext]:
    """Make a profile whose next page loads in a third of the first one's time.

    A blank page keeps the browser process alive, and with it the compiled scripts. Reduced motion
    avoids animations, which otherwise occupy half a core while a test waits.
    """
    context = browser.new_context(reduced_motion="reduce", has_touch=has_touch)
    try:
        stays = context.new_page()
        stays.route("**", lambda route: route.fulfill(body=""))
        stays.goto("http://127.0.0.1/")
        yield context
    finally:
        context.close()


@contextmanager
def opening(profile: BrowserContext) -> Iterator[OpenPage]:
    """Yield a function that opens pages; they are closed, and their storage cleared, at the end.

    Script errors on a page, and violations of its Content-Security-Policy, fail the test.
    """
    pages: list[Page] = []
    errors: list[str] = []

    def open_page(width: int = 1_400, height: int = 1_000) -> Page:
        page = profile.new_page()
        pages.append(page)
        page.set_viewport_size({"width": width, "height": height})
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.extend(refused_by_policy(said)))
        return page

    try:
        yield open_page
    finally:  # the page of a failed test would otherwise continue to listen, and hold a seat
        _leave(profile, pages)
    assert not errors


def refuse_cookies(page: Page) -> None:
    """Discard the cookies of a page, in a browser that was launched with `ANSWERED_BY_TEST`."""

    def strip(route: Route) -> None:
        response = route.fetch()
        page.context.clear_cookies()  # set by the fetch
        dropped = ("set-cookie", "content-encoding", "content-length")
        headers = {name: value for name, value in response.headers.items() if name not in dropped}
        route.fulfill(response=response, headers=headers)

    page.route(re.compile(r"(:\d+/|/live|/teach)(\?|$)|/_stcore/health$"), strip)


def refused_by_policy(said: ConsoleMessage) -> list[str]:
    """Return the policy violations of a page, or of its frames and workers."""
    return [said.text] if "Content Security Policy" in said.text else []


def _leave(profile: BrowserContext, pages: list[Page]) -> None:
    """Close pages, and clear their storage."""
    visited = {"{0.scheme}://{0.netloc}".format(urlsplit(page.url)) for page in pages}
    for page in pages:
        page.close()
    session = profile.new_cdp_session(profile.pages[0])  # the blank page
    for origin in visited:
        told = {"origin": origin, "storageTypes": "cookies,local_storage"}
        session.send("Storage.clearDataForOrigin", told)
    session.detach()


@pytest.fixture(scope="package")
def profile(browser: Browser) -> Iterator[BrowserContext]:
    """The shared profile, for tests that do not need a separate one."""
    with staying(browser) as profile:
        yield profile


@pytest.fixture
def open_page(profile: BrowserContext) -> Iterator[OpenPage]:
    """Open pages of a given size; a script error on one of them fails the test."""
    with opening(profile) as open_page:
        yield open_page


@pytest.fixture
def page(open_page: OpenPage, server: Server) -> Page:
    """Open an empty page; a script error on it fails the test."""
    page = open_page()
    page.goto(server.url)
    page.get_by_test_id("stFileUploader").wait_for()
    return page
