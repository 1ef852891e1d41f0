"""A fresh machine without a network: the app works, and states which model it uses."""

import pytest
from playwright.sync_api import Page, expect

from models.audio import load_clip
from models.demonstration import demonstration_recording
from models.inference import Classifier
from models.registry.catalog import CATALOG, FOLDERS_VARIABLE
from tests.e2e.conftest import OpenPage
from tests.e2e.driving import Server, start_listening
from tests.expected import expected_events

pytestmark = pytest.mark.browser

NOTICE = "The built-in model is listening. YAMNet is more accurate:"


@pytest.fixture
def fresh(open_page: OpenPage, builtin_server: Server) -> Page:
    """The page with the demonstration clip and default settings."""
    page = open_page()
    page.goto(f"{builtin_server.url}/?clip=demonstration")
    return page


def test_the_built_in_model_hears_the_demonstration_clip(fresh: Page, builtin: Classifier) -> None:
    notice = fresh.locator(".st-key-stand-in")
    expect(notice).to_contain_text(NOTICE)
    expect(notice.get_by_role("button", name="Get it")).to_be_visible()
    player = fresh.locator(".player[data-state=ready]")
    player.wait_for()
    clip = load_clip(demonstration_recording())
    found = expected_events(builtin.classify(clip), clip)
    expect(fresh.get_by_role("heading", name=f"Events ({len(found)})")).to_be_visible()
    lanes = player.locator(".lane-names li").all_inner_texts()
    assert {"Music", "Silence"} <= set(lanes) <= set(builtin.labels)


def test_the_way_to_yamnet_is_told(fresh: Page) -> None:
    fresh.get_by_role("button", name="Get it").click()
    told = fresh.get_by_test_id("stPopoverBody")
    for address in CATALOG["yamnet"].addresses:
        expect(told.get_by_test_id("stTable")).to_contain_text(address)
    expect(told).to_contain_text(FOLDERS_VARIABLE)
    expect(told.get_by_role("button", name="Retry")).to_be_visible()


def test_it_listens_live(fresh: Page, builtin_server: Server, builtin: Classifier) -> None:
    start_listening(fresh, builtin_server.url)
    expect(fresh.locator(".st-key-stand-in")).to_contain_text(NOTICE)
    shown = fresh.locator(".bars li:not([hidden])").first.inner_text()
    assert any(label in shown for label in builtin.labels)
