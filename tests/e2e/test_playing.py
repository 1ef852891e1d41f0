"""A recording played into the live session, and the ways of an alert, in a real browser."""

import io
import re

import pytest
import soundfile
from playwright.sync_api import Page, expect

from models.audio import load_clip
from models.demonstration import demonstration_recording
from models.events import Event
from tests.e2e.conftest import LaunchBrowser, OpenPage
from tests.e2e.driving import Server, eventually, wait_until_drawn

pytestmark = pytest.mark.browser

SHORT_S = 8.0
APART_S = 1.2
"""Largest distance of sound and scores: a message comes every 0.25 s; the machine may be busy."""

SOUND = """
window.played = [];
const play = HTMLMediaElement.prototype.play;
HTMLMediaElement.prototype.play = function () {
  if (!window.played.includes(this)) window.played.push(this);
  return play.call(this);
};
"""

ALERTS = """
window.notified = [];
window.asked = 0;
window.chimes = 0;
window.Notification = class {
  static permission = "default";
  static async requestPermission() {
    window.asked++;
    return (Notification.permission = window.answer ?? "granted");
  }
  constructor(title) { window.notified.push(title); }
};
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...times) {
  window.chimes++;
  return start.apply(this, times);
};
"""


def short_wav(seconds: float = SHORT_S) -> bytes:
    """Cut the beginning of the demonstration clip: birds."""
    clip = load_clip(demonstration_recording())
    file = io.BytesIO()
    samples = clip.samples[: round(seconds * clip.sample_rate)]
    soundfile.write(file, samples, clip.sample_rate, format="WAV")
    return file.getvalue()


def bring(page: Page, server: Server) -> None:
    """Upload a short recording, and open the page "Live"."""
    page.add_init_script(SOUND)
    page.goto(server.url)
    wav = {"name": "birds.wav", "mimeType": "audio/wav", "buffer": short_wav()}
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files([wav])
    page.locator(".player[data-state=ready]").wait_for()
    page.get_by_test_id("stTopNavLink").filter(has_text="Live").click()
    wait_until_drawn(page)


def play(page: Page, *, repeats: bool = False) -> None:
    """Play the first recording of the list into the live session."""
    page.get_by_role("button", name="Play a recording into it").click()
    if repeats:
        page.get_by_text("Repeat until Stop").click()
        wait_until_drawn(page)
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.locator(".panel[data-state=listening]")).to_be_visible()


def clock_s(page: Page) -> float:
    return float(page.locator(".panel").get_attribute("data-clock") or 0)


def position_s(page: Page) -> float:
    position: float = page.evaluate("window.played.at(-1).currentTime")
    return position


@pytest.mark.slow  # plays a whole recording
def test_a_clip_plays_with_its_sound_and_ends_by_itself(
    launched: LaunchBrowser, server: Server
) -> None:
    browser = launched()  # no microphone, and no permission
    page = browser.new_page()
    bring(page, server)
    expect(page.get_by_role("alert").filter(has_text="No microphone was found")).to_be_visible()
    play(page)
    expect(page.locator(".notice")).to_have_text("Playing a recording.")
    expect(page.locator(".bars")).to_contain_text("Bird")
    audio = page.evaluate("({muted: played[0].muted, volume: played[0].volume})")
    assert audio == {"muted": False, "volume": 1}
    apart = []
    while page.locator(".panel[data-state=listening]").count():
        apart.append(abs(position_s(page) - clock_s(page)))
        page.wait_for_timeout(200)
    assert len(apart) > 2
    assert sorted(apart)[len(apart) // 2] < APART_S
    expect(page.locator(".log tbody")).to_contain_text("Bird")
    assert clock_s(page) == pytest.approx(SHORT_S, abs=1.0)  # the last window is padded
    expect(page.get_by_role("button", name="Play a recording into it")).to_be_visible()
    expect(page.get_by_role("link", name="Inspect what was heard")).to_have_count(0)
    browser.close()


@pytest.mark.slow  # plays a recording more than once
def test_a_repeated_clip_plays_on_on_other_pages_until_stop(
    open_page: OpenPage, server: Server
) -> None:
    page = open_page()
    bring(page, server)
    play(page, repeats=True)
    eventually(page, lambda: clock_s(page) > SHORT_S + 2)
    expect(page.locator(".health")).to_contain_text(re.compile(r"Lost packets\s*0"))
    page.get_by_test_id("stTopNavLink").filter(has_text="Models").click()
    bar = page.locator(".st-key-live-bar")
    expect(bar).to_contain_text("Playing")
    assert not page.evaluate("played[0].paused")
    heading = page.get_by_role("heading", level=1, name="Models")
    heading.wait_for()
    wait_until_drawn(page)
    under_the_bar = heading.bounding_box()
    page.get_by_test_id("stTopNavLink").filter(has_text="Live").click()
    before_s = clock_s(page)
    eventually(page, lambda: clock_s(page) > before_s + 1)
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".panel[data-state=idle]")).to_be_visible()
    eventually(page, lambda: page.evaluate("played.every(one => one.paused)"))
    page.get_by_test_id("stTopNavLink").filter(has_text="Models").click()
    heading.wait_for()
    wait_until_drawn(page)
    expect(bar).to_have_count(0)
    assert under_the_bar is not None
    eventually(page, lambda: heading.bounding_box() == under_the_bar)


@pytest.mark.slow  # the alert plays a recording, too
def test_a_browser_that_waits_for_a_click_says_so(open_page: OpenPage, server: Server) -> None:
    page = open_page()
    refusing = """
      const given = HTMLMediaElement.prototype.play;
      window.refuses = true;
      HTMLMediaElement.prototype.play = function () {
        if (window.refuses) return Promise.reject(new DOMException("", "NotAllowedError"));
        return given.call(this);
      };
    """
    page.add_init_script(refusing)
    bring(page, server)
    page.get_by_role("button", name="Play a recording into it").click()
    page.get_by_role("button", name="Play", exact=True).click()
    notice = page.get_by_role("alert").filter(has_text="waits for a click")
    expect(notice).to_be_visible()
    page.evaluate("window.refuses = false")
    page.get_by_role("heading", name="Listen live").click()
    expect(page.locator(".bars")).to_contain_text("Bird")
    expect(notice).to_have_count(0)


def watch(page: Page, label: str) -> None:
    page.get_by_role("combobox", name="Watch for").fill(label)
    page.get_by_role("option", name=label, exact=True).click()
    page.keyboard.press("Escape")
    wait_until_drawn(page)


def test_an_alert_sounds_and_notifies_where_it_was_asked_for(
    open_page: OpenPage, server: Server, events: list[Event]
) -> None:
    label = events[0].label
    page = open_page()
    page.add_init_script(ALERTS)
    bring(page, server)
    expect(page.get_by_role("button", name="Notify me")).to_be_hidden()
    watch(page, label)
    assert page.evaluate("asked") == 0, "it asks on a click only"
    chime, notify = (
        page.get_by_role("button", name=name) for name in ("Sound an alert", "Notify me")
    )
    chime.click()
    notify.click()
    expect(chime).to_have_attribute("aria-pressed", "true")
    expect(notify).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("asked") == 1
    rehearsed = page.evaluate("chimes")  # the choice can be heard
    assert rehearsed > 0
    play(page)
    expect(page.locator(".watched")).to_have_text(re.compile(rf"{re.escape(label)} [1-9]"))
    eventually(page, lambda: f"Heard: {label}" in page.evaluate("notified"))
    eventually(page, lambda: page.evaluate("chimes") > rehearsed)


def test_refused_notifications_are_told(open_page: OpenPage, server: Server) -> None:
    page = open_page()
    page.add_init_script(ALERTS + "window.answer = 'denied';")
    page.goto(f"{server.url}/live")
    watch(page, "Dog")
    page.get_by_role("button", name="Notify me").click()
    expect(page.locator(".alert-refused")).to_contain_text("refuses notifications")
    expect(page.get_by_role("button", name="Notify me")).to_have_attribute("aria-pressed", "false")
