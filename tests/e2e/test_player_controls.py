"""The player's everyday controls in a real browser."""

import re
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from models.events import Event
from tests.e2e.conftest import LONG_WORK_MS, OpenPage
from tests.e2e.driving import Server, eventually, wait_until_drawn

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NARROW_PX = 390
TOUCH_PX = 44

OpenClip = Callable[..., Page]


@pytest.fixture
def open_clip(open_page: OpenPage, server: Server) -> OpenClip:
    """Open the demonstration clip in a window of a size, with settings in the address."""

    def opened(width: int = 1_400, height: int = 1_700, settings: str = "") -> Page:
        page = open_page(width, height)
        page.goto(f"{server.url}/?clip=demonstration{settings}")
        player(page).wait_for(timeout=LONG_WORK_MS)
        page.get_by_role("heading", name="Export").wait_for()
        wait_until_drawn(page)
        return page

    return opened


@pytest.fixture
def opened(open_clip: OpenClip) -> Page:
    return open_clip()


def player(page: Page) -> Locator:
    return page.locator(".player[data-state=ready]")


def sound(page: Page, expression: str) -> object:
    """Evaluate an expression of the media element `audio`."""
    return player(page).locator("audio").evaluate(f"(audio) => {expression}")


def number(page: Page, expression: str) -> float:
    """Evaluate an expression of the media element `audio` that is a number."""
    value = sound(page, expression)
    assert isinstance(value, int | float)
    return value


def wait_for_sound(page: Page, condition: str) -> None:
    eventually(page, lambda: bool(sound(page, condition)))


def at(page: Page, share: float, y: float = 40) -> tuple[float, float]:
    """Return a position on the tracks: a share of their width, and `y` pixels down."""
    box = player(page).locator(".tracks").bounding_box()
    assert box is not None
    return box["x"] + box["width"] * share, box["y"] + y


def select(page: Page, first: float, last: float) -> None:
    """Select a stretch by dragging, between two shares of the width."""
    page.mouse.move(*at(page, first))
    page.mouse.down()
    page.mouse.move(*at(page, (first + last) / 2), steps=3)
    page.mouse.move(*at(page, last), steps=3)
    page.mouse.up()
    expect(page.get_by_role("heading", name=re.compile("^Selection"))).to_be_visible()
    wait_until_drawn(page)


def leave_focus(page: Page) -> None:
    """Put the focus on nothing, as a click beside everything does."""
    page.evaluate("document.activeElement.blur()")


def test_space_plays_wherever_the_focus_is_not_in_a_field(opened: Page) -> None:
    leave_focus(opened)
    opened.keyboard.press("Space")
    wait_for_sound(opened, "!audio.paused")
    opened.keyboard.press("Space")
    wait_for_sound(opened, "audio.paused")
    opened.get_by_role("slider", name="Score threshold").focus()
    opened.keyboard.press("Space")
    wait_for_sound(opened, "!audio.paused")
    opened.keyboard.press("Space")
    wait_for_sound(opened, "audio.paused")


def test_space_in_a_field_is_a_space(opened: Page) -> None:
    field = opened.get_by_role("combobox", name=re.compile("Show only"))
    field.focus()
    opened.keyboard.press("Space")
    opened.keyboard.press("j")
    expect(field).to_have_value(re.compile("j$"))
    assert sound(opened, "audio.paused")
    assert sound(opened, "audio.currentTime") == 0


def test_j_and_k_go_between_events(opened: Page, events: list[Event]) -> None:
    onsets = [event.onset_s for event in events]
    leave_focus(opened)
    for onset_s in onsets[:3]:
        opened.keyboard.press("j")
        wait_for_sound(opened, f"Math.abs(audio.currentTime - {onset_s}) < 0.02")
    expect(player(opened).locator(".spoken")).to_have_text(
        re.compile(rf"{re.escape(events[2].label)}, .*, 3 of {len(events)}")
    )
    opened.keyboard.press("k")
    opened.keyboard.press("k")
    wait_for_sound(opened, f"Math.abs(audio.currentTime - {onsets[0]}) < 0.02")
    opened.keyboard.press("k")
    expect(player(opened).locator(".spoken")).to_have_text("No earlier event")


def test_escape_closes_the_list_of_keys_wherever_the_focus_is(opened: Page) -> None:
    keys = player(opened).locator(".keys")
    player(opened).get_by_role("button", name="Keys").click()
    expect(keys).to_be_visible()
    leave_focus(opened)
    opened.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    player(opened).get_by_role("button", name="Keys").click()
    opened.keyboard.press("Escape")  # the focus is on the button
    expect(keys).to_be_hidden()


def test_a_selection_does_not_tint_the_scores(opened: Page) -> None:
    box = player(opened).locator(".tracks").bounding_box()
    assert box is not None
    top = 18 + 84 + 1  # below the waveform
    lanes = {
        "x": box["x"] + 0.32 * box["width"],
        "y": box["y"] + top,
        "width": 0.1 * box["width"],
        "height": box["height"] - top - 2,
    }
    opened.mouse.move(0, 0)
    before = opened.screenshot(clip=lanes)
    select(opened, 0.3, 0.45)
    opened.mouse.move(0, 0)
    expect(player(opened).locator(".chosen")).to_be_visible()
    assert opened.screenshot(clip=lanes) == before


def test_a_double_click_zooms_to_the_selection_and_back(opened: Page) -> None:
    select(opened, 0.5, 0.6)
    seen = player(opened).locator(".seen")
    expect(seen).to_be_hidden()
    opened.mouse.dblclick(*at(opened, 0.55))
    expect(seen).to_be_visible()
    chosen = player(opened).locator(".chosen").bounding_box()
    tracks = player(opened).locator(".tracks").bounding_box()
    assert chosen is not None
    assert tracks is not None
    assert chosen["width"] / tracks["width"] == pytest.approx(1 / 1.1, abs=0.01)
    opened.mouse.dblclick(*at(opened, 0.01))  # beside the selection
    expect(seen).to_be_hidden()
    player(opened).locator(".stage").focus()
    opened.keyboard.press("v")
    expect(seen).to_be_visible()


def test_the_panel_beside_the_picture_shows_one_instant(opened: Page, events: list[Event]) -> None:
    event = max(events, key=lambda one: one.peak)
    duration_s = number(opened, "audio.duration")
    opened.mouse.click(*at(opened, (event.onset_s + event.offset_s) / 2 / duration_s))
    why = opened.get_by_role("heading", name=re.compile("Why\\? At"))
    expect(why).to_be_visible()
    panel = player(opened).locator(".now")
    asked = why.inner_text().removeprefix("Why? ")
    expect(panel.get_by_role("heading")).to_have_text([asked])
    expect(panel.locator(".why")).to_be_visible()
    opened.keyboard.press("End")  # away from it
    expect(panel.get_by_role("heading")).not_to_have_text([asked])
    expect(panel.locator(".why")).to_be_hidden()
    expect(player(opened).locator(".explained")).to_be_visible()


def test_volume_speed_and_pitch_are_set_and_kept(opened: Page) -> None:
    controls = player(opened)
    pitch = controls.get_by_role("button", name="Keep pitch")
    expect(pitch).to_be_hidden()
    controls.get_by_role("slider", name="Volume").fill("0.25")
    controls.get_by_role("combobox", name="Speed").select_option("0.5")
    wait_for_sound(opened, "audio.volume === 0.25 && audio.playbackRate === 0.5")
    assert sound(opened, "audio.preservesPitch")
    pitch.click()
    wait_for_sound(opened, "!audio.preservesPitch")
    controls.locator(".stage").focus()
    opened.keyboard.press(">")
    wait_for_sound(opened, "audio.playbackRate === 0.75")

    def kept() -> bool:
        other = opened.context.new_page()
        try:
            other.goto(opened.url)
            player(other).wait_for()
            told = "[audio.volume, audio.playbackRate, audio.preservesPitch]"
            return sound(other, told) == [0.25, 0.75, False]
        finally:
            other.close()

    eventually(opened, kept)


def test_the_sound_goes_at_its_speed(opened: Page) -> None:
    player(opened).get_by_role("combobox", name="Speed").select_option("4")
    player(opened).locator("button.play").click()
    wait_for_sound(opened, "audio.currentTime > 1")
    # The two clocks are read together: a busy machine delays both.
    rate = """new Promise((resolve) => {
      const [sound, time] = [audio.currentTime, performance.now()];
      const passed_s = () => (performance.now() - time) / 1000;
      setTimeout(() => resolve((audio.currentTime - sound) / passed_s()), 2000);
    })"""
    found = number(opened, rate)
    assert 2 < found < 5, "it may stutter, but it is not the usual speed"


def test_the_pointer_is_told_time_frequency_and_level(opened: Page) -> None:
    hint = player(opened).locator(".hint")
    opened.mouse.move(*at(opened, 0.5, 18 + 84 + 6 + 40))  # on the spectrogram
    expect(hint).to_have_text(re.compile(r"^2[67]\.\d\d s · [\d.]+ k?Hz · (below −80|−\d+|0) dB$"))
    opened.mouse.move(*at(opened, 0.25, 60))  # on the waveform
    expect(hint).to_have_text(re.compile(r"^13\.\d\d s$"))


def top_of(page: Page) -> float:
    """Return how far the page is scrolled."""
    return float(page.get_by_test_id("stMain").evaluate("(main) => main.scrollTop"))


def test_the_bar_stays_in_view_and_a_row_scrolls_nothing(
    open_clip: OpenClip, events: list[Event]
) -> None:
    page = open_clip(1_400, 900)
    table = page.locator(".st-key-events-table [data-testid=stDataFrame]")
    overview = player(page).locator(".overview")
    before = player(page).locator(".views").bounding_box()
    page.get_by_test_id("stMain").evaluate("(main) => main.scrollTo(0, 900)")
    expect(player(page).locator(".bar")).to_have_class("bar stuck")
    expect(overview).to_be_in_viewport()
    after = player(page).locator(".views").bounding_box()
    assert before is not None
    assert after is not None
    scrolled = top_of(page)
    assert before["y"] - after["y"] == pytest.approx(scrolled, abs=1), "nothing has moved"
    box = table.bounding_box()
    assert box is not None
    inside = page.locator(".st-key-events-table .dvn-scroller")
    page.mouse.move(box["x"] + 100, box["y"] + 200)
    page.mouse.wheel(0, 105)  # three rows
    eventually(page, lambda: inside.evaluate("(inner) => inner.scrollTop") == 105)
    event = events[3 + 4]
    page.mouse.click(box["x"] + 20, box["y"] + 35 * 5.5)
    wait_for_sound(page, f"audio.currentTime >= {event.onset_s}")
    wait_until_drawn(page)
    assert top_of(page) == scrolled
    assert inside.evaluate("(inner) => inner.scrollTop") == 105
    wait_for_sound(page, f"audio.paused && Math.abs(audio.currentTime - {event.offset_s}) < 0.05")
    page.keyboard.press("Space")  # the focus is in the table
    wait_for_sound(page, "!audio.paused")
    page.get_by_test_id("stMain").evaluate("(main) => main.scrollTo(0, 0)")
    expect(player(page).locator(".bar")).to_have_class("bar")


def test_the_picture_is_saved_as_png_and_svg(opened: Page) -> None:
    with opened.expect_download() as saving:
        player(opened).get_by_role("button", name="PNG").click()
    assert saving.value.suggested_filename == "Demonstration.png"
    with Image.open(saving.value.path()) as picture:
        assert picture.format == "PNG"
        assert len(picture.convert("RGB").getcolors(maxcolors=1 << 24) or ()) > 100
        tracks = player(opened).locator(".tracks canvas").bounding_box()
        assert tracks is not None
        assert picture.width > 2 * tracks["width"]
    with opened.expect_download() as saving:
        player(opened).get_by_role("button", name="SVG").click()
    assert saving.value.suggested_filename == "Demonstration.svg"
    root = ElementTree.parse(saving.value.path()).getroot()  # noqa: S314  # it is our own
    texts = [each.text for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts[0] == "Demonstration.wav"
    names = player(opened).locator(".lane-names li").all_inner_texts()
    assert {"Waveform", *(name for name in names if len(name) < 20)} <= set(texts)
    assert root.find(".//{http://www.w3.org/2000/svg}image") is not None


def test_on_a_phone_the_controls_fit_and_can_be_touched(open_clip: OpenClip) -> None:
    page = open_clip(NARROW_PX, 844)
    player(page).get_by_role("combobox", name="Speed").select_option("0.5")
    select(page, 0.3, 0.6)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= NARROW_PX
    controls = player(page).locator(":is(.controls, .tools) :is(button, select, input):visible")
    for control in controls.all():
        box = control.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= TOUCH_PX, control.inner_text()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= NARROW_PX


def frequencies(page: Page) -> list[str]:
    return player(page).locator(".spectrogram-name span").all_inner_texts()


def choose(page: Page, setting: str, option: str) -> None:
    """Choose an option of a setting in the sidebar."""
    wait_until_drawn(page)
    box = page.get_by_role("combobox", name=re.compile(setting))
    wanted = page.get_by_role("option", name=option)

    def is_open() -> bool:
        """Open the list of options; a run of the script, or scrolling, may close it again."""
        if not wanted.is_visible():
            box.press("ArrowDown")
        return wanted.is_visible()

    eventually(page, is_open)
    wanted.click()


def test_the_spectrogram_is_drawn_as_it_is_set(opened: Page) -> None:
    assert frequencies(opened)[0] == "8 kHz"
    choose(opened, "Highest frequency", "Nyquist")
    opened.wait_for_url("**top-hz=Nyquist*")
    eventually(opened, lambda: frequencies(opened)[0] == "22.05 kHz")  # it was drawn
    choose(opened, "Frequency axis", "Logarithmic")
    eventually(opened, lambda: frequencies(opened)[-1] == "50 Hz")
    opened.mouse.move(*at(opened, 0.5, 18 + 84 + 6 + 3))  # near the upper edge
    expect(player(opened).locator(".hint")).to_have_text(re.compile(r"· (1[6-9]|2\d)\.\d\d kHz ·"))


def test_a_link_has_the_settings_of_the_spectrogram(open_clip: OpenClip) -> None:
    page = open_clip(settings="&axis=Linear&top-hz=16+kHz&range-db=100&colours=Magma")
    eventually(page, lambda: frequencies(page) == ["16 kHz", "10 kHz", "5 kHz", "0"])
    expect(player(page).locator(".levels-lowest")).to_have_text("−100 dB")
    lowest = "rgb(0, 0, 4)"  # of Magma
    scale = player(page).locator(".levels-scale")
    expect(scale).to_have_css("background-image", re.compile(re.escape(lowest)))
    choose(page, "Colours", "Grey")
    expect(scale).not_to_have_css("background-image", re.compile(re.escape(lowest)))
