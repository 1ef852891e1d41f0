"""True events of many clips: one list, pooled figures, thresholds, scores and export."""

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.components.clip.test_all_clips import PARTS_S, listed, part
from tests.e2e.conftest import LONG_WORK_MS, OpenPage
from tests.e2e.driving import Server, wait_until_drawn
from tests.e2e.test_clip import upload

pytestmark = pytest.mark.browser


@pytest.fixture
def compared(open_page: OpenPage, server: Server) -> Page:
    """Three clips with one list of their true events."""
    page = open_page()
    page.goto(f"{server.url}/?model=Built-in")
    page.get_by_test_id("stFileUploader").wait_for()
    clips: list[FilePayload] = [
        {"name": name, "mimeType": "audio/wav", "buffer": part(onset_s)}
        for name, onset_s in PARTS_S.items()
    ]
    upload(page, *clips)
    expect(page.get_by_text("3 clips", exact=True)).to_be_visible(timeout=LONG_WORK_MS)
    page.get_by_role("heading", name="Evaluation").wait_for(timeout=LONG_WORK_MS)
    wait_until_drawn(page)
    page.get_by_test_id("stFileUploaderDropzoneInput").last.set_input_files(
        {"name": "truth.tsv", "mimeType": "text/tab-separated-values", "buffer": listed(*PARTS_S)}
    )
    expect(section(page)).to_be_visible()
    wait_until_drawn(page)
    return page


def section(page: Page) -> Locator:
    return page.get_by_role("heading", name="Evaluation of 3 clips")


def test_one_list_is_matched_by_file_name_and_pooled(compared: Page) -> None:
    page = compared
    expect(page.get_by_text("has 3 of the 3 clips here")).to_be_visible()
    sentence = page.get_by_text(re.compile(r"\d+ of \d+ true events in 3 clips were found"))
    before = sentence.inner_text()
    page.get_by_role("slider", name="Tolerance of edges (collar, s)").focus()
    page.keyboard.press("End")
    expect(sentence).to_contain_text("± 1000 ms")
    assert sentence.inner_text() != before
    page.reload()
    expect(section(page)).to_be_visible()


@pytest.mark.slow  # brings three clips, as each test here; also tested without a browser
def test_the_uncertainty_of_the_grid_is_told_where_it_exceeds_the_collar(compared: Page) -> None:
    page = compared
    told = page.get_by_text("uncertain by up to ± 0.73 s: more than the collar")
    expect(told).to_be_visible()
    page.get_by_role("slider", name="Tolerance of edges (collar, s)").focus()
    page.keyboard.press("End")
    expect(told).to_have_count(0)


@pytest.mark.slow  # as above
def test_thresholds_are_suggested_over_all_clips(compared: Page) -> None:
    page = compared
    page.get_by_role("button", name="Suggest thresholds").click()
    told = page.get_by_text("where each clip is left out of the fit in turn")
    expect(told).to_be_visible(timeout=LONG_WORK_MS)


@pytest.mark.slow  # as above
def test_scores_without_thresholds_are_shown_and_exported(compared: Page) -> None:
    page = compared
    page.get_by_role("button", name="Compute detection scores (PSDS)").click()
    metric = page.get_by_test_id("stMetric").filter(has_text="PSDS 1")
    expect(metric).to_be_visible(timeout=LONG_WORK_MS)
    shown = metric.get_by_test_id("stMetricValue").inner_text()
    wait_until_drawn(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Evaluation (CSV)").click()
    rows = list(csv.DictReader(Path(waiting.value.path()).read_text(encoding="utf-8").splitlines()))
    assert {row["clip"] for row in rows} == {"(all clips)", *PARTS_S}
    overall = rows[0]
    assert (overall["label"], overall["counted"]) == ("(all labels)", "events")
    assert f"{float(overall['psds1']):.3f}" == shown
    sentence = page.get_by_text(re.compile("true events in 3 clips were found")).inner_text()
    n_true = int(overall["correct"]) + int(overall["missed"])
    assert f"{overall['correct']} of {n_true} true events" in sentence
