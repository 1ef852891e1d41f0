"""The microphone in a real browser, fed with a recording whose sounds are known."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from models.audio import load_clip
from models.events import Event
from tests.e2e.conftest import PATIENCE_MS, LaunchBrowser, OpenPage, busy_s, needs_proc, opening
from tests.e2e.driving import (
    MICROPHONE_RATE_HZ,
    Server,
    fake_microphone,
    press,
    start_listening,
)

pytestmark = pytest.mark.browser

CLEARLY = 0.7  # score of what a little loss on the way does not hide


@pytest.fixture(scope="module")
def clear(events: list[Event]) -> list[str]:
    """What is heard beyond doubt in the demonstration clip, also on its way through WebRTC."""
    labels = [event.label for event in events if event.peak > CLEARLY]
    return list(dict.fromkeys(labels))


@pytest.fixture
def listening(open_page: OpenPage, server: Server) -> Page:
    """The page "Live", listening to the demonstration clip, with all that moves."""
    page = open_page(1_400, 1_100)
    page.emulate_media(reduced_motion="no-preference")
    start_listening(page, server.url)
    return page


def test_the_played_sound_appears_with_its_level_and_its_log(
    listening: Page, clear: list[str]
) -> None:
    first = clear[0]
    expect(listening.locator(".bars")).to_contain_text(first)
    expect(listening.locator(".log tbody")).to_contain_text(first)
    expect(listening.locator(".lane-names")).to_contain_text(first)
    expect(listening.locator(".meter-value")).to_have_text(re.compile(r"−\d+\.\d dBFS"))
    health = listening.locator(".health")
    expect(health).to_contain_text("connected")
    expect(health).to_contain_text("48 kHz stereo")
    painted = listening.evaluate(
        """() => [...document.querySelectorAll('*')].flatMap(e => e.shadowRoot
              ? [...e.shadowRoot.querySelectorAll('canvas')] : []).map(canvas => {
            const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            return new Set(new Uint32Array(data.buffer)).size;
        })"""
    )
    assert len(painted) == 2
    assert all(colours > 2 for colours in painted)


def test_settings_change_without_a_reconnect(listening: Page) -> None:
    expect(listening.locator(".log tbody tr")).not_to_have_count(0)
    before = listening.locator(".health").inner_text()
    slider = listening.get_by_role("slider", name="Score threshold")
    slider.press("End")
    listening.wait_for_timeout(2_000)
    expect(listening.locator(".bars li.heard")).to_have_count(0)
    slider.press("Home")
    expect(listening.locator(".bars li.heard")).not_to_have_count(0)
    listening.get_by_role("slider", name="Results shown").press("Home")
    expect(listening.locator(".bars li")).to_have_count(1)
    assert "connected" in before
    expect(listening.locator(".health")).to_contain_text("connected")
    expect(listening.locator(".health")).to_contain_text(re.compile(r"Lost packets\s*0"))


def test_a_watched_class_raises_an_alert_and_is_counted(listening: Page, clear: list[str]) -> None:
    label = clear[1]
    listening.get_by_role("combobox", name="Watch for").fill(label)
    listening.get_by_role("option", name=label, exact=True).click()
    listening.keyboard.press("Escape")
    expect(listening.get_by_role("alert").filter(has_text=f"Heard: {label}")).to_be_visible(
        timeout=75_000  # the recording comes round again within a minute
    )
    expect(listening.locator(".watched")).to_have_text(re.compile(rf"{re.escape(label)} \d+×"))


def test_what_was_that_opens_the_inspector(listening: Page) -> None:
    listening.wait_for_timeout(3_000)
    listening.get_by_role("button", name="What was that?").click()
    expect(listening.get_by_role("heading", name=re.compile("Heard live"))).to_be_visible()
    expect(listening.get_by_role("heading", name="2 clips")).to_be_visible()
    expect(listening.locator(".player[data-state=ready]")).to_be_visible()


def test_stop_gives_a_clip_and_start_listens_again(listening: Page) -> None:
    listening.wait_for_timeout(2_000)
    press(listening, "Stop")
    link = listening.get_by_role("link", name="Inspect what was heard")
    expect(link).to_be_visible()
    press(listening, "Start listening")
    expect(listening.get_by_role("button", name="What was that?")).to_be_visible()
    listening.wait_for_timeout(2_000)
    press(listening, "Stop")
    link.click()
    expect(listening.get_by_role("heading", name="2 clips")).to_be_visible()
    expect(listening.get_by_role("heading", name=re.compile("Live session"))).to_be_visible()


@needs_proc
def test_a_closed_tab_ends_its_listening(open_page: OpenPage, server: Server) -> None:
    clock, page = open_page(), open_page()
    start_listening(page, server.url)
    while_listening = busy_s(server, clock)
    page.close()
    clock.wait_for_timeout(3_000)
    afterwards = busy_s(server, clock)
    assert while_listening > 0.05
    assert afterwards < while_listening / 3


def test_a_refused_microphone_gets_help_and_another_way(
    launched: LaunchBrowser, server: Server
) -> None:
    refusing = launched("--deny-permission-prompts", "--use-fake-device-for-media-stream")
    page = refusing.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{server.url}/live")
    press(page, "Start listening")
    help_text = page.get_by_role("alert").filter(has_text="Allow it in the site's settings")
    expect(help_text).to_be_visible()
    page.get_by_role("button", name="Record instead").click()
    expect(page.get_by_test_id("stAudioInput")).to_be_visible()
    refusing.close()


def test_a_muted_microphone_is_not_called_silence(listening: Page) -> None:
    frame = listening.frame_locator("iframe[title*=webrtc]")
    frame.get_by_role("button", name="Mute microphone").click()
    notice = listening.locator(".notice")
    expect(notice).to_contain_text("Muted by you")
    frame.get_by_role("button", name="Unmute microphone").click()
    expect(notice).to_be_hidden()


RELAYS_ONLY = """
const Original = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Original {
  constructor(configuration) {
    super({ ...configuration, iceTransportPolicy: "relay" });
  }
};
"""


def test_a_network_that_lets_nothing_through_gets_help(open_page: OpenPage, server: Server) -> None:
    """The browser may only go through a relay, and there is none: as behind a strict firewall."""
    page = open_page()
    page.add_init_script(RELAYS_ONLY)
    page.goto(f"{server.url}/live")
    press(page, "Start listening")
    expect(page.get_by_role("alert").filter(has_text="TURN server")).to_be_visible()
    expect(page.get_by_role("button", name="Record instead")).to_be_visible()


@pytest.mark.recordings
@pytest.mark.parametrize(
    ("name", "rightful"), [("speech_reading.ogg", "Speech"), ("vibe_ace.ogg", "Music")]
)
def test_a_real_recording_is_heard_as_what_it_is(
    recording_profile: BrowserContext,
    microphone: Path,
    server: Server,
    recordings: Path,
    name: str,
    rightful: str,
) -> None:
    clip = load_clip(recordings / name, sample_rate=MICROPHONE_RATE_HZ)
    fake_microphone(clip, microphone)
    with opening(recording_profile) as open_page:
        page = open_page()
        start_listening(page, server.url)
        expect(page.locator(".bars li.heard").filter(has_text=rightful).first).to_be_visible()
