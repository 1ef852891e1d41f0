"""Live listening in a real browser, with a recording of known sounds as microphone input."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, WebSocket, expect

from models.audio import load_clip
from models.events import Event
from tests.e2e.conftest import PATIENCE_MS, LaunchBrowser, OpenPage, busy_s, needs_proc, opening
from tests.e2e.driving import (
    MICROPHONE_RATE_HZ,
    Server,
    eventually,
    fake_microphone,
    press,
    start_listening,
    wait_until_drawn,
)
from tests.e2e.network import network_to

pytestmark = pytest.mark.browser

CLEARLY = 0.7  # score that small transmission losses do not hide


@pytest.fixture(scope="module")
def clear(events: list[Event]) -> list[str]:
    """Labels recognised clearly in the demonstration clip, also after WebRTC's codec."""
    labels = [event.label for event in events if event.peak > CLEARLY]
    return list(dict.fromkeys(labels))


@pytest.fixture
def listening(open_page: OpenPage, server: Server) -> Page:
    """The page "Live", listening to the demonstration clip, with animations."""
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
    expect(health).to_contain_text("connected by WebRTC")
    expect(health).to_contain_text("48 kHz stereo")
    eventually(listening, lambda: all(colours > 2 for colours in canvas_colours(listening)))


def canvas_colours(page: Page) -> list[int]:
    """Return the number of colours in each of the panel's two canvases."""
    counted: list[int] = page.evaluate(
        """() => [...document.querySelectorAll('*')].flatMap(e => e.shadowRoot
              ? [...e.shadowRoot.querySelectorAll('.over-time canvas')] : []).map(canvas => {
            const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            return new Set(new Uint32Array(data.buffer)).size;
        })"""
    )
    assert len(counted) == 2
    return counted


@pytest.mark.slow  # the fast suite has one start of WebRTC
def test_settings_change_without_a_reconnect(listening: Page) -> None:
    expect(listening.locator(".log tbody tr")).not_to_have_count(0)
    before = listening.locator(".health").inner_text()
    slider = listening.get_by_role("slider", name="Score threshold")
    slider.press("End")
    listening.wait_for_timeout(2_000)
    heard = listening.locator(".bars li.heard:not([hidden])")  # a row that is free keeps its look
    expect(heard).to_have_count(0)
    slider.press("Home")
    expect(heard).not_to_have_count(0)
    listening.get_by_role("slider", name="Results shown").press("Home")
    expect(listening.locator(".bars li:not([hidden])")).to_have_count(1)
    assert "connected" in before
    expect(listening.locator(".health")).to_contain_text("connected")
    expect(listening.locator(".health")).to_contain_text(re.compile(r"Lost packets\s*0"))


@pytest.mark.slow
def test_a_watched_class_raises_an_alert_and_is_counted(listening: Page, clear: list[str]) -> None:
    label = clear[1]
    listening.get_by_role("combobox", name="Watch for").fill(label)
    listening.get_by_role("option", name=label, exact=True).click()
    listening.keyboard.press("Escape")
    expect(listening.get_by_role("alert").filter(has_text=f"Heard: {label}")).to_be_visible(
        timeout=75_000  # the recording repeats within a minute
    )
    expect(listening.locator(".watched")).to_have_text(re.compile(rf"{re.escape(label)} \d+×"))


@pytest.mark.slow  # as above
def test_what_was_that_opens_the_inspector_and_listening_goes_on(listening: Page) -> None:
    listening.wait_for_timeout(3_000)
    listening.get_by_role("button", name="What was that?").click()
    expect(listening.get_by_role("heading", name=re.compile("Heard live"))).to_be_visible()
    expect(listening.locator(".player[data-state=ready]")).to_be_visible()
    bar = listening.locator(".st-key-live-bar")
    expect(bar).to_contain_text("Listening live")
    go(listening, "Live")
    goes_on(listening)
    listening.get_by_role("button", name="Stop").click()
    link = listening.get_by_role("link", name="Inspect what was heard")
    link.click()
    expect(listening.get_by_role("heading", name="2 clips")).to_be_visible()


@pytest.mark.slow
def test_another_page_and_back_changes_nothing_that_was_there(listening: Page) -> None:
    expect(listening.locator(".log tbody tr")).not_to_have_count(0)
    oldest = oldest_event(listening)
    go(listening, "Models")
    bar = listening.locator(".st-key-live-bar")
    expect(bar).to_contain_text("Listening live")
    listening.wait_for_timeout(4_000)
    go(listening, "Live")
    goes_on(listening, "WebSocket")
    expect(listening.locator(".log tbody tr").filter(has_text=oldest)).to_be_visible()
    eventually(listening, lambda: painted_share(listening) > 0.05)  # the last minute


@pytest.mark.slow
def test_the_bar_of_another_page_stops_listening(listening: Page) -> None:
    go(listening, "Models")
    listening.locator(".st-key-live-bar").get_by_role("button", name="Stop").click()
    expect(listening.locator(".st-key-live-bar")).to_have_count(0)
    go(listening, "Live")
    expect(listening.get_by_role("link", name="Inspect what was heard")).to_be_visible()


@pytest.mark.slow
def test_stop_and_reload_keep_panel_log_and_last_minute(listening: Page) -> None:
    expect(listening.locator(".log tbody tr")).not_to_have_count(0)
    listening.wait_for_timeout(2_000)
    press(listening, "Stop")
    expect(listening.get_by_role("link", name="Inspect what was heard")).to_be_visible()
    expect(listening.locator(".panel")).to_have_attribute("data-state", "idle")
    before = what_stays(listening)
    assert before["log"]  # no class may sound at the moment of Stop
    assert painted_share(listening) > 0.02
    listening.reload()
    expect(listening.locator(".log tbody tr")).not_to_have_count(0)
    eventually(listening, lambda: what_is_there(listening) == before)
    eventually(listening, lambda: painted_share(listening) > 0.02)


@pytest.mark.slow
def test_a_reload_while_it_listens_keeps_what_was_heard(listening: Page) -> None:
    expect(listening.locator(".log tbody tr")).not_to_have_count(0)
    oldest = oldest_event(listening)
    listening.reload()
    expect(listening.locator(".log tbody tr").filter(has_text=oldest)).to_be_visible()
    expect(listening.get_by_role("link", name="Inspect what was heard")).to_be_visible()
    expect(listening.locator(".log tbody tr").filter(has_text=oldest)).to_be_visible()
    press(listening, "Start listening")
    goes_on(listening)


@pytest.mark.slow
def test_no_script_runs_while_it_listens(open_page: OpenPage, server: Server) -> None:
    page = open_page()
    sockets: dict[str, int] = {}

    def count(socket: WebSocket) -> None:
        path = socket.url.rpartition("/")[2]
        socket.on("framereceived", lambda _: sockets.update({path: sockets.get(path, 0) + 1}))

    page.on("websocket", count)
    start_listening(page, server.url)
    page.wait_for_timeout(3_000)
    sockets.clear()
    begun_s = clock_s(page)
    eventually(page, lambda: clock_s(page) > begun_s + 5)
    n_messages = sockets["live"]
    assert sockets.get("stream", 0) == 0, "Streamlit sent something"
    assert n_messages <= 4 * (clock_s(page) - begun_s) + 2, "one for each score, four a second"


ROWS = """
async () => {
  const roots = [...document.querySelectorAll("*")].map((e) => e.shadowRoot).filter(Boolean);
  const bars = roots.map((root) => root.querySelector(".bars")).find(Boolean);
  const until = performance.now() + 15_000;
  const seen = { frames: 0, overlaps: [], labels: new Set(), places: new Set(), lists: new Set() };
  while (performance.now() < until) {
    await new Promise(requestAnimationFrame);
    const items = [...bars.querySelectorAll("li:not([hidden])")];
    const boxes = items.map((item) => item.getBoundingClientRect());
    const texts = items.map((item) => item.querySelector(".label").getBoundingClientRect());
    seen.frames++;
    items.forEach((item) => seen.labels.add(item.querySelector(".label").textContent));
    const top = bars.getBoundingClientRect().top;
    seen.lists.add(Math.round(top));
    boxes.forEach((box) => seen.places.add(Math.round(box.top - top)));
    for (const rows of [boxes, texts]) {
      rows.forEach((box, n) => rows.slice(n + 1).forEach((other) => {
        const apart = box.bottom <= other.top + 0.5 || other.bottom <= box.top + 0.5;
        if (!apart) seen.overlaps.push([box.top, box.bottom, other.top, other.bottom]);
      }));
    }
  }
  return { ...seen, labels: seen.labels.size, places: [...seen.places], lists: seen.lists.size };
}
"""


@pytest.mark.slow
def test_rows_never_overlap_nor_move_whatever_sounds(listening: Page) -> None:
    seen = listening.evaluate(ROWS)
    assert seen["frames"] > 30  # of 900 on a quiet machine
    assert seen["labels"] > 5, "the sound has not changed"
    assert seen["overlaps"] == []
    assert seen["lists"] == 1
    assert set(seen["places"]) <= {40 * row for row in range(8)}, "rows of 40 px (rows.js)"


@pytest.mark.slow
def test_an_alert_moves_nothing(listening: Page, clear: list[str]) -> None:
    page = listening
    for label in clear[:3]:
        page.get_by_role("combobox", name="Watch for").fill(label)
        page.get_by_role("option", name=label, exact=True).click()
        page.keyboard.press("Escape")
    expect(page.locator(".watched span")).to_have_count(3)
    alert = page.get_by_role("alert").filter(has_text="Heard:")
    places = {True: set(), False: set()}
    for _ in range(300):
        shown = alert.is_visible()
        places[shown].add(tuple(page.evaluate(PLACES)))
        if places[True] and places[False] and len(places[True]) + len(places[False]) > 1:
            break
        page.wait_for_timeout(200)
    assert places[True], "there was no alert"
    assert places[True] == places[False]


PLACES = """
() => {
  const roots = [...document.querySelectorAll("*")].map((e) => e.shadowRoot).filter(Boolean);
  const panel = roots.map((root) => root.querySelector(".panel")).find(Boolean);
  const names = [".meter", ".columns", ".bars", ".lanes", ".log", ".health"];
  return names.map((name) => Math.round(panel.querySelector(name).getBoundingClientRect().top
    - panel.getBoundingClientRect().top));
}
"""


@pytest.mark.slow
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
@pytest.mark.slow
def test_a_closed_tab_ends_its_listening(open_page: OpenPage, server: Server) -> None:
    clock, page = open_page(), open_page()
    start_listening(page, server.url)
    while_listening = busy_s(server, clock)
    page.close()
    assert while_listening > 0.05
    eventually(clock, lambda: busy_s(server, clock) < while_listening / 3)


@pytest.mark.slow
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
    expect(page.locator(".recorder").get_by_role("button", name="Record")).to_be_visible()
    refusing.close()


@pytest.mark.slow
def test_a_muted_microphone_is_not_called_silence(listening: Page) -> None:
    frame = listening.frame_locator("iframe[title*=webrtc]")
    frame.get_by_role("button", name="Mute microphone").click()
    notice = listening.locator(".notice")
    expect(notice).to_contain_text("Muted by you")
    frame.get_by_role("button", name="Unmute microphone").click()
    expect(notice).not_to_contain_text("Muted by you")


RELAYS_ONLY = """
const Original = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Original {
  constructor(configuration) {
    super({ ...configuration, iceTransportPolicy: "relay" });
  }
};
"""


@pytest.mark.slow
def test_where_webrtc_does_not_connect_the_websocket_takes_over_by_itself(
    open_page: OpenPage, server: Server
) -> None:
    """The browser may only use a relay, and there is none: as behind a strict firewall."""
    page = open_page()
    page.add_init_script(RELAYS_ONLY)
    page.goto(f"{server.url}/live")
    press(page, "Start listening")
    goes_on(page, "WebSocket")
    expect(page.locator(".notice")).to_contain_text("Listening by WebSocket")
    expect(page.locator(".health")).to_contain_text(re.compile(r"Lost packets\s*0"))
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("link", name="Inspect what was heard")).to_be_visible()
    expect(page.get_by_role("button", name="Start listening")).to_be_visible()


@pytest.mark.slow
def test_where_webrtc_was_chosen_and_does_not_connect_there_is_help(
    open_page: OpenPage, server: Server
) -> None:
    page = open_page()
    page.add_init_script(RELAYS_ONLY)
    page.goto(f"{server.url}/live")
    choose_connection(page, "WebRTC")
    press(page, "Start listening")
    help_text = page.get_by_role("alert").filter(has_text="does not connect by WebRTC")
    expect(help_text).to_contain_text("TURN server")
    expect(page.get_by_role("button", name="Record instead")).to_be_visible()


@pytest.mark.slow
def test_a_browser_without_webrtc_listens_over_the_websocket(
    open_page: OpenPage, server: Server
) -> None:
    page = open_page()
    page.add_init_script("delete window.RTCPeerConnection;")
    page.goto(f"{server.url}/live")
    page.get_by_role("button", name="Start listening").click()
    goes_on(page, "WebSocket")


@pytest.mark.slow
def test_where_webrtc_was_chosen_and_the_browser_has_none_the_websocket_is_offered(
    open_page: OpenPage, server: Server
) -> None:
    page = open_page()
    page.add_init_script("delete window.RTCPeerConnection;")
    page.goto(f"{server.url}/live")
    choose_connection(page, "WebRTC")
    expect(page.get_by_role("alert").filter(has_text="has no WebRTC")).to_be_visible()
    expect(page.get_by_text("ReferenceError")).to_have_count(0)
    page.get_by_role("button", name="Start listening").click()
    goes_on(page, "WebSocket")


@pytest.mark.slow  # leaves the page for seconds
def test_the_websocket_can_be_chosen_and_survives_pages(
    open_page: OpenPage, server: Server
) -> None:
    page = open_page()
    page.goto(f"{server.url}/live")
    choose_connection(page, "WebSocket")
    page.get_by_role("button", name="Start listening").click()
    goes_on(page, "WebSocket")
    before = lost_packets(page)
    go(page, "Models")
    page.wait_for_timeout(1_000 * AWAY_S)
    go(page, "Live")
    goes_on(page, "WebSocket")
    # On a busy machine some are lost in any case; of a break there would be all.
    assert lost_packets(page) - before < AWAY_S / PACKET_S / 2


AWAY_S = 2
PACKET_S = 0.04  # of the microphone's blocks (capture.js)


def lost_packets(page: Page) -> int:
    shown = page.locator(".health div").filter(has_text="Lost packets").inner_text()
    return int(re.search(r"\d+", shown)[0])


@pytest.mark.parametrize("breaks", ["cut", "stall"])
@pytest.mark.slow
def test_sound_over_the_websocket_goes_on_after_the_network_broke(
    open_page: OpenPage, server: Server, breaks: str
) -> None:
    page = open_page()
    with network_to(server.url) as network:
        page.goto(f"{network.url}/live")
        choose_connection(page, "WebSocket")
        page.get_by_role("button", name="Start listening").click()
        goes_on(page, "WebSocket")
        getattr(network, breaks)()
        page.wait_for_timeout(6_000)
        if breaks == "cut":
            expect(page.locator(".notice")).to_contain_text("connection to the server was lost")
        network.restore()
        goes_on(page, "WebSocket")
        expect(page.locator(".health .warn").filter(has_text="Lost packets")).to_be_visible()


@pytest.mark.slow
def test_without_a_microphone_there_are_plain_sentences(
    launched: LaunchBrowser, server: Server
) -> None:
    browser = launched()  # neither a sound card nor a fake microphone
    page = browser.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{server.url}/live")
    expect(page.get_by_role("alert").filter(has_text="No microphone was found")).to_be_visible()
    expect(page.locator("iframe[title*=webrtc]")).to_have_count(0)
    expect(page.get_by_role("button", name="Record instead")).to_be_visible()
    assert "NotFoundError" not in page.locator("body").inner_text()
    browser.close()


BUSY = """
navigator.mediaDevices.getUserMedia = () =>
  Promise.reject(new DOMException("Could not start audio source", "NotReadableError"));
"""


def test_a_microphone_that_is_busy_is_told_in_plain_words(
    open_page: OpenPage, server: Server
) -> None:
    page = open_page()
    page.add_init_script(BUSY)  # also in frames
    page.goto(f"{server.url}/live")
    press(page, "Start listening")
    told = page.get_by_role("alert").filter(has_text="another program may be using it")
    expect(told).to_be_visible()
    frame = page.frame_locator("iframe[title*=webrtc]")
    expect(frame.get_by_text("NotReadableError")).to_be_hidden()
    assert "NotReadableError" not in page.locator("body").inner_text()


def go(page: Page, name: str) -> None:
    """Navigate to another page of the app."""
    page.get_by_test_id("stTopNavLink").filter(has_text=name).click()
    wait_until_drawn(page)


def oldest_event(page: Page) -> str:
    """Return time and label of the oldest event that has ended, so that its onset stays."""
    ended = page.locator(".log tbody tr:not(.open)")
    expect(ended).not_to_have_count(0)
    cells = ended.last.locator("td").all_inner_texts()
    return "".join(cells[:2])


def goes_on(page: Page, way: str = "") -> None:
    """Wait until new scores arrive, by any transport or by the given one."""
    expect(page.locator(".panel[data-state=listening]")).to_be_visible()
    expect(page.locator(".health")).to_contain_text(f"connected by {way}")
    begun_s = clock_s(page)
    eventually(page, lambda: clock_s(page) >= begun_s + 1)


def clock_s(page: Page) -> float:
    """Return the stream time of the newest message that the panel has processed."""
    return float(page.locator(".panel").get_attribute("data-clock") or 0)


def what_is_there(page: Page) -> dict[str, str]:
    """Return the text of the panel by part."""
    parts = {"bars": ".bars", "log": ".log tbody", "lanes": ".lane-names", "level": ".meter-value"}
    words = {name: page.locator(place).inner_text() for name, place in parts.items()}
    # The row of a class depends on the classes shown before.
    bars = page.locator(".bars li:not([hidden])").all_inner_texts()
    return {**words, "bars": "\n".join(sorted(bars))}


def what_stays(page: Page) -> dict[str, str]:
    """Return the text of a stopped panel, once the last scores have arrived: none for a second."""
    before, now = None, what_is_there(page)
    while now != before:
        page.wait_for_timeout(1_000)
        before, now = now, what_is_there(page)
    return now


def painted_share(page: Page) -> float:
    """Return the share of the timeline's pixels in which a class is drawn."""
    share: float = page.evaluate(
        """() => {
          const all = [...document.querySelectorAll("*")];
          const roots = all.map((e) => e.shadowRoot).filter(Boolean);
          const canvas = roots.map((root) => root.querySelector(".timeline")).find(Boolean);
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          const pixels = new Uint32Array(data.buffer);
          const counts = new Map();
          for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
          const usual = [...counts.values()].sort((a, b) => b - a).slice(0, 2);
          return 1 - usual.reduce((a, b) => a + b, 0) / pixels.length;
        }"""
    )
    return share


def choose_connection(page: Page, way: str) -> None:
    """Choose the transport of the microphone's sound."""
    page.get_by_role("combobox", name="Connection").click()
    page.get_by_role("option", name=way, exact=True).click()
    wait_until_drawn(page)


@pytest.mark.recordings
@pytest.mark.parametrize(
    ("name", "rightful"), [("speech_reading.ogg", "Speech"), ("vibe_ace.ogg", "Music")]
)
@pytest.mark.slow
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


@pytest.mark.slow
def test_on_a_phone_no_room_is_left_blank(open_page: OpenPage, server: Server) -> None:
    page = open_page(390, 844)
    start_listening(page, server.url)
    banner = page.locator(".banner")
    expect(banner.locator(".notice")).not_to_be_empty()
    assert height(banner) < 60  # one line of text
    press(page, "Stop")
    expect(page.locator(".panel[data-state=idle]")).to_be_visible()
    expect(banner).to_be_hidden()
    bars = page.locator(".bars")
    filled_px = bars.evaluate("(e) => parseFloat(e.style.getPropertyValue('--filled'))")
    assert height(bars) == min(filled_px, 160) > 0  # four rows at most


def height(element: Locator) -> float:
    box = element.bounding_box()
    assert box is not None
    return box["height"]
