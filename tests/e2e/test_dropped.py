"""Network failures during an analysis and during live listening, and recovery from them."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from models.registry.catalog import CATALOG, find_model
from tests.e2e.conftest import LONG_WORK_MS, OpenPage, opening, staying
from tests.e2e.driving import Server, press, serving_app, serving_builtin, start_listening
from tests.e2e.network import Network, network_to
from tests.e2e.test_clip import long_file, percent, upload

pytestmark = [pytest.mark.browser, pytest.mark.slow]

DROP_S = float(os.environ.get("EARMARK_DROP_S", "12"))
"""Duration of the failure in seconds: longer than a stream waits for packets, and than most people
wait for a page. 30 s make the suite too slow, and are tested manually."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app with its default configuration, including the lifetime of abandoned sessions."""
    path = find_model(CATALOG["yamnet"])
    folder = tmp_path_factory.mktemp("fresh")
    with serving_builtin(folder) if path is None else serving_app(path.parent) as running:
        yield running


@pytest.fixture
def network(server: Server) -> Iterator[Network]:
    with network_to(server.url) as between:
        yield between


@pytest.fixture
def listening(browser: Browser) -> Iterator[Page]:
    """A page in a separate process, so that the two pages reconnect independently."""
    with staying(browser) as profile, opening(profile) as open_page:
        yield open_page()


@pytest.mark.parametrize("breaks", os.environ.get("EARMARK_DROPS", "cut").split(","))
def test_what_was_under_way_is_there_again_by_itself(
    open_page: OpenPage, listening: Page, network: Network, tmp_path: Path, breaks: str
) -> None:
    analysing = open_page()
    start_listening(listening, network.url)
    analysing.goto(f"{network.url}/?model=Built-in&hop=0.1")
    level = {"cut": 40, "stall": 50}[breaks]  # different sounds, because results are cached
    upload(analysing, long_file(tmp_path, "long.wav", 1_500, level))
    progress = analysing.get_by_test_id("stProgress")
    expect(progress).to_contain_text(re.compile(r"\d\d%.*left"), timeout=LONG_WORK_MS)
    before = percent(progress)

    getattr(network, breaks)()
    analysing.wait_for_timeout(1_000 * DROP_S)
    network.restore()

    expect(
        progress.filter(has_text=re.compile(r"\d%")).or_(
            analysing.get_by_role("heading", name="long.wav")
        )
    ).to_be_visible()
    if progress.count():
        assert percent(progress) >= before, "it began anew"
    expect(analysing.get_by_role("heading", name="long.wav")).to_be_visible(timeout=LONG_WORK_MS)

    expect(listening.get_by_role("button", name="What was that?")).to_be_visible()
    press(listening, "Stop")
    listening.get_by_role("link", name="Inspect what was heard").click()
    expect(listening.get_by_role("heading", name=re.compile("Live session"))).to_be_visible()
    duration, *_ = listening.locator(".st-key-figures summary").inner_text().split(" · ")
    assert ":" in duration or float(re.search(r"([\d.]+) s", duration)[1]) > DROP_S, duration
