"""The page "Compare" in a real browser."""

from pathlib import Path

import pytest
from playwright.sync_api import ConsoleMessage, Locator, expect

from models.audio import load_clip
from models.inference import Classifier
from models.teaching import teach
from tests.e2e.conftest import OpenPage
from tests.e2e.driving import Server, eventually, wait_until_drawn
from tests.models.teaching.sounds import MAKERS, wav

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
WIDTH = "(element) => element.getBoundingClientRect().width"


@pytest.mark.model
@pytest.mark.usefixtures("yamnet_path")
@pytest.mark.slow
def test_two_models_are_compared_also_on_a_telephone(open_page: OpenPage, server: Server) -> None:
    page = open_page()
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text) if is_error(message) else None)
    page.goto(f"{server.url}/compare?clip=demonstration&model-right=YAMNet&runtime-right=LiteRT")
    expect(page.get_by_role("heading", name="They agree on the best class")).to_be_visible()
    lanes = page.locator(".js-plotly-plot")
    expect(lanes.get_by_text("Vehicle horn")).to_be_visible()
    wait_until_drawn(page)  # else the chart may move away under the pointer
    lanes.scroll_into_view_if_needed()
    eventually(page, lambda: "▼" in pointed_at(lanes))
    page.set_viewport_size(PHONE)
    expect(page.get_by_role("button", name="Classes as CSV")).to_be_visible()
    main = page.get_by_test_id("stMain")
    # Charts adapt to the width some time after the page.
    eventually(page, lambda: lanes.evaluate(WIDTH) <= PHONE["width"])
    eventually(page, lambda: not main.evaluate("main => main.scrollWidth - main.clientWidth"))
    assert told == []


def pointed_at(lanes: Locator) -> str:
    """Point at the chart's first lane, and return what it says about that."""
    box = lanes.bounding_box()
    if box is None:  # drawn anew at this moment
        return ""
    for x in (0, box["width"] / 3):  # a chart that was not ready before takes notice of a move
        lanes.page.mouse.move(box["x"] + x, box["y"] + 50)
    lanes.page.wait_for_timeout(500)
    return "".join(lanes.locator(".hovertext").all_text_contents())


def test_without_yamnet_the_built_in_model_is_compared_with_itself(
    open_page: OpenPage, builtin_server: Server
) -> None:
    """On two runtimes, if both are installed."""
    page = open_page()
    page.goto(f"{builtin_server.url}/compare?clip=demonstration")
    expect(page.get_by_role("heading", name="They agree on the best class")).to_be_visible()
    expect(page.locator(".js-plotly-plot").get_by_text("Vehicle horn")).to_be_visible()
    expect(page.get_by_test_id("stTable").first).to_contain_text("Built-in on")


@pytest.fixture
def taught(builtin: Classifier, tmp_path: Path) -> Path:
    """A taught classifier's file with three classes that AudioSet also has."""
    sounds = {
        label: [load_clip(wav(make(3.0, seed))) for seed in range(3)]
        for label, make in MAKERS.items()
    }
    return teach(sounds, base=builtin).save(tmp_path / "Hands.earmark")


@pytest.mark.slow
def test_the_built_in_model_is_compared_with_what_was_taught(
    open_page: OpenPage, builtin_server: Server, taught: Path
) -> None:
    page = open_page()
    page.goto(f"{builtin_server.url}/models")
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(taught)
    expect(page.get_by_role("heading", name="Hands", exact=True)).to_be_visible()
    sides = "model-left=Built-in&model-right=Hands&runtime-left=LiteRT&runtime-right=LiteRT"
    page.goto(f"{builtin_server.url}/compare?clip=demonstration&{sides}")
    expect(page.get_by_role("heading", name="They agree on the best class")).to_be_visible()
    lanes = page.locator(".js-plotly-plot")
    for label in MAKERS:
        expect(lanes.get_by_text(label)).to_be_visible()


def is_error(message: ConsoleMessage) -> bool:
    # Streamlit first requests its health endpoint under the page's path, and receives a 404.
    return message.type == "error" and "404" not in message.text
