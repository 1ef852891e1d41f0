"""Navigation: titles of tabs, its place on every page, its menu in narrow windows, its focus."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import OpenPage
from tests.e2e.driving import Server, eventually, wait_until_drawn

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGES = {"": "Clip", "live": "Live", "teach": "Teach", "compare": "Compare", "models": "Models"}


def test_every_page_has_its_own_title_and_the_navigation_stays_in_place(
    open_page: OpenPage, server: Server
) -> None:
    page = open_page(1_300, 900)
    page.goto(server.url)
    places = set()
    for name in PAGES.values():
        page.get_by_test_id("stTopNavLink").filter(has_text=name).click()
        expect(page).to_have_title(f"{name} · Earmark")
        wait_until_drawn(page)
        place = page.get_by_test_id("stTopNavLink").filter(has_text="Models").bounding_box()
        assert place is not None
        places.add(place["x"])
    assert len(places) == 1


@pytest.mark.parametrize("width", [390, 640])  # a phone, and 1280 pixels at a zoom of 200 %
def test_a_narrow_window_has_a_menu_of_the_pages(
    open_page: OpenPage, server: Server, width: int
) -> None:
    page = open_page(width, 700)
    page.goto(server.url)
    for name in ["Teach", "Live"]:
        page.get_by_role("button", name="Pages").click()
        menu = page.get_by_test_id("stPopoverBody")
        expect(menu.get_by_role("link")).to_have_text(
            [re.compile(f"{each}$") for each in PAGES.values()]  # after the text of its icon
        )
        menu.get_by_role("link", name=name).click()
        expect(page).to_have_title(f"{name} · Earmark")
        expect(menu).to_have_count(0)
    page.set_viewport_size({"width": 1_300, "height": 700})
    expect(page.get_by_role("button", name="Pages")).to_be_hidden()


def test_the_link_in_focus_is_outlined(open_page: OpenPage, server: Server) -> None:
    page = open_page(1_300, 900)
    page.goto(server.url)
    page.get_by_test_id("stTopNavLink").first.focus()
    page.keyboard.press("Tab")
    link = page.get_by_test_id("stTopNavLink").nth(1)
    expect(link).to_be_focused()
    expect(link).to_have_css("outline-style", "solid")


STOP = """() => {
  const [widget, button] = [document.createElement("div"), document.createElement("button")];
  widget.dataset.testid = "stStatusWidget";
  button.dataset.testid = "stBaseButton-header";
  widget.append(button);
  document.body.append(widget);
  return getComputedStyle(button).display;
}"""
"""Streamlit's button while a script runs, which it shows for an unknown time only."""


def test_streamlits_own_stop_is_not_offered(open_page: OpenPage, server: Server) -> None:
    page = open_page(1_300, 900)
    page.goto(server.url)
    expect(page.get_by_text("up to 500 MB each")).to_be_visible()
    eventually(page, lambda: page.evaluate(STOP) == "none")


def test_the_limit_of_an_uploader_is_said_once(open_page: OpenPage, server: Server) -> None:
    page = open_page(1_300, 900)
    page.goto(server.url)
    expect(page.get_by_text("up to 500 MB each")).to_be_visible()
    expect(page.get_by_text("500MB")).to_be_hidden()
