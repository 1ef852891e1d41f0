"""Forced colours (high contrast): what is drawn by a background is visible."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.driving import Server, wait_until_drawn

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def colour(element: Locator, name: str = "background-color") -> str:
    found: str = element.evaluate("(e, name) => getComputedStyle(e).getPropertyValue(name)", name)
    return found


@pytest.fixture
def page(open_page: OpenPage, server: Server) -> Page:
    page = open_page(1_300, 1_000)
    page.emulate_media(forced_colors="active")
    page.goto(f"{server.url}/?clip=demonstration")
    page.locator(".player[data-state=ready]").wait_for()
    wait_until_drawn(page)
    return page


def test_the_player_is_visible(page: Page) -> None:
    ground = colour(page.locator("body"))
    for part in [".playhead", ".overview-head", ".bars .fill"]:
        assert colour(page.locator(part).first) != ground, part
    assert colour(page.locator(".play svg"), "fill") != colour(page.locator(".play"))
    assert colour(page.locator(".play"), "border-top-style") == "solid"
    legend = page.locator(".categories span").first
    shown = legend.evaluate("(e) => getComputedStyle(e, '::before').backgroundColor")
    assert shown != ground


def test_meters_sliders_and_switches_are_visible(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/live")
    expect(page.locator(".st-key-live-panel")).to_be_visible()
    ground = colour(page.locator("body"))
    assert colour(page.locator(".meter-fill").first) != ground
    assert colour(page.locator(".meter-track").first, "border-top-style") == "solid"
    slider = page.get_by_test_id("stSlider").first
    thumb = slider.locator("div:has(> div > input[type=range])")
    assert colour(thumb) != ground
    switch = page.get_by_test_id("stCheckbox").first.locator("label > span + div")
    assert colour(switch, "outline-style") == "solid"
    assert colour(switch.locator("> div")) != ground
