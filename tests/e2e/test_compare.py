"""The page "Compare" in a real browser."""

import pytest
from playwright.sync_api import ConsoleMessage, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.driving import Server

pytestmark = [pytest.mark.browser, pytest.mark.model, pytest.mark.usefixtures("yamnet_path")]

PHONE = {"width": 390, "height": 844}


def test_two_models_are_compared_also_on_a_telephone(open_page: OpenPage, server: Server) -> None:
    page = open_page()
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text) if is_error(message) else None)
    page.goto(f"{server.url}/compare?clip=demonstration&model-right=YAMNet&runtime-right=LiteRT")
    expect(page.get_by_role("heading", name="They agree on the best class")).to_be_visible()
    lanes = page.locator(".js-plotly-plot")
    expect(lanes.get_by_text("Vehicle horn")).to_be_visible()
    lanes.scroll_into_view_if_needed()
    box = lanes.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 3, box["y"] + 50)
    expect(lanes.locator(".hovertext")).to_contain_text("▼")
    page.set_viewport_size(PHONE)
    expect(page.get_by_role("button", name="Classes as CSV")).to_be_visible()
    main = page.get_by_test_id("stMain")
    assert main.evaluate("main => main.scrollWidth - main.clientWidth") == 0
    assert lanes.bounding_box()["width"] <= PHONE["width"]
    assert told == []


def is_error(message: ConsoleMessage) -> bool:
    # Streamlit asks for its own health under a page's address first, and is answered 404.
    return message.type == "error" and "404" not in message.text
