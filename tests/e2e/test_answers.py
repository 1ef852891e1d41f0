"""The answer of each page: one sentence, one set of numbers, one way to write times."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from models.audio import Clip, load_clip
from models.audio.playback import wav_file
from models.demonstration import demonstration_recording
from models.events import Event
from models.events.totals import class_totals
from tests.e2e.conftest import OpenPage
from tests.e2e.driving import Server, start_listening
from tests.e2e.test_clip import download, lanes, sound, upload

pytestmark = pytest.mark.browser


def test_totals_per_class_are_on_the_page_as_they_are_exported(
    open_page: OpenPage, server: Server, events: list[Event]
) -> None:
    page = open_page()
    page.goto(f"{server.url}/?clip=demonstration")
    lanes(page)
    expect(page.get_by_role("heading", name="Totals per class")).to_be_visible()
    table = page.locator(".st-key-totals")
    expect(table.get_by_test_id("stDataFrame")).to_be_visible()
    first = class_totals(events)[0]
    exported = list(csv.DictReader(io.StringIO(download(page, "Totals per class as CSV"))))
    assert exported[0]["label"] == first.label
    assert float(exported[0]["total_s"]) == pytest.approx(first.total_s, abs=1e-3)


def test_times_of_a_clip_above_a_minute_have_minutes_everywhere(page: Page) -> None:
    clip = load_clip(demonstration_recording())
    longer = Clip.from_samples(np.tile(clip.samples, 2)[: 80 * clip.sample_rate], clip.sample_rate)
    upload(page, sound("longer.wav", wav_file(longer)))
    lanes(page)
    sentence, name = page.locator(".st-key-heading p"), page.locator(".st-key-heading h1")
    expect(sentence).to_be_visible()
    assert 0 <= sentence.bounding_box()["y"] - name.bounding_box()["y"] < 80  # right under it
    box = page.locator(".tracks").bounding_box()
    page.mouse.click(box["x"] + 0.9 * box["width"], box["y"] + 40)
    expect(page.get_by_role("heading", name="Why? At 1:")).to_be_visible()
    ticks = page.locator(".st-key-course .xtick text")
    ticks.first.wait_for()
    assert all(":" in words for words in ticks.all_text_contents())
    exported = download(page, "WebVTT subtitles")
    assert "00:01:" in exported


def test_headings_stand_at_one_height(open_page: OpenPage, server: Server) -> None:
    page, tops = open_page(), set()
    for path in ("", "live", "teach", "compare", "models"):
        page.goto(f"{server.url}/{path}")
        heading = page.locator("h1").first
        heading.wait_for()
        page.wait_for_timeout(1_000)  # components that show nothing come later
        tops.add(round(heading.bounding_box()["y"]))
    assert len(tops) == 1, tops


def test_the_live_log_is_saved_and_says_what_its_edges_are(
    open_page: OpenPage, server: Server
) -> None:
    page = open_page()
    start_listening(page, server.url)
    expect(page.locator(".log tbody tr:not(.open)").first).to_be_visible()
    page.wait_for_timeout(4_000)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save the log (CSV)").click()
    rows = list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text())))
    assert "sound" in {row["edges"] for row in rows if row["open"] == "false"}
    expect(page.locator(".panel[data-state=listening]")).to_be_visible()
