"""The page "Archive" in a browser: search, hear, review by keys, teach, export."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.archives import make_archive
from tests.e2e.conftest import LONG_WORK_MS, OpenPage
from tests.e2e.driving import Server, serving_builtin, wait_until_drawn
from tests.e2e.test_accessibility import OPTIONS, told_of

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def archive_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run the app with an archive."""
    folder = tmp_path_factory.mktemp("archive")
    archive = make_archive(folder)
    with serving_builtin(folder, EARMARK_ARCHIVES=f"Forest={archive}") as running:
        yield running


def rows(page: Page) -> Locator:
    return page.locator(".hits li")


@pytest.fixture
def sirens(open_page: OpenPage, archive_server: Server) -> Page:
    """The page with the sirens of the archive."""
    page = open_page()
    page.goto(f"{archive_server.url}/archive?archive-classes=Siren")
    expect(rows(page).first).to_contain_text("Siren")
    wait_until_drawn(page)
    return page


def test_results_are_heard_and_reviewed_by_keys(sirens: Page) -> None:
    first, second = rows(sirens).nth(0), rows(sirens).nth(1)
    expect(first).to_have_class("current")
    sirens.keyboard.press("Space")
    stops = "M6 6h12v12H6z"
    expect(first.locator(".play path")).to_have_attribute("d", stops)
    sirens.keyboard.press("Space")
    expect(first.locator(".play path")).not_to_have_attribute("d", stops)
    sirens.keyboard.press("a")
    expect(first.locator(".accept")).to_have_attribute("aria-pressed", "true")
    expect(second).to_have_class("current")
    expect(sirens.get_by_text("1 accepted, 0 rejected")).to_be_visible()
    sirens.keyboard.press("x")
    expect(sirens.get_by_text("1 accepted, 1 rejected")).to_be_visible()
    sirens.keyboard.press("k")
    sirens.keyboard.press("u")
    expect(sirens.get_by_text("1 accepted, 0 rejected")).to_be_visible()
    sirens.reload()
    expect(sirens.get_by_text("1 accepted, 0 rejected")).to_be_visible()
    sirens.get_by_role("button", name="Forget reviews").click()
    expect(sirens.get_by_text("0 accepted, 0 rejected")).to_be_visible()


def test_quick_keys_lose_no_review(sirens: Page, archive_server: Server) -> None:
    sirens.goto(f"{archive_server.url}/archive?archive-score=0.2")
    expect(sirens.locator(".place")).to_contain_text("1 to 10 of ")
    wait_until_drawn(sirens)
    for key in "axaxaxax":  # faster than the script runs
        sirens.keyboard.press(key)
    expect(sirens.get_by_text("4 accepted, 4 rejected")).to_be_visible()
    for at in range(8):
        kind = "accept" if at % 2 == 0 else "reject"
        expect(rows(sirens).nth(at).locator(f".{kind}")).to_have_attribute("aria-pressed", "true")
    for _ in range(2):
        sirens.keyboard.press("j")  # the last row, then the next page, where nothing is reviewed
    expect(sirens.locator(".place")).to_contain_text("11 to ")
    sirens.keyboard.press("Enter")
    expect(rows(sirens).first.locator(".play path")).to_have_attribute("d", "M6 6h12v12H6z")
    sirens.keyboard.press("k")
    expect(sirens.locator(".place")).to_contain_text("1 to 10 of ")
    expect(rows(sirens).nth(9)).to_have_class("current")
    sirens.get_by_role("button", name="Forget reviews").click()
    expect(sirens.get_by_text("0 accepted, 0 rejected")).to_be_visible()


def test_a_class_is_taught_and_looked_for_without_leaving_the_page(sirens: Page) -> None:
    sirens.keyboard.press("a")
    expect(sirens.get_by_text("1 accepted, 0 rejected")).to_be_visible()
    sirens.keyboard.press("x")
    expect(sirens.get_by_text("1 accepted, 1 rejected")).to_be_visible()
    sirens.get_by_role("button", name="Teach and apply").click()
    uncertain = sirens.get_by_text("Uncertain ones first")
    expect(uncertain).to_be_visible(timeout=LONG_WORK_MS)
    expect(rows(sirens).first).to_contain_text("Siren", timeout=LONG_WORK_MS)


def test_pages_turn_and_the_results_are_saved(
    open_page: OpenPage, archive_server: Server, tmp_path: Path
) -> None:
    page = open_page()
    page.goto(f"{archive_server.url}/archive?archive-score=0.2")
    expect(page.locator(".place")).to_contain_text("1 to 10 of ")
    total = int(page.locator(".place").inner_text().split()[-1])
    page.locator(".next").click()
    expect(page.locator(".place")).to_contain_text("11 to ")
    page.keyboard.press("k")  # on the first row
    expect(page.locator(".place")).to_contain_text("1 to 10 of ")
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="CSV").click()
    saved.value.save_as(tmp_path / "found.csv")
    with (tmp_path / "found.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == total


@pytest.mark.parametrize("width", [390, 1400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible_and_nothing_sticks_out(sirens: Page, scheme: str, width: int) -> None:
    sirens.set_viewport_size({"width": width, "height": 1000})
    sirens.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    wait_until_drawn(sirens)
    expect(rows(sirens).first).to_be_visible()
    sirens.wait_for_timeout(1_000)  # pages fade in, and faded text has less contrast
    wide = sirens.evaluate("document.documentElement.scrollWidth")
    assert wide <= width
    broken = Axe().run(sirens, options=OPTIONS).response["violations"]
    assert [told for rule in broken for told in told_of(sirens, rule)] == []
