"""The page "Teach" in a real browser: from recordings to a classifier that listens live.

Every class is recorded with the microphone, which reads its input file each time that it is opened;
the file is replaced while the microphone is closed.
"""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Dialog,
    Download,
    Error,
    FilePayload,
    Page,
    WebSocketRoute,
    expect,
)

from models.audio import Clip, load_clip
from models.opening import open_classifier
from tests.e2e.conftest import ANSWERED_BY_TEST, LaunchBrowser, opening, refuse_cookies, staying
from tests.e2e.driving import (
    START_LISTENING_MS,
    Server,
    eventually,
    fake_microphone,
    press,
    wait_until,
    wait_until_connected,
    wait_until_drawn,
)
from tests.marking import slow
from tests.models.teaching.sounds import MAKERS, RATE, wav

pytestmark = pytest.mark.browser

HELD_MS = 2_000
CLOSED_MS = 10_500  # an unused microphone is closed after ten seconds
HEARD_LIVE = "Finger snapping"


@pytest.fixture
def page(recording_profile: BrowserContext, microphone: Path, server: Server) -> Iterator[Page]:
    fake_microphone(made(HEARD_LIVE), microphone)
    with opening(recording_profile) as open_page:
        page = open_page()
        page.goto(f"{server.url}/teach")
        yield page


@pytest.fixture
def timed(recording: Browser, server: Server) -> Iterator[Page]:
    """The page "Teach" with a controllable clock, which Playwright installs for a whole profile."""
    with staying(recording) as profile, opening(profile) as open_page:
        page = open_page()
        page.goto(f"{server.url}/teach")
        page.clock.install()
        yield page


def made(label: str) -> Clip:
    return Clip.from_samples(MAKERS[label](9.0, 7), RATE)


def upload(page: Page, number: int, label: str) -> None:
    card = page.locator(f".st-key-class-{number}")
    card.get_by_role("button", name="Upload").click()
    files: list[FilePayload] = [
        {"name": f"{n}.wav", "mimeType": "audio/wav", "buffer": wav(MAKERS[label](3.0, n))}
        for n in range(3)
    ]
    page.get_by_test_id("stFileUploaderDropzoneInput").last.set_input_files(files)
    expect(card).to_contain_text("from 3 recordings")
    page.keyboard.press("Escape")


def hold(page: Page, number: int, recordings: int) -> None:
    """Hold the record button of a class for a while."""
    card = page.locator(f".st-key-class-{number}")
    wait_until_drawn(page)  # else the button may be replaced under the pointer
    card.locator(".hold").hover()
    page.mouse.down()
    expect(card.locator(".recorder")).to_have_attribute("data-state", "recording")
    page.wait_for_timeout(HELD_MS)
    page.mouse.up()
    expect(card).to_contain_text(f"from {recordings} recording")


def saved(download: Download, folder: Path) -> Path:
    path = folder / download.suggested_filename
    download.save_as(path)
    return path


@pytest.mark.slow
def test_three_classes_are_taught_and_heard_live(
    timed: Page, microphone: Path, tmp_path: Path
) -> None:
    page = timed
    for number, label in enumerate(MAKERS):
        fake_microphone(made(label), microphone)
        for recordings in (1, 2):
            hold(page, number, recordings)
        page.clock.fast_forward(CLOSED_MS)
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_role("heading", name="examples correct")).to_be_visible()
    wait_until_drawn(page)
    with page.expect_download() as coming:
        page.get_by_role("button", name="Earmark file", exact=True).click()
    path = saved(coming.value, tmp_path)
    assert path.name == "My sounds.earmark"
    taught = open_classifier(path)
    assert taught.labels == (*MAKERS, "Background")
    for label, make in MAKERS.items():
        assert taught.classify(load_clip(wav(make(3.0, 1)))).top(1)[0][0] == label
    fake_microphone(made(HEARD_LIVE), microphone)
    press(page, "Start listening")
    expect(page.locator(".log tbody")).to_contain_text(HEARD_LIVE, timeout=START_LISTENING_MS)
    press(page, "Stop")
    page.get_by_role("button", name="Use it live").click()
    expect(page.get_by_role("heading", name="Listen live")).to_be_visible()
    wait_until_drawn(page)  # the previous page has such a button as well
    press(page, "Start listening")
    connected = expect(page.locator(".health"))  # before that, the panel shows the previous state
    connected.to_contain_text("connected by", timeout=START_LISTENING_MS)
    page.locator(".bars li:not([hidden])").first.wait_for(timeout=START_LISTENING_MS)
    expect(page.locator(".bars")).to_contain_text(HEARD_LIVE)
    expect(page.locator(".log tbody")).to_contain_text(HEARD_LIVE)
    page.get_by_role("button", name="Teach the last 10 s as").click()
    page.get_by_role("button", name=HEARD_LIVE, exact=True).click()
    expect(page.get_by_text(f"Added to {HEARD_LIVE}.")).to_be_visible()
    press(page, "Stop")


def test_examples_are_heard_removed_and_brought_back(page: Page) -> None:
    upload(page, 0, "Clapping")
    card = page.locator(".st-key-class-0")
    rows = card.locator(".shelf li")
    expect(rows).to_have_count(3)
    rows.first.get_by_role("button", name="Play").click()
    waiting, playing = (rows.nth(row).locator("button path").first for row in (1, 0))
    expect(playing).not_to_have_attribute("d", str(waiting.get_attribute("d")))
    rows.first.get_by_role("button", name="Remove").click()
    expect(rows).to_have_count(2)
    page.get_by_role("button", name="Undo: removed").click()
    expect(rows).to_have_count(3)


def reload(page: Page) -> list[str]:
    """Reload the page, dismiss any dialogs, and return their types."""
    questions: list[str] = []

    def stay(dialog: Dialog) -> None:
        questions.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    with contextlib.suppress(Error):  # a dismissed reload raises a timeout
        page.reload(timeout=1_000)
    page.remove_listener("dialog", stay)
    return questions


def wait_until_free_to_go(page: Page) -> None:
    """Wait until no `beforeunload` handler objects, shortly after the text has changed."""
    wait_until(page, "dispatchEvent(new Event('beforeunload', { cancelable: true }))")


def test_a_reload_keeps_what_was_taught_and_asks_nothing(page: Page, tmp_path: Path) -> None:
    upload(page, 0, "Clapping")
    assert reload(page) == []
    card = page.locator(".st-key-class-0")
    expect(card).to_contain_text("from 3 recordings")
    page.get_by_role("button", name="Train", exact=True).click()
    page.get_by_role("button", name="Earmark file", exact=True).wait_for()
    wait_until_drawn(page)
    with page.expect_download() as coming:
        page.get_by_role("button", name="Earmark file", exact=True).click()
    path = saved(coming.value, tmp_path)
    expect(page.get_by_text("Saved in an Earmark file.")).to_be_visible()
    page.get_by_role("button", name="Forget everything").click()
    page.get_by_role("button", name="Forget everything now").click()
    expect(card).to_contain_text("No examples yet")
    page.get_by_role("button", name="Open an Earmark file").click()
    page.get_by_test_id("stFileUploaderDropzoneInput").last.set_input_files(path)
    expect(card).to_contain_text("from 3 recordings")


@pytest.mark.slow
def test_where_cookies_are_refused_the_browser_asks_before_what_was_taught_is_lost(
    launched: LaunchBrowser, server: Server, tmp_path: Path
) -> None:
    browser = launched(ANSWERED_BY_TEST, *fake_microphone(made("Clapping"), tmp_path / "sound.wav"))
    with staying(browser) as profile, opening(profile) as open_page:
        page = open_page()
        refuse_cookies(page)
        page.goto(f"{server.url}/teach")
        expect(page.get_by_text("This browser refuses cookies")).to_be_visible()
        wait_until_free_to_go(page)
        hold(page, 0, 1)
        assert reload(page) == ["beforeunload"]
        expect(page.locator(".st-key-class-0")).to_contain_text("from 1 recording")
        page.get_by_role("link", name="Models").click()
        expect(page.get_by_role("heading", name="Models", exact=True)).to_be_visible()
        wait_until_free_to_go(page)


@pytest.mark.slow
def test_a_tap_counts_in_and_records_with_both_hands_free(page: Page) -> None:
    card = page.locator(".st-key-class-1")
    card.locator(".hold").focus()
    page.keyboard.press("Space")
    expect(card.locator(".recorder")).to_have_attribute("data-state", "counting")
    expect(card.locator(".recorder")).to_have_attribute("data-state", "recording")
    page.wait_for_timeout(2_500)
    page.keyboard.press("Space")
    expect(card.locator(".shelf li").first).to_contain_text("Recording 1")


@pytest.mark.slow
def test_nothing_is_lost_when_the_connection_drops(page: Page) -> None:
    connections: list[tuple[WebSocketRoute, WebSocketRoute]] = []
    page.route_web_socket(
        lambda url: url.endswith("/_stcore/stream"),
        lambda here: connections.append((here, here.connect_to_server())),
    )
    page.reload()
    upload(page, 0, "Clapping")
    upload(page, 2, "Typing")
    before = len(connections)
    for end in connections[-1]:
        end.close()
    eventually(page, lambda: len(connections) > before)
    wait_until_connected(page)
    page.get_by_role("button", name="Undo: added").click()
    expect(page.locator(".st-key-class-2")).to_contain_text("No examples yet")
    expect(page.locator(".st-key-class-0")).to_contain_text("from 3 recordings")


@pytest.mark.parametrize(
    ("name", "told"),
    [("NotAllowedError", "Press Play"), slow("NotSupportedError", "did not play this sound")],
)
def test_an_example_that_does_not_play_says_so(page: Page, name: str, told: str) -> None:
    page.add_init_script(
        f"""const play = HTMLMediaElement.prototype.play;
        window.refuses = true;
        HTMLMediaElement.prototype.play = function () {{
          return window.refuses ? Promise.reject(new DOMException("", "{name}")) : play.call(this);
        }};"""
    )
    page.reload()
    upload(page, 0, "Clapping")
    wait_until_drawn(page)
    card = page.locator(".st-key-class-0")
    problem = card.locator(".problem")
    expect(problem).to_be_hidden()
    play = card.get_by_role("button", name=re.compile("^Play ")).first
    play.click()
    expect(problem).to_contain_text(told)
    page.evaluate("window.refuses = false")
    play.click()
    expect(problem).to_be_hidden()
