"""User-supplied models: described, used, and refused without harm if they are broken."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.driving import Server, press, serving_app, wait_until_drawn
from tests.models.inference.building import HeadPlan, Plan, crashing, foreign

pytestmark = pytest.mark.browser

LOGITS = Plan((1, 4_000), (HeadPlan(3),))
LABELS = "0 Background Noise\n1 Doorbell\n2 Kettle\n"


def file(name: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def bring(page: Page, *files: FilePayload) -> None:
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(list(files))


def card(page: Page, title: str) -> Locator:
    cards = page.locator("[class*=st-key-model-]")
    return cards.filter(has=page.get_by_role("heading", name=title, exact=True))


@pytest.fixture
def page(open_page: OpenPage, server: Server) -> Page:
    """The page "Models"."""
    page = open_page()
    page.goto(f"{server.url}/models")
    return page


@pytest.mark.model
@pytest.mark.usefixtures("yamnet_path")
@pytest.mark.slow
def test_the_official_model_is_described(page: Page) -> None:
    yamnet = card(page, "YAMNet")
    expect(yamnet).to_contain_text("521")
    expect(yamnet).to_contain_text(re.compile(r"Time per window\s*[\d.]+ ms"))
    yamnet.get_by_text("Details").click()
    expect(yamnet.get_by_test_id("stTable")).to_contain_text("Apache-2.0")
    expect(yamnet.get_by_test_id("stTable")).to_contain_text("[15600] float32, mono")


def test_a_model_of_ones_own_listens(page: Page) -> None:
    bring(page, file("kitchen.tflite", LOGITS.content()), file("kitchen.txt", LABELS.encode()))
    kitchen = card(page, "kitchen")
    expect(kitchen).to_contain_text("Uploaded in this session")
    expect(kitchen).to_contain_text("not stated")
    kitchen.get_by_role("button", name="Use").click()
    page.get_by_role("button", name="Try the demonstration clip").click()
    page.locator(".player[data-state=ready]").wait_for()
    names = page.locator(".lane-names li").all_inner_texts()
    assert set(names) <= {"Background Noise", "Doorbell", "Kettle"}
    assert names
    sidebar = page.get_by_test_id("stSidebar")
    expect(sidebar.get_by_text("Sample rate of the model")).to_be_visible()
    expect(sidebar.get_by_text("Exclusive")).to_be_visible()


@pytest.mark.slow
def test_what_was_added_is_said_shown_and_offered(page: Page) -> None:
    expect(card(page, "YAMNet")).to_contain_text("In use")
    page.get_by_text("Bring your own").scroll_into_view_if_needed()
    bring(page, file("kitchen.tflite", LOGITS.content()), file("kitchen.txt", LABELS.encode()))
    kitchen = card(page, "kitchen")
    expect(kitchen).to_contain_text("Added.")
    expect(kitchen.get_by_role("heading", name="kitchen")).to_be_in_viewport()
    expect(kitchen.get_by_role("button", name="Use")).to_be_visible()
    wait_until_drawn(page)  # with an empty uploader
    bring(page, file("another name.tflite", LOGITS.content()))
    another = card(page, "another name")
    expect(another).to_contain_text("This model was here already.")
    another.get_by_role("button", name="Use").click()
    expect(page.get_by_role("combobox", name="Model", exact=True)).to_have_value("another name")
    page.get_by_role("link", name="Models").click()
    expect(another).to_contain_text("In use")
    expect(card(page, "YAMNet")).not_to_contain_text("In use")
    expect(another).not_to_contain_text("This model was here already.")


@pytest.mark.slow
def test_it_listens_live_too(page: Page) -> None:
    bring(page, file("kitchen.tflite", LOGITS.content()), file("kitchen.txt", LABELS.encode()))
    card(page, "kitchen").get_by_role("button", name="Use").click()
    expect(page.get_by_test_id("stSidebar")).to_contain_text("Sample rate of the model")
    page.get_by_role("link", name="Live").click()
    press(page, "Start listening")
    page.locator(".bars li:not([hidden])").first.wait_for()
    heard = page.locator(".bars li:not([hidden])").all_inner_texts()
    assert any(label in words for words in heard for label in ("Doorbell", "Kettle"))
    press(page, "Stop")


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    """A folder of models that are broken in different ways."""
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "crashing.tflite").write_bytes(crashing())
    (folder / "foreign.tflite").write_bytes(foreign())
    whole = np.frombuffer(LOGITS.content(), np.uint8)
    generator = np.random.default_rng(5)
    for number in range(24):
        content = whole.copy()
        if number % 2:
            content = content[: generator.integers(1, len(content))]
        places = generator.integers(0, min(len(content), 2_000), 40)
        content[places] ^= generator.integers(1, 256, 40).astype(np.uint8)
        (folder / f"broken {number:02}.tflite").write_bytes(content.tobytes())
    return folder


@pytest.fixture
def beset(damaged: Path) -> Iterator[Server]:
    with serving_app(damaged) as running:
        yield running


@pytest.mark.slow
def test_broken_models_are_told_and_take_nothing_down(open_page: OpenPage, beset: Server) -> None:
    page = open_page()
    page.goto(f"{beset.url}/models")
    expect(card(page, "Built-in")).to_contain_text("Time per window")
    refused = page.get_by_text("It cannot be used here.")
    expect(card(page, "foreign")).to_contain_text("FlexRFFT")
    expect(card(page, "crashing")).to_contain_text("It cannot be used here.")
    page.get_by_test_id("stStatusWidget").wait_for(state="detached")
    assert refused.count() >= 12
    assert beset.process.poll() is None
    page.goto(f"{beset.url}/?clip=demonstration&model=Built-in")
    page.locator(".player[data-state=ready]").wait_for()
