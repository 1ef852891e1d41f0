"""A real server, a real browser with a fake microphone."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from models.audio import Clip, load_clip
from models.catalog import CATALOG, STARTER, find_model
from models.classifier import Classifier
from models.demonstration import demonstration_recording
from models.events import Event, find_events
from models.timeline import Timeline
from tests.e2e.driving import (
    BROWSERS,
    MICROPHONE_RATE_HZ,
    Server,
    fake_microphone,
    launch,
    serving_app,
    serving_starter,
)

MERGE_GAP_S = 0.5  # the page's default
SESSION_TTL_S = 8  # shorter than the app's own, so that a test can wait for it
PATIENCE_MS = 45_000  # a machine that is busy with other work is no failure

expect.set_options(timeout=PATIENCE_MS)

LaunchBrowser = Callable[..., Browser]


@pytest.fixture(scope="session")
def starter_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run the app as on a fresh machine without a network: nothing but the starter is there."""
    with serving_starter(tmp_path_factory.mktemp("fresh")) as running:
        yield running


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """Run the app on a free port; the starter stands in where YAMNet is not on the machine."""
    path = find_model(CATALOG["yamnet"])
    if path is None:
        yield request.getfixturevalue("starter_server")
        return
    ttl = {"STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL": str(SESSION_TTL_S)}
    with serving_app(path.parent, **ttl) as running:
        yield running


@pytest.fixture(scope="session")
def listener(request: pytest.FixtureRequest) -> Classifier:
    """What listens on the pages of `server` where nothing else is chosen."""
    here = find_model(CATALOG["yamnet"]) is not None
    classifier: Classifier = request.getfixturevalue("yamnet" if here else STARTER)
    return classifier


@pytest.fixture(scope="session")
def demonstrated(listener: Classifier) -> Timeline:
    """What is heard in the demonstration clip, at the usual hop."""
    return listener.classify(load_clip(demonstration_recording()))


@pytest.fixture(scope="session")
def events(demonstrated: Timeline) -> list[Event]:
    """The events that the page finds in the demonstration clip by default."""
    return find_events(demonstrated, 0.3, merge_gap_s=MERGE_GAP_S)


@pytest.fixture(scope="session")
def launched() -> Iterator[LaunchBrowser]:
    """Start browsers with further arguments; all are closed in the end."""
    with sync_playwright() as playwright:
        yield lambda *arguments: _launch(playwright, *arguments)


def _launch(playwright: Playwright, *arguments: str) -> Browser:
    browser = launch(playwright, *arguments)
    if browser is None:
        pytest.skip(f"no browser on this machine: looked for {', '.join(BROWSERS)}")
    return browser


@pytest.fixture(scope="session")
def browser(launched: LaunchBrowser, tmp_path_factory: pytest.TempPathFactory) -> Browser:
    """A browser whose microphone hears the demonstration clip."""
    clip: Clip = load_clip(demonstration_recording(), sample_rate=MICROPHONE_RATE_HZ)
    sound = tmp_path_factory.mktemp("microphone") / "sound.wav"
    return launched(*fake_microphone(clip, sound))


needs_proc = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="reads the server's CPU time from /proc"
)


def busy_s(server: Server, clock: Page) -> float:
    """CPU time that the server takes in the next two seconds; `clock` is any page to wait on."""
    before_s = server.cpu_s()
    clock.wait_for_timeout(2_000)
    return server.cpu_s() - before_s


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
