"""Stage, the live panel for a projector, in a real browser."""

import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from models.audio import Clip
from models.events import Event
from tests.e2e.conftest import OpenPage, opening
from tests.e2e.driving import (
    MICROPHONE_RATE_HZ,
    Server,
    eventually,
    fake_microphone,
    press,
    start_listening,
    wait_until_drawn,
)

pytestmark = pytest.mark.browser

LEAST_PX = 80
"""Least size of the best class's name, in pixels."""

WATCHED_FRAMES = """async dialog => {
  const root = dialog.getRootNode();
  const seen = [];
  const until = performance.now() + 10_000;
  while (performance.now() < until) {
    const boxes = [...root.querySelectorAll('.stage-first, .stage-next > li')]
      .map(entry => entry.getBoundingClientRect());
    if (boxes.some((box, at) => at > 0 && box.top < boxes[at - 1].bottom)) return ['overlapping'];
    seen.push(boxes.slice(1).map(box => [box.top, box.bottom].map(Math.round)).join(' '));
    await new Promise(requestAnimationFrame);
  }
  return [...new Set(seen)];
}"""


@pytest.fixture
def stage(open_page: OpenPage, server: Server) -> Page:
    """The page "Live", listening to the demonstration clip, with Stage open."""
    page = open_page(1_920, 1_080)
    start_listening(page, server.url)
    page.get_by_role("button", name="Stage", exact=True).click()
    expect(page.get_by_role("dialog", name="Stage")).to_be_visible()
    return page


def test_it_shows_the_best_class_large_and_escape_leaves(stage: Page) -> None:
    name = stage.locator(".stage-first .stage-name")
    expect(name).to_have_text(re.compile(r"\w"))
    size_px = name.evaluate("name => parseFloat(getComputedStyle(name).fontSize)")
    assert size_px >= LEAST_PX
    expect(stage.locator(".stage-next > li.shown .stage-name").first).to_be_visible()
    expect(stage).to_have_url(re.compile("stage=true"))
    stage.set_viewport_size({"width": 3_840, "height": 2_160})
    eventually(
        stage,
        lambda: (
            name.evaluate("name => parseFloat(getComputedStyle(name).fontSize)") >= 1.9 * size_px
        ),
    )
    stage.set_viewport_size({"width": 1_920, "height": 1_080})
    stage.keyboard.press("Escape")
    expect(stage.get_by_role("dialog", name="Stage")).not_to_be_visible()
    expect(stage).not_to_have_url(re.compile("stage=true"))
    expect(stage.locator(".bars")).to_contain_text(re.compile(r"\w"))  # it listens on


@pytest.mark.slow  # watches for ten seconds
def test_places_never_move_whatever_sounds(stage: Page) -> None:
    expect(stage.locator(".stage-first .stage-name")).to_have_text(re.compile(r"\w"))
    places = stage.get_by_role("dialog", name="Stage").evaluate(WATCHED_FRAMES)
    assert len(places) == 1, places
    assert places != ["overlapping"]


def test_a_key_opens_it_and_a_link_does_too(open_page: OpenPage, server: Server) -> None:
    page = open_page()
    page.goto(f"{server.url}/live")
    expect(page.get_by_role("button", name="Stage", exact=True)).to_be_visible()
    wait_until_drawn(page)
    page.get_by_role("heading", name="Listen live").click()
    page.keyboard.press("f")
    dialog = page.get_by_role("dialog", name="Stage")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("Not listening")
    expect(page).to_have_url(re.compile("stage=true"))
    page.reload()
    expect(dialog).to_be_visible()
    page.go_back()
    expect(dialog).not_to_be_visible()


@pytest.mark.slow  # listens for seconds
def test_it_is_calm_where_nothing_sounds(
    recording_profile: BrowserContext, microphone: Path, server: Server
) -> None:
    hiss = 2e-4 * np.random.default_rng(0).normal(size=5 * MICROPHONE_RATE_HZ)
    fake_microphone(Clip.from_samples(hiss, MICROPHONE_RATE_HZ), microphone)
    with opening(recording_profile) as open_page:
        page = open_page(1_280, 720)
        page.goto(f"{server.url}/live")
        press(page, "Start listening")
        panel = page.locator(".panel")
        eventually(page, lambda: float(panel.get_attribute("data-clock") or 0) > 3)
        page.get_by_role("button", name="Stage", exact=True).click()
        dialog = page.get_by_role("dialog", name="Stage")
        expect(dialog.locator(".stage-screen[data-state=calm] .stage-calm")).to_have_text(
            "Listening"
        )
        page.wait_for_timeout(3_000)
        expect(dialog.locator(".stage-screen")).to_have_attribute("data-state", "calm")
        expect(dialog.locator(".shown")).to_have_count(0)


@pytest.mark.slow
def test_an_alert_fills_the_screen_for_two_seconds_and_is_counted(
    open_page: OpenPage, server: Server, events: list[Event]
) -> None:
    label = max(events, key=lambda event: event.peak).label
    page = open_page(1_920, 1_080)
    start_listening(page, server.url)
    page.get_by_role("combobox", name="Watch for").fill(label)
    page.get_by_role("option", name=label, exact=True).click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Stage", exact=True).click()
    alert = page.locator(".stage-alert.shown")
    expect(alert).to_have_text(label, timeout=75_000)  # the recording repeats within a minute
    box = alert.bounding_box()
    assert box is not None
    assert (box["width"], box["height"]) == (1_920, 1_080)
    expect(alert).to_have_count(0)
    expect(page.locator(".stage-counts")).to_contain_text(re.compile(rf"{re.escape(label)} [1-9]"))
