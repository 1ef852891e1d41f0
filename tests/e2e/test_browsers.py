"""Browsers that play fewer types of files, or lack what the pages need.

Chromium stands for them: it is made to answer as they do, or the style sheets name a function that
it lacks.
"""

import io

import numpy as np
import pytest
import soundfile
from playwright.sync_api import FilePayload, Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.driving import Server, eventually, serving_builtin, wait_until_drawn

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WITHOUT_OGG = """
const canPlayType = HTMLMediaElement.prototype.canPlayType;
HTMLMediaElement.prototype.canPlayType = function (type) {
  return type.startsWith("audio/ogg") ? "" : canPlayType.call(this, type);
};
"""
"""Answers as Safari before 18.4."""

WITHOUT_LIGHT_DARK = """
from pathlib import Path

for file in Path("components").rglob("*.css"):
    file.write_text(file.read_text().replace("light-dark(", "an-unknown-function("))
"""

TOO_OLD = "This browser is too old for this page"


def ogg(name: str) -> FilePayload:
    file, samples = io.BytesIO(), np.sin(np.arange(96_000) / 7) / 2
    soundfile.write(file, samples, 48_000, format="OGG")
    return {"name": name, "mimeType": "audio/ogg", "buffer": file.getvalue()}


def drop(page: Page, file: FilePayload) -> None:
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files([file])
    expect(page.get_by_role("heading", name=file["name"])).to_be_visible()
    page.locator(".player[data-state=ready]").wait_for()


def served_type(page: Page) -> str:
    """Return the type of the sound that the player has."""
    script = "(audio) => fetch(audio.src).then((answer) => answer.headers.get('content-type'))"
    return str(page.locator(".player audio").evaluate(script))


def test_a_recording_that_the_browser_does_not_play_is_served_as_flac(
    open_page: OpenPage, server: Server
) -> None:
    page = open_page()
    page.add_init_script(WITHOUT_OGG)
    page.goto(server.url)
    drop(page, ogg("first.ogg"))
    eventually(page, lambda: served_type(page) == "audio/flac")
    wait_until_drawn(page)

    page.reload()  # the workspace knows it
    expect(page.get_by_role("heading", name="first.ogg")).to_be_visible()
    page.locator(".player[data-state=ready]").wait_for()
    assert served_type(page) == "audio/flac"


def test_a_browser_that_plays_it_gets_the_recording_itself(page: Page) -> None:
    drop(page, ogg("plain.ogg"))
    assert served_type(page) == "audio/ogg"


@pytest.fixture(scope="module")
def server_for_old_browsers(tmp_path_factory: pytest.TempPathFactory) -> Server:
    folder = tmp_path_factory.mktemp("old")
    with serving_builtin(folder, WITHOUT_LIGHT_DARK) as running:
        yield running


def notice(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body, '::before').content"))


def test_the_page_says_so_where_the_browser_is_too_old(
    open_page: OpenPage, server_for_old_browsers: Server
) -> None:
    page = open_page()
    page.goto(server_for_old_browsers.url)
    page.get_by_test_id("stFileUploader").wait_for()
    eventually(page, lambda: TOO_OLD in notice(page))


def test_the_page_says_nothing_where_the_browser_is_not(page: Page) -> None:
    assert notice(page) == "none"
