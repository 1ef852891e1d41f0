"""Sessions as files, and links to uploaded clips, in a real browser."""

import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from models.audio import Clip, load_clip
from models.audio.playback import wav_file
from models.demonstration import demonstration_recording
from tests.e2e.conftest import OpenPage
from tests.e2e.driving import Server, wait_until_drawn
from tests.e2e.test_clip import lanes, sound, upload

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MEMBERS = {True: {"session.json", "sounds/0"}, False: {"session.json"}}


def siren() -> bytes:
    samples = load_clip(demonstration_recording()).samples[16 * 16_000 : 20 * 16_000]
    return wav_file(Clip.from_samples(samples, 16_000))


def as_another_visitor(page: Page, url: str) -> None:
    page.goto("about:blank")
    page.context.clear_cookies()
    page.goto(url)


def save(page: Page, folder: Path, *, with_sounds: bool) -> Path:
    """Save the session, and return its file."""
    wait_until_drawn(page)
    page.get_by_role("button", name="Save session").click()
    include = page.locator(".st-key-session-sounds")
    expect(include.get_by_role("switch")).to_be_checked()
    if not with_sounds:
        include.get_by_text("Include the sounds").click()
        expect(include.get_by_role("switch")).not_to_be_checked()
        wait_until_drawn(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save", exact=True).click()
    assert waiting.value.suggested_filename == "siren.earmark-session"
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    with zipfile.ZipFile(path) as archive:
        assert set(archive.namelist()) == MEMBERS[with_sounds]
    page.keyboard.press("Escape")
    return path


def inspect_siren(page: Page, server: Server) -> None:
    """Bring a clip, with a threshold."""
    page.goto(f"{server.url}/?threshold=0.45")
    upload(page, sound("siren.wav", siren()))
    expect(page.get_by_role("heading", name="siren.wav", level=1)).to_be_visible()
    lanes(page)
    expect(page).to_have_url(re.compile(r"\?clip=[0-9a-f]{16}&threshold=0\.45$"))


def test_a_session_opens_on_another_machine(
    open_page: OpenPage, server: Server, tmp_path: Path
) -> None:
    page = open_page()
    inspect_siren(page, server)
    file = save(page, tmp_path, with_sounds=True)
    as_another_visitor(page, server.url)
    page.get_by_role("button", name="Open session").click()
    uploader = page.locator("[class*=st-key-open-session]")
    uploader.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(file)
    expect(page.get_by_role("heading", name="siren.wav", level=1)).to_be_visible()
    expect(page.get_by_text("with 1 recording and its settings")).to_be_visible()
    expect(page).to_have_url(re.compile(r"threshold=0\.45$"))
    lanes(page)


def test_missing_sounds_are_named_and_recognised(
    open_page: OpenPage, server: Server, tmp_path: Path
) -> None:
    page = open_page()
    inspect_siren(page, server)
    file = save(page, tmp_path, with_sounds=False)
    as_another_visitor(page, server.url)
    upload(page, file)
    expect(page.get_by_text("1 recording of the session is not here.")).to_be_visible()
    wait_until_drawn(page)
    upload(page, sound("renamed.wav", siren()))
    expect(page.get_by_role("heading", name="siren.wav", level=1)).to_be_visible()
    expect(page.get_by_text("of the session is not here")).to_have_count(0)


def test_the_receiver_of_a_link_is_told_what_is_missing(
    open_page: OpenPage, server: Server
) -> None:
    page = open_page()
    inspect_siren(page, server)
    link = page.url
    as_another_visitor(page, link)
    expect(page.get_by_text("The link is about a recording that is not here.")).to_be_visible()
    wait_until_drawn(page)
    upload(page, sound("renamed.wav", siren()))
    lanes(page)
    expect(page).to_have_url(link)
