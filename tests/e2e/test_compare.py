"""The page "Compare" in a real browser."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import ConsoleMessage, Locator, Page, expect

from models.audio import load_clip
from models.inference import Classifier
from models.teaching import teach
from tests.e2e.conftest import OpenPage
from tests.e2e.driving import Server, eventually, wait_until_drawn
from tests.models.inference.building import HeadPlan, Plan, metadata
from tests.models.teaching.sounds import MAKERS, wav

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
LANE_Y = 60  # in the scores of the first lane, in pixels from the top
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
    lanes = lanes_of(page)
    expect(lanes).to_have_attribute("aria-label", re.compile("Vehicle horn"))
    wait_until_drawn(page)  # else the lanes may move away under the pointer
    lanes.scroll_into_view_if_needed()
    lanes.hover(position={"x": 300, "y": LANE_Y})
    expect(page.locator(".lanes .hint")).to_contain_text("▼")
    page.set_viewport_size(PHONE)
    expect(page.get_by_role("button", name="Classes as CSV")).to_be_visible()
    main = page.get_by_test_id("stMain")
    eventually(page, lambda: lanes.evaluate(WIDTH) <= PHONE["width"])
    eventually(page, lambda: not main.evaluate("main => main.scrollWidth - main.clientWidth"))
    assert told == []


def lanes_of(page: Page) -> Locator:
    """Return the lanes, once they are drawn."""
    lanes = page.locator(".lanes canvas")
    expect(lanes).to_have_attribute("aria-label", re.compile("Highest: "))
    return lanes


def time_of(page: Page, place: str) -> float:
    """Return where a playhead is, in seconds."""
    return float(page.locator(f"{place} .playhead").get_attribute("data-time") or -1)


@pytest.mark.slow
def test_what_the_models_differ_in_is_heard(
    open_page: OpenPage, builtin_server: Server, tmp_path: Path
) -> None:
    page = open_page()
    heads, labels = (HeadPlan(2, "LOGISTIC"),), {"labels.txt": b"Siren\nKettle\n"}
    differing = Plan(heads=heads, packed=labels, metadata=metadata(sample_rate=16_000))
    add_model(page, builtin_server, differing.save(tmp_path, "few.tflite"))
    sides = "model-left=Built-in&model-right=few&runtime-left=LiteRT&runtime-right=LiteRT"
    page.goto(f"{builtin_server.url}/compare?clip=demonstration&{sides}")
    lanes = lanes_of(page)
    page.locator(".player[data-state=ready]").wait_for()
    wait_until_drawn(page)
    expect(page).to_have_url(re.compile("clip=demonstration"))
    page.get_by_role("button", name="Largest difference").click()
    expect(page.locator(".st-key-steps")).to_contain_text("1 of ")
    expect(page.get_by_role("heading", name="Heard at")).to_be_visible()
    expect(page.locator(".lanes .marked")).to_be_visible()
    page.get_by_role("button", name="Next").click()
    expect(page.locator(".st-key-steps")).to_contain_text("2 of ")
    wait_until_drawn(page)
    lanes.scroll_into_view_if_needed()
    width = lanes.evaluate(WIDTH)
    lanes.click(position={"x": width / 2, "y": LANE_Y})
    at_s = 53.8 / 2
    expect(page.get_by_role("heading", name="Heard at 26.")).to_be_visible()
    eventually(page, lambda: abs(time_of(page, ".lanes") - at_s) < 1.5)
    eventually(page, lambda: abs(time_of(page, ".player") - at_s) < 1.5)


def add_model(page: Page, server: Server, path: Path) -> None:
    page.goto(f"{server.url}/models")
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(path)
    page.get_by_text(path.name).wait_for()
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("heading", name=path.stem, exact=True)).to_be_visible()


def test_without_yamnet_the_built_in_model_is_compared_with_itself(
    open_page: OpenPage, builtin_server: Server
) -> None:
    """On two runtimes, if both are installed."""
    page = open_page()
    page.goto(f"{builtin_server.url}/compare?clip=demonstration")
    expect(page.get_by_role("heading", name="They agree on the best class")).to_be_visible()
    expect(lanes_of(page)).to_have_attribute("aria-label", re.compile("Vehicle horn"))
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
    add_model(page, builtin_server, taught)
    sides = "model-left=Built-in&model-right=Hands&runtime-left=LiteRT&runtime-right=LiteRT"
    page.goto(f"{builtin_server.url}/compare?clip=demonstration&{sides}")
    expect(page.get_by_role("heading", name="They agree on the best class")).to_be_visible()
    for label in MAKERS:
        expect(lanes_of(page)).to_have_attribute("aria-label", re.compile(label))


def is_error(message: ConsoleMessage) -> bool:
    # Streamlit first requests its health endpoint under the page's path, and receives a 404.
    return message.type == "error" and "404" not in message.text
