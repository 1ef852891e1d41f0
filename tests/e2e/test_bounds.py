"""Two visitors on a server with one seat and one analysis at a time."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from models.registry.catalog import BUILTIN, CATALOG
from tests.e2e.conftest import OpenPage, opening, staying
from tests.e2e.driving import PROJECT, Server, press, serving_app, start_listening
from tests.e2e.test_clip import long_file, sound, upload, wav

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LONG_S = 3_600  # 29 MB, and more than ten seconds of work at the shortest hop


@pytest.fixture(scope="module")
def narrow() -> Iterator[Server]:
    """A server for one listener and one analysis at a time."""
    one = {"EARMARK_MAX_LISTENERS": "1", "EARMARK_MAX_ANALYSES": "1"}
    with serving_app(PROJECT / "models/builtin", **one) as running:
        yield running


@pytest.fixture(scope="module")
def other(browser: Browser) -> Iterator[BrowserContext]:
    """The browser profile of the second visitor."""
    with staying(browser) as profile:
        yield profile


@pytest.fixture
def two(open_page: OpenPage, other: BrowserContext) -> Iterator[tuple[Page, Page]]:
    """The pages of two visitors, each with a browser profile of their own."""
    with opening(other) as open_another:
        yield open_page(1_400, 1_100), open_another(1_400, 1_100)


def open_clip(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/?hop=0.1&model={CATALOG[BUILTIN].title}")
    page.get_by_test_id("stFileUploader").wait_for()


def test_a_second_listener_waits_and_gets_in_without_a_reload(
    two: tuple[Page, Page], narrow: Server
) -> None:
    first, second = two
    start_listening(first, narrow.url)
    second.goto(f"{narrow.url}/live")
    told = second.get_by_text("Another visitor is listening right now")
    expect(told).to_be_visible()
    expect(second.locator("iframe[title*=webrtc]")).to_have_count(0)
    expect(second.get_by_role("button", name="Record instead")).to_be_visible()
    press(first, "Stop")
    press(second, "Start listening")
    expect(told).to_have_count(0)
    expect(second.locator(".bars li:not([hidden])").first).to_be_visible()
    again = first.get_by_text("Another visitor is listening right now")
    press(first, "Start listening")
    expect(again).to_be_visible()
    second.close()
    press(first, "Start listening")
    expect(first.get_by_role("button", name="What was that?")).to_be_visible()


def test_who_comes_second_sees_the_place_in_line_and_may_leave_it(
    two: tuple[Page, Page], narrow: Server, tmp_path: Path
) -> None:
    first, second = two
    for page in two:
        open_clip(page, narrow)
    upload(first, long_file(tmp_path, "long.wav", LONG_S))
    expect(first.get_by_text(re.compile(r"long\.wav.* \d+%"))).to_be_visible()
    upload(second, sound("short.wav", wav(5, level=40)))
    place = second.get_by_text("next in line")
    expect(place).to_be_visible()
    expect(second.get_by_text("Visitors take turns")).to_be_visible()
    second.get_by_role("button", name="Cancel").click()
    expect(second.get_by_text("The analysis was cancelled")).to_be_visible()
    second.get_by_role("button", name="Analyse").click()
    expect(place).to_be_visible()
    first.get_by_role("button", name="Cancel").click()
    expect(second.locator(".player[data-state=ready]")).to_be_visible()
