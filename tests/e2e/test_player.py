"""The player in a real browser: drawing, playback, and messages to the server."""

import re

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Locator, Page, expect

from models.audio import load_clip
from models.demonstration import demonstration_recording
from models.events import Event
from models.events.timeline import Timeline
from tests.e2e.conftest import LONG_WORK_MS, OpenPage
from tests.e2e.driving import Server, wait_until_drawn
from tests.expected import expected_events
from tests.marking import slow
from tests.models.audio.recording_files import Recipe, encode

pytestmark = pytest.mark.browser

TOLERANCE_S = 0.03  # largest difference between drawing and playback

DRAWN_AND_HEARD = """
(stage) => new Promise((resolve) => {
  const [audio, head] = [stage.querySelector("audio"), stage.querySelector(".playhead")];
  const width = stage.querySelector(".tracks canvas").clientWidth;
  const found = [];
  let looks = 0;
  const look = (frame) => {
    const x = new DOMMatrix(getComputedStyle(head).transform).m41;
    const now = [(x / width) * audio.duration, audio.currentTime];
    // Where the machine does other things between drawing and looking, the sound has gone on.
    if (performance.now() - frame < 16) found.push(now);
    if (found.length < 60 && (looks += 1) < 1000) requestAnimationFrame(look);
    else resolve(found);
  };
  requestAnimationFrame(look);
})
"""


@pytest.fixture
def opened(open_page: OpenPage, server: Server) -> Page:
    """The demonstration clip in the inspector; a script error on the page fails the test."""
    page = open_page(1_400, 1_700)
    page.goto(f"{server.url}/?clip=demonstration")
    player(page).wait_for(timeout=LONG_WORK_MS)  # the first test includes the start-up
    page.get_by_role("heading", name="Export").wait_for()
    wait_until_drawn(page)  # afterwards nothing moves under a pointer
    return page


def player(page: Page) -> Locator:
    return page.locator(".player[data-state=ready]")


def sound_time(page: Page) -> float:
    return player(page).locator("audio").evaluate("(audio) => audio.currentTime")


def is_playing(page: Page) -> bool:
    return player(page).locator("audio").evaluate("(audio) => !audio.paused && !audio.ended")


def wait_until(page: Page, condition: str) -> None:
    """Wait until a condition holds for the media element."""
    script = f"(audio) => {condition}"
    handle = player(page).locator("audio").element_handle()
    page.wait_for_function(script, arg=handle)


def watch_for(page: Page, condition: str) -> None:
    """Monitor a condition in the page: it sets `audio.seen`, which `wait_until` can check.

    A state that lasts only a second may be over before a test polls it, on a busy machine.
    """
    script = f"""(audio) => {{
      audio.seen = false;
      const look = () => {{ audio.seen ||= {condition}; }};
      for (const name of ["play", "playing", "timeupdate"]) audio.addEventListener(name, look);
    }}"""
    player(page).locator("audio").evaluate(script)


def at(page: Page, time_s: float, y: float = 40) -> tuple[float, float]:
    """Return the position of a time on the page with the whole clip in view, `y` pixels down."""
    box = player(page).locator(".tracks").bounding_box()
    assert box is not None
    duration_s = load_clip(demonstration_recording()).duration_s
    return box["x"] + box["width"] * time_s / duration_s, box["y"] + y


def lane_y(page: Page, label: str) -> float:
    """Return the vertical centre of a class's lane, in pixels from the top of the picture."""
    tracks = player(page).locator(".tracks").bounding_box()
    name = (
        player(page).locator(".lane-names li").filter(has_text=re.compile(f"^{re.escape(label)}$"))
    )
    box = name.bounding_box()
    assert box is not None
    assert tracks is not None
    return box["y"] + box["height"] / 2 - tracks["y"]


def in_lanes(page: Page, events: list[Event]) -> list[Event]:
    """Select the events that have a lane."""
    names = player(page).locator(".lane-names li").all_inner_texts()
    return [event for event in events if event.label in names]


def shortest_in_a_lane(page: Page, events: list[Event]) -> Event:
    """Return the shortest event in a lane of at least a second, so that playback is observable."""
    lasting = [event for event in in_lanes(page, events) if event.offset_s - event.onset_s >= 1]
    return min(lasting, key=lambda event: event.offset_s - event.onset_s)


def faintest_lane(page: Page, events: list[Event]) -> str:
    """Return the label with events in a lane whose highest peak score is the lowest."""
    peaks: dict[str, float] = {}
    for event in in_lanes(page, events):
        peaks[event.label] = max(event.peak, peaks.get(event.label, 0.0))
    return min(peaks, key=peaks.__getitem__)


REFUSE = """(audio) => {
  audio.play = () => {
    delete audio.play;
    return Promise.reject(new DOMException("", "NotAllowedError"));
  };
}"""


def test_a_play_that_the_browser_refuses_asks_for_a_click(opened: Page) -> None:
    player(opened).locator("audio").evaluate(REFUSE)
    play = player(opened).locator("button.play")
    play.click()
    trouble = player(opened).locator(".trouble")
    expect(trouble).to_contain_text("Press Play")
    play.click()
    wait_until(opened, "!audio.paused")
    expect(trouble).to_be_hidden()


@pytest.mark.slow  # listens for seconds
def test_the_playhead_keeps_to_the_sound_and_asks_nobody(opened: Page) -> None:
    sent: list[object] = []
    opened.on("websocket", lambda socket: socket.on("framesent", lambda data: sent.append(data)))
    opened.reload()  # the event fires when a socket is opened
    player(opened).wait_for()
    opened.get_by_role("heading", name="Export").wait_for()
    player(opened).locator(".play").click()
    wait_until(opened, "audio.currentTime > 0.3")
    assert sent, "the page does talk to the server"
    sent.clear()
    requests: list[str] = []
    opened.on("request", lambda request: requests.append(request.url))
    found = np.array(player(opened).evaluate(DRAWN_AND_HEARD))
    assert found[-1, 1] > found[0, 1] + 0.5, "it plays"
    assert np.abs(found[:, 0] - found[:, 1]).max() < TOLERANCE_S
    assert len(np.unique(found[:, 0])) > 20, "the playhead moves smoothly"
    assert [url for url in requests if "/media/" not in url] == []
    assert sent == []
    player(opened).locator(".play").click()
    assert not is_playing(opened)


def test_a_click_goes_there_and_asks_why(opened: Page, events: list[Event]) -> None:
    event = max(events, key=lambda event: event.peak)
    middle_s = (event.onset_s + event.offset_s) / 2
    opened.mouse.click(*at(opened, middle_s))
    wait_until(opened, f"Math.abs(audio.currentTime - {middle_s}) < 0.1")
    why = opened.get_by_role("heading", name=re.compile(r"Why\? At [\d.]+ s"))
    asked_s = float(re.search(r"[\d.]+", why.inner_text())[0])
    assert asked_s == pytest.approx(middle_s, abs=0.15)
    expect(player(opened).locator(".why li").first).to_contain_text("Part of an event")
    expect(opened.locator(".verdicts li")).to_have_count(10)
    expect(opened.locator(".verdicts li.heard").first).to_contain_text("Part of an event")
    expect(opened.locator(".verdicts li.not").first).to_contain_text("below the threshold 0.30")
    watch_for(opened, "!audio.paused")
    opened.get_by_role("button", name="Hear this window").click()
    wait_until(opened, "audio.seen")
    wait_until(opened, f"audio.paused && audio.currentTime > {middle_s}")


@pytest.mark.slow
def test_a_click_on_an_event_plays_just_that(opened: Page, events: list[Event]) -> None:
    event = shortest_in_a_lane(opened, events)
    watch_for(opened, f"!audio.paused && audio.currentTime >= {event.onset_s - 0.001}")
    opened.mouse.click(
        *at(opened, (event.onset_s + event.offset_s) / 2, lane_y(opened, event.label))
    )
    wait_until(opened, "audio.seen")
    wait_until(opened, "audio.paused")
    assert sound_time(opened) == pytest.approx(event.offset_s, abs=0.01)


@pytest.mark.slow
def test_a_row_of_the_table_plays_just_that(opened: Page, events: list[Event]) -> None:
    table = opened.locator(".st-key-events-table [data-testid=stDataFrame]")
    box = table.bounding_box()
    assert box is not None
    row = min(4, len(events) - 1)
    watch_for(opened, f"!audio.paused && audio.currentTime >= {events[row].onset_s}")
    opened.mouse.click(box["x"] + 20, box["y"] + 35 * (row + 1.5))  # the row's checkbox
    wait_until(opened, "audio.seen")
    wait_until(opened, "audio.paused")
    assert sound_time(opened) == pytest.approx(events[row].offset_s, abs=0.01)


def test_a_drag_selects_and_the_selection_is_looped(opened: Page) -> None:
    opened.mouse.move(*at(opened, 10.0))
    opened.mouse.down()
    opened.mouse.move(*at(opened, 10.5), steps=4)
    opened.mouse.move(*at(opened, 11.0), steps=4)
    opened.mouse.up()
    expect(player(opened).locator(".selection-text")).to_contain_text(
        re.compile(r"1\.0\d s|0\.9\d s")
    )
    expect(
        opened.get_by_role("heading", name=re.compile(r"Selection: (9\.9|10\.0)"))
    ).to_be_visible()
    player(opened).locator(".stage").focus()
    opened.keyboard.press("Space")
    wait_until(opened, "audio.currentTime > 10.7")
    wait_until(opened, "audio.currentTime < 10.5")  # the loop has restarted
    assert is_playing(opened)
    opened.keyboard.press("Escape")
    expect(player(opened).locator(".selection")).to_be_hidden()
    wait_until(opened, "audio.currentTime > 11.3")  # the loop is over
    expect(opened.get_by_role("heading", name=re.compile("Selection"))).to_have_count(0)


def test_the_keyboard_does_it_all(opened: Page) -> None:
    stage = player(opened).locator(".stage")
    stage.focus()
    press = opened.keyboard.press
    press("ArrowRight")
    press("ArrowRight")
    wait_until(opened, "Math.abs(audio.currentTime - 0.96) < 1e-6")
    press("ArrowLeft")
    wait_until(opened, "Math.abs(audio.currentTime - 0.48) < 1e-6")
    press("[")
    for _ in range(4):
        press("ArrowRight")
    press("]")
    expect(player(opened).locator(".selection-text")).to_have_text("0.48 s to 2.40 s, 1.92 s long")
    press("Escape")
    press("End")
    wait_until(opened, "audio.currentTime > 53.7")
    press("Home")
    wait_until(opened, "audio.currentTime === 0")
    press("+")
    expect(player(opened).locator(".seen")).to_be_visible()
    press("-")
    expect(player(opened).locator(".seen")).to_be_hidden()
    press("Space")
    wait_until(opened, "!audio.paused")
    press("Space")
    wait_until(opened, "audio.paused")
    press("Enter")
    expect(opened.get_by_role("heading", name=re.compile(r"Why\? At"))).to_be_visible()
    slider = player(opened).get_by_role("slider", name="Position in the clip")
    expect(slider).to_have_attribute("aria-valuetext", re.compile(r"of 53\.75 s"))


@pytest.mark.slow
def test_the_wheel_zooms_at_the_pointer_and_nothing_is_lost_by_a_rerun(opened: Page) -> None:
    x, y = at(opened, 40.0)
    opened.mouse.move(x, y)
    for _ in range(5):
        opened.mouse.wheel(0, -300)
    seen = player(opened).locator(".seen")
    expect(seen).to_be_visible()
    opened.mouse.click(x, y)  # the time at the pointer is still 40 s
    wait_until(opened, "Math.abs(audio.currentTime - 40) < 0.2")
    before = seen.bounding_box()
    opened.get_by_role("slider", name="Score threshold").press("ArrowRight")
    opened.wait_for_url("**threshold=0.31*")
    wait_until_drawn(opened)
    assert seen.bounding_box() == before
    assert sound_time(opened) == pytest.approx(40, abs=0.2)


def test_a_line_that_is_dragged_gives_a_class_its_own_threshold(
    opened: Page, events: list[Event], demonstrated: Timeline
) -> None:
    expect(opened.get_by_role("heading", name=f"Events ({len(events)})")).to_be_visible()
    label = faintest_lane(opened, events)
    # Where the most specific class is removed, a broader one covers its time.
    clip = load_clip(demonstration_recording())
    left = len(expected_events(demonstrated, clip, thresholds={label: 1.0}))
    lane = lane_y(opened, label)
    height = 23  # of a lane's picture
    top = lane - 26 / 2
    opened.mouse.move(*at(opened, 45.0, top + 0.7 * height))
    opened.mouse.down()
    opened.mouse.move(*at(opened, 45.0, top + 0.3 * height), steps=3)
    opened.mouse.move(*at(opened, 45.0, top + 1), steps=3)
    opened.mouse.up()
    expect(opened.get_by_role("heading", name=f"Events ({left})")).to_be_visible()
    expect(opened.get_by_text("Thresholds of single classes")).to_be_visible()


BEEP_S = 3.0

TONES, APART_S, TONE_S = 3, 1.2, 0.3
"""Several tones, whose median counts: on a busy machine the playback itself may stutter."""

LISTEN = """
async ([audio, count]) => {
  const context = new AudioContext();
  const code = `registerProcessor("ear", class extends AudioWorkletProcessor {
    quiet = sampleRate;
    process([[samples]]) {
      for (const [index, sample] of (samples ?? []).entries()) {
        const loud = Math.abs(sample) > 0.1;
        if (loud && this.quiet > sampleRate / 4) {
          this.port.postMessage((currentFrame + index) / sampleRate);
        }
        this.quiet = loud ? 0 : this.quiet + 1;
      }
      return true;
    }
  });`;
  const module = new Blob([code], { type: "text/javascript" });
  await context.audioWorklet.addModule(URL.createObjectURL(module));
  const ear = new AudioWorkletNode(context, "ear");
  context.createMediaElementSource(audio).connect(ear).connect(context.destination);
  await context.resume();
  const heard = [];
  return new Promise((resolve) => {
    // A message comes late where the page is busy: both clocks are set back by as much.
    ear.port.onmessage = ({ data }) => {
      heard.push(audio.currentTime - (context.currentTime - data));
      if (heard.length === count) resolve(heard);
    };
  });
}
"""


def apart_s(page: Page, sound: bytes) -> float:
    """Play the tones, and return the median offset from their drawn positions, in seconds."""
    loud = np.flatnonzero(np.abs(load_clip(sound).samples) > 0.1) / 16_000
    drawn_s = loud[np.diff(loud, prepend=-1.0) > 0.25]
    audio = player(page).locator("audio").element_handle()
    heard_s = page.evaluate(LISTEN, [audio, TONES])
    return float(np.median(np.array(heard_s) - drawn_s))


RATE_HZ = 48_000


def with_tones(samples: NDArray[np.float32], at_s: float) -> NDArray[np.float32]:
    """Add tones to sound of `RATE_HZ`, the first at `at_s` seconds."""
    tone = 0.5 * np.sin(2 * np.pi * 880 * np.arange(round(TONE_S * RATE_HZ)) / RATE_HZ)
    for index in range(TONES):
        start = round((at_s + index * APART_S) * RATE_HZ)
        samples[start : start + len(tone)] = tone
    return samples


CODECS = {
    "wav": "pcm_s16le",
    "mp3": "libmp3lame",
    "ogg": "libopus",
    "flac": "flac",
    "mp4": "aac",
}


@pytest.mark.parametrize("container", ["mp4", *map(slow, ("wav", "mp3", "ogg", "flac"))])
def test_a_tone_is_heard_where_it_is_drawn(page: Page, container: str) -> None:
    silence = np.zeros(RATE_HZ * 7, np.float32)
    recipe = Recipe(container, CODECS[container], RATE_HZ, layout="mono")
    name, sound = f"beep.{container}", encode(recipe, with_tones(silence, BEEP_S))
    file = {"name": name, "mimeType": "application/octet-stream", "buffer": sound}
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files([file])
    player(page).wait_for()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    player(page).locator(".stage").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    assert abs(apart_s(page, sound)) < TOLERANCE_S


@pytest.mark.parametrize(
    ("container", "codec", "options"),
    [
        ("mp3", "libmp3lame", {"flags": "+qscale", "global_quality": "590"}),
        ("adts", "aac", {}),
    ],
)
@pytest.mark.slow
def test_a_file_without_an_index_is_heard_where_it_is_drawn(
    page: Page, container: str, codec: str, options: dict[str, str]
) -> None:
    # The second half takes more bytes than the first, so a position estimated by bytes is wrong.
    samples = np.random.default_rng(0).uniform(-0.02, 0.02, 120 * RATE_HZ).astype(np.float32)
    samples[: 60 * RATE_HZ] *= 0.01
    recipe = Recipe(container, codec, RATE_HZ, layout="mono", codec_options=options)
    name, sound = f"wandering.{container}", encode(recipe, with_tones(samples, 100.0))
    file = {"name": name, "mimeType": "application/octet-stream", "buffer": sound}
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files([file])
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    player(page).wait_for()
    box = player(page).locator(".tracks").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 97 / 120, box["y"] + 40)
    wait_until(page, "audio.currentTime > 96 && !audio.seeking")
    page.keyboard.press("Space")
    assert abs(apart_s(page, sound)) < TOLERANCE_S
