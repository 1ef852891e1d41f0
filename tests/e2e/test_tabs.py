"""Two tabs of one browser, which share a workspace; and its persistence over a reload."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.e2e.conftest import (
    ANSWERED_BY_TEST,
    LaunchBrowser,
    OpenPage,
    opening,
    refuse_cookies,
    staying,
)
from tests.e2e.driving import Server, serving_builtin, wait_until_drawn
from tests.e2e.test_address import demonstrate
from tests.e2e.test_clip import sound, wav
from tests.e2e.test_live import choose_connection, go, goes_on

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SLOWLY = """
import time
from pathlib import Path
from models import export

export_to = export.export_to

def slowly(*arguments, progress, **more):
    while not Path("GATE").exists():
        progress(0.5)
        time.sleep(0.1)
    return export_to(*arguments, progress=progress, **more)

export.export_to = slowly
"""
"""Holds each export up until a file exists, while it can still be cancelled."""


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that exports wait for."""
    return tmp_path_factory.mktemp("gate") / "open"


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory, gate: Path) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("slow")
    with serving_builtin(folder, SLOWLY.replace("GATE", str(gate))) as running:
        yield running


def opened(open_page: OpenPage, url: str) -> Page:
    page = open_page()
    page.goto(url)
    page.locator(".st-key-sources").wait_for()
    wait_until_drawn(page)
    return page


def bring(page: Page, file: FilePayload) -> None:
    """Upload a file by the first uploader of the page."""
    page.get_by_test_id("stFileUploaderDropzoneInput").first.set_input_files(file)


def run_again(page: Page) -> None:
    """Run the script again by navigating to another page and back."""
    go(page, "Models")
    go(page, "Clip")


def forget(page: Page) -> None:
    page.get_by_role("button", name="Forget everything").click()
    page.get_by_role("button", name="Forget everything now").click()


def heading(page: Page, name: str | re.Pattern[str]) -> None:
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def test_what_one_tab_adds_chooses_and_forgets_the_other_shows(
    open_page: OpenPage, builtin_server: Server
) -> None:
    first, second = (opened(open_page, builtin_server.url) for _ in range(2))
    bring(first, sound("first.wav", wav(2, level=40)))
    heading(first, "first.wav")
    run_again(second)
    heading(second, "first.wav")
    bring(second, sound("second.wav", wav(3, level=50)))
    heading(second, "second.wav")
    expect(second.get_by_text("2 clips")).to_be_visible()
    run_again(first)
    expect(first.get_by_text("2 clips")).to_be_visible()
    heading(first, "second.wav")
    wait_until_drawn(first)
    first.get_by_text("Add or remove sounds").click()
    wait_until_drawn(first)
    first.get_by_role("button", name="Remove second.wav").click()
    heading(first, "first.wav")
    run_again(second)
    heading(second, "first.wav")
    expect(second.get_by_text("2 clips")).to_have_count(0)
    forget(second)
    expect(second.get_by_role("heading", name="What is in a sound?")).to_be_visible()
    run_again(first)
    expect(first.get_by_role("heading", name="What is in a sound?")).to_be_visible()
    expect(first.get_by_role("heading", name="first.wav")).to_have_count(0)


def test_a_second_tab_ends_no_listening_until_it_is_told_to(
    open_page: OpenPage, builtin_server: Server
) -> None:
    first = opened(open_page, builtin_server.url)
    first.goto(f"{builtin_server.url}/live")
    choose_connection(first, "WebSocket")
    first.get_by_role("button", name="Start listening").click()
    goes_on(first, "WebSocket")
    second = open_page()
    second.goto(f"{builtin_server.url}/live")
    expect(second.get_by_text("The microphone is on in another tab of yours.")).to_be_visible()
    go(second, "Clip")
    go(second, "Live")
    goes_on(first, "WebSocket")
    second.get_by_role("button", name="Listen here").click()
    expect(second.get_by_role("button", name="Listen here")).to_have_count(0)
    goes_on(second, "WebSocket")
    go(first, "Clip")
    go(first, "Live")
    expect(first.get_by_role("button", name="Listen here")).to_be_visible()
    first.get_by_role("button", name="Stop").click()
    expect(first.get_by_role("link", name="Inspect what was heard")).to_be_visible()
    go(first, "Clip")
    heading(first, re.compile("Live session"))


def test_after_a_reload_one_button_goes_on_with_the_same_session(
    open_page: OpenPage, builtin_server: Server
) -> None:
    page = open_page()
    page.goto(f"{builtin_server.url}/live")
    choose_connection(page, "WebSocket")
    page.get_by_role("button", name="Start listening").click()
    goes_on(page, "WebSocket")
    page.wait_for_timeout(2_000)
    page.reload()
    page.get_by_role("button", name="Listen here").click()
    goes_on(page, "WebSocket")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("link", name="Inspect what was heard")).to_be_visible()
    go(page, "Clip")
    heading(page, re.compile("Live session"))
    expect(page.get_by_text(re.compile("clips$"))).to_have_count(0)


def start_export(page: Page) -> None:
    page.get_by_role("button", name="Everything (ZIP)").click()
    expect(page.get_by_text("Writing the file")).to_be_visible()


def test_an_export_outlives_a_reload_and_is_offered_to_the_other_tab(
    open_page: OpenPage, slow: Server, gate: Path
) -> None:
    page = opened(open_page, slow.url)
    demonstrate(page)
    start_export(page)
    page.reload()
    expect(page.get_by_text("Writing the file")).to_be_visible()
    gate.touch()
    link = page.get_by_role("link", name=re.compile(r"\.zip$"))
    expect(page.get_by_text("press its name to save it")).to_be_visible()
    with page.expect_download() as waiting:
        link.click()
    assert waiting.value.suggested_filename.endswith(".zip")
    assert waiting.value.path().read_bytes()[:2] == b"PK"
    other = opened(open_page, slow.url)
    expect(other.get_by_role("link", name=re.compile(r"\.zip$"))).to_be_visible()


def test_forgetting_everything_ends_what_another_tab_exports(
    open_page: OpenPage, slow: Server, gate: Path
) -> None:
    gate.unlink(missing_ok=True)
    page, other = (opened(open_page, slow.url) for _ in range(2))
    demonstrate(page)
    start_export(page)
    forget(other)
    expect(other.get_by_role("heading", name="What is in a sound?")).to_be_visible()
    expect(page.get_by_text("Writing the file")).to_have_count(0)
    go(page, "Models")
    go(page, "Clip")
    expect(page.get_by_role("heading", name="What is in a sound?")).to_be_visible()
    expect(page.get_by_test_id("stAlert")).to_have_count(0)
    demonstrate(page)
    expect(page.get_by_text("The file was not finished")).to_have_count(0)


def test_without_cookies_a_file_can_be_uploaded(
    launched: LaunchBrowser, builtin_server: Server
) -> None:
    with staying(launched(ANSWERED_BY_TEST)) as profile, opening(profile) as open_page:
        page = open_page()
        refuse_cookies(page)
        page.goto(builtin_server.url)
        expect(page.get_by_text("This browser refuses cookies")).to_be_visible()
        bring(page, sound("mine.wav", wav(2, level=40)))
        heading(page, "mine.wav")
        assert profile.cookies() == []
