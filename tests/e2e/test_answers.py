"""The answer of each page: one sentence, one set of numbers, one way to write times."""

import csv
import html
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from components.clip import event_table
from models.audio import Clip, load_clip
from models.audio.playback import wav_file
from models.demonstration import demonstration_recording
from models.events import Event
from models.events.totals import class_totals
from tests.e2e.conftest import LONG_WORK_MS, OpenPage
from tests.e2e.driving import Server, eventually, start_listening, wait_until_drawn
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


@pytest.fixture
def long_clip(page: Page) -> Page:
    """The page Clip with a clip of 80 s."""
    clip = load_clip(demonstration_recording())
    longer = Clip.from_samples(np.tile(clip.samples, 2)[: 80 * clip.sample_rate], clip.sample_rate)
    upload(page, sound("longer.wav", wav_file(longer)))
    lanes(page)
    wait_until_drawn(page)
    return page


def test_times_of_a_clip_above_a_minute_have_minutes_everywhere(long_clip: Page) -> None:
    page = long_clip
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


@pytest.mark.slow
def test_what_charts_say_under_the_pointer_has_minutes(long_clip: Page) -> None:
    page = long_clip
    box = page.locator(".tracks").bounding_box()
    page.mouse.click(box["x"] + 0.9 * box["width"], box["y"] + 40)
    expect(page.get_by_role("heading", name="Why? At 1:")).to_be_visible()
    wait_until_drawn(page)
    course = page.locator(".st-key-course .js-plotly-plot")
    said = hovered(course)
    assert re.search(r"1:\d\d\.\d\d · score 0\.\d\d", said), said


def hovered(plot: Locator) -> str:
    """Return what a chart says at its right end, once it says something."""
    plot.locator(".main-svg").first.wait_for()
    said: list[str] = []

    def says() -> bool:
        plot.scroll_into_view_if_needed()
        box = plot.bounding_box()
        if box is None:  # drawn anew at this moment
            return False
        for share in (0.9, 0.91, 0.92):  # a chart that was not ready before takes notice of a move
            plot.page.mouse.move(box["x"] + share * box["width"], box["y"] + 50)
        plot.page.wait_for_timeout(300)
        said[:] = ["".join(plot.locator(".hovertext").all_text_contents())]
        return bool(said[0])

    eventually(plot.page, says)
    return said[0]


@pytest.mark.slow
def test_times_in_panels_and_in_the_names_of_what_is_taken_have_minutes(long_clip: Page) -> None:
    page = long_clip
    box = page.locator(".tracks").bounding_box()
    y = box["y"] + 40
    page.mouse.move(box["x"] + 0.88 * box["width"], y)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.95 * box["width"], y, steps=5)
    page.mouse.up()
    selected = page.locator(".selection-text")
    expect(selected).to_have_text(re.compile(r"1:\d\d\.\d\d to 1:\d\d\.\d\d, \d\.\d\d s long"))
    begin = selected.inner_text().partition(" to ")[0]
    page.get_by_role("button", name="Teach the selection as").click()
    page.get_by_test_id("stPopoverBody").get_by_role("button").first.click()
    expect(page.get_by_text("Added to")).to_be_visible(timeout=LONG_WORK_MS)
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Teach").click()
    undo = page.get_by_role("button", name=f"Undo: added longer.wav at {begin} to")
    expect(undo).to_be_visible(timeout=LONG_WORK_MS)


@pytest.mark.slow
def test_one_sentence_is_on_the_page_in_the_report_and_in_the_file_table(
    open_page: OpenPage, server: Server
) -> None:
    page = open_page()
    page.goto(f"{server.url}/?clip=demonstration")
    lanes(page)
    wait_until_drawn(page)
    sentence = page.locator(".st-key-heading p").inner_text()
    assert sentence.endswith(".")
    assert json.loads(download(page, "Events as JSON"))["summary"] == sentence
    with page.expect_download(timeout=LONG_WORK_MS) as waiting:
        page.get_by_role("button", name="Report (HTML)").click()
    assert html.escape(sentence) in Path(waiting.value.path()).read_text(encoding="utf-8")
    page.get_by_text("Add or remove sounds").click()
    second = Clip.from_samples(np.zeros(32_000, np.float32), 16_000)
    page.get_by_test_id("stFileUploaderDropzoneInput").first.set_input_files(
        sound("silent.wav", wav_file(second))
    )
    expect(page.get_by_text("2 clips", exact=True)).to_be_visible(timeout=LONG_WORK_MS)
    cells = page.locator("canvas [role=gridcell]")
    expect(cells.filter(has_text=sentence)).not_to_have_count(0, timeout=LONG_WORK_MS)
    expect(cells.filter(has_text="Silence throughout.")).not_to_have_count(0)


@pytest.mark.slow
def test_the_speed_of_an_analysis_is_the_same_figure_on_every_page(
    open_page: OpenPage, server: Server
) -> None:
    page = open_page()
    page.goto(f"{server.url}/?clip=demonstration")
    lanes(page)
    wait_until_drawn(page)
    page.locator(".st-key-figures summary").click()
    metric = page.get_by_test_id("stMetric").filter(has_text="Analysis speed")
    speed = metric.get_by_test_id("stMetricValue").inner_text()
    assert speed.endswith("×")
    page.get_by_role("link", name="Compare").click()
    row = page.get_by_role("row").filter(has_text="Analysis speed")
    expect(row).to_contain_text(speed, timeout=LONG_WORK_MS)
    page.get_by_role("link", name="Clip").click()
    page.locator(".st-key-figures summary").click()
    expect(metric.get_by_test_id("stMetricValue")).to_have_text(speed)


@pytest.mark.slow
def test_tables_of_a_clip_fit_a_phone(open_page: OpenPage, server: Server) -> None:
    page = open_page(width=390, height=844)
    page.goto(f"{server.url}/?clip=demonstration")
    lanes(page)
    expect(page.locator(".st-key-totals").get_by_test_id("stDataFrame")).to_be_visible()
    wait_until_drawn(page)
    scrollers = page.locator(".dvn-scroller")

    def fit() -> bool:
        widths = [one.evaluate(WIDTHS) for one in scrollers.all() if one.is_visible()]
        return len(widths) == 2 and all(needed <= shown for shown, needed in widths)

    eventually(page, fit)


@pytest.mark.slow
def test_judgements_and_figures_of_an_evaluation_fit_a_phone(
    open_page: OpenPage, server: Server
) -> None:
    page = open_page(width=390, height=844)
    page.goto(f"{server.url}/?clip=demonstration")
    lanes(page)
    wait_until_drawn(page)
    page.get_by_text("Compare with what was put into").click()
    figures = page.get_by_test_id("stTable").first
    expect(figures).to_contain_text("False alarms", timeout=LONG_WORK_MS)
    eventually(page, lambda: figures.locator("table").evaluate(OVERFLOW_PX) <= 0)
    # The table of events is drawn on a canvas: all but its last column, Peak, is within the page.
    heads = page.get_by_test_id("stDataFrame").first.locator("[role=columnheader]")
    expect(heads.filter(has_text="Truth")).to_have_count(1, timeout=LONG_WORK_MS)

    def fits() -> bool:
        shown, needed = page.locator(".dvn-scroller").first.evaluate(WIDTHS)
        return bool(needed - event_table.SCORE_PX <= shown)

    eventually(page, fits)


WIDTHS = "(scroller) => [scroller.clientWidth, scroller.scrollWidth]"
OVERFLOW_PX = "(table) => table.scrollWidth - table.parentElement.clientWidth"


@pytest.mark.slow  # opens every page
def test_headings_stand_at_one_height(open_page: OpenPage, server: Server) -> None:
    page, tops = open_page(), set()
    for path in ("", "live", "teach", "compare", "models"):
        page.goto(f"{server.url}/{path}")
        heading = page.locator("h1").first
        heading.wait_for()
        page.wait_for_timeout(1_000)  # components that show nothing come later
        tops.add(round(heading.bounding_box()["y"]))
    assert len(tops) == 1, tops


@pytest.mark.slow  # listens for seconds
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
