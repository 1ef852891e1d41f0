"""Class picker: what is typed, the tree to browse, what comes first, by key and pointer."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.e2e.driving import Server, wait_until_drawn

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def field(page: Page, server: Server) -> Locator:
    """The picker "Show only" of the page Clip, for the demonstration clip."""
    page.goto(f"{server.url}/?clip=demonstration")
    page.locator(".player[data-state=ready]").wait_for()
    wait_until_drawn(page)
    return page.get_by_role("combobox", name="Show only")


def test_a_class_that_is_typed_is_chosen_alone(page: Page, field: Locator) -> None:
    field.fill("dog")
    options = page.locator(".picker").get_by_role("option")
    found = ["Dog", "Whimper (dog)", "Canidae, dogs, wolves", "Bark", "Yip"]
    for at, label in enumerate(found):  # the subclasses of Dog follow what contains the word
        expect(options.locator(".label").nth(at)).to_have_text(label)
    expect(options.first).to_contain_text("Animal > Domestic animals, pets")
    field.press("Enter")
    expect(page).to_have_url(re.compile(r"only=Dog(&|$)"))
    expect(options).to_have_count(0)
    field.press("Backspace")
    expect(page).not_to_have_url(re.compile("only="))


def test_a_class_is_found_in_the_tree_by_key(page: Page, field: Locator) -> None:
    field.click()
    rows = page.get_by_role("treeitem")
    expect(rows.first).to_have_accessible_name("In this clip")
    field.press("ArrowDown")
    field.press("ArrowLeft")  # closes the group
    expect(rows.first).to_have_attribute("aria-expanded", "false")
    expect(rows).to_have_count(8)  # and the seven categories
    for key in ["ArrowDown", "ArrowDown", "ArrowRight"]:
        field.press(key)
    for label in ["Animal", "Domestic animals, pets", "Dog"]:
        last = page.get_by_role("treeitem", name=label, exact=True).last
        while field.get_attribute("aria-activedescendant") != last.get_attribute("id"):
            field.press("ArrowDown")
        if last.get_attribute("aria-expanded") == "false":
            field.press("ArrowRight")
    expect(page.get_by_role("treeitem", name="Bark", exact=True)).to_have_attribute(
        "aria-level", "5"
    )
    field.press("Enter")
    expect(page).to_have_url(re.compile(r"only=Dog(&|$)"))
    field.press("Escape")
    expect(rows).to_have_count(0)


def test_what_was_chosen_on_one_page_comes_first_on_another(page: Page, field: Locator) -> None:
    field.fill("zither")
    field.press("Enter")
    expect(page).to_have_url(re.compile("only=Zither"))
    page.get_by_role("link", name="Live").click()
    page.get_by_role("combobox", name="Watch for").click()
    rows = page.get_by_role("treeitem")
    expect(rows.first).to_have_accessible_name("Recently used")
    rows.nth(1).click()
    expect(rows.nth(1)).to_have_accessible_name("Zither")
    expect(rows.nth(1)).to_have_attribute("aria-selected", "true")
    page.get_by_role("button", name="Remove Zither").click()
    expect(page.get_by_role("button", name="Remove Zither")).to_have_count(0)


def test_a_class_gets_a_threshold_of_its_own(page: Page, field: Locator) -> None:
    page.get_by_text("Thresholds of single classes").click()
    add = page.get_by_role("combobox", name="Add a class")
    add.fill("chirp tone")
    add.press("Enter")
    table = page.get_by_test_id("stSidebar").get_by_test_id("stDataFrame")
    table.scroll_into_view_if_needed()
    # A canvas, with its contents for screen readers.
    expect(table.locator("canvas").first).to_contain_text("Chirp tone0.3")
    expect(page.get_by_role("button", name="Remove Chirp tone")).to_have_count(0)
    expect(field).to_be_visible()


@pytest.mark.parametrize("typed", ["", "dog", "no such class"])
def test_the_open_picker_breaks_no_rule(page: Page, field: Locator, typed: str) -> None:
    field.click()
    field.press_sequentially(typed)
    page.locator(
        ".picker [role=tree]:visible, .picker [role=listbox]:visible, .none:visible"
    ).wait_for()
    broken = Axe().run(page, context=".st-key-only").response["violations"]
    assert [rule["id"] for rule in broken] == []
