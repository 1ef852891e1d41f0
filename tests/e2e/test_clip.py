"""The main task of a visitor: upload a recording, inspect its events, export them."""

import csv
import io
import json
import re
import threading
import wave
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Download,
    FilePayload,
    Locator,
    Page,
    expect,
)

from models.audio import Clip, load_clip
from models.audio.playback import wav_file
from models.demonstration import demonstration_recording
from models.events import Event, find_events
from models.events.taxonomy import descendants
from models.events.timeline import Timeline
from models.inference import Classifier
from tests.e2e.conftest import (
    LONG_WORK_MS,
    SESSION_TTL_S,
    OpenPage,
    busy_s,
    needs_proc,
    opening,
    staying,
)
from tests.e2e.driving import Server, wait_until_drawn
from tests.expected import MERGE_GAP_S, expected_events
from tests.marking import slow

pytestmark = pytest.mark.browser


def sound(name: str, data: bytes) -> FilePayload:
    return {"name": name, "mimeType": "audio/wav", "buffer": data}


def upload(page: Page, *files: FilePayload | Path) -> None:
    """Upload files; large ones by path, because bytes are slow to transfer to the browser."""
    # The first one: a list of true events has another, once a clip is open.
    page.get_by_test_id("stFileUploaderDropzoneInput").first.set_input_files(list(files))


def wav(duration_s: float, sample_rate: int = 8_000, level: int = 0) -> bytes:
    """Make a recording of 8-bit noise: a small file with a long analysis."""
    count = round(duration_s * sample_rate)
    noise = np.random.default_rng(0).integers(128 - level, 129 + level, count).astype(np.uint8)
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(1)
        out.setframerate(sample_rate)
        out.writeframes(noise.tobytes())
    return file.getvalue()


def long_file(folder: Path, name: str, duration_s: float, level: int = 40) -> Path:
    """Write a recording with a long analysis to a file."""
    path = folder / name
    path.write_bytes(wav(duration_s, level=level))
    return path


def chart(page: Page) -> str:
    """Return the text of the chart of the whole clip, once it is drawn."""
    plot = page.locator(".st-key-top .js-plotly-plot")
    plot.locator(".main-svg").first.wait_for()
    return plot.inner_text()


def lanes(page: Page) -> list[str]:
    """Return the names of the lanes, once the picture is loaded."""
    player = page.locator(".player[data-state=ready]")
    player.wait_for()
    return player.locator(".lane-names li").all_inner_texts()


def download(page: Page, button: str) -> str:
    page.get_by_role("button", name="One format").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button, exact=True).click()
    page.keyboard.press("Escape")
    file: Download = waiting.value
    return Path(file.path()).read_text(encoding="utf-8")


def as_rows(events: list[Event]) -> list[tuple[float, ...]]:
    return [(e.onset_s, e.offset_s, e.peak, e.mean) for e in events]


@pytest.mark.model
@pytest.mark.recordings
@pytest.mark.parametrize(
    ("name", "rightful"),
    [("speech_reading.ogg", "Speech"), ("trumpet.ogg", "Trumpet"), ("robin.ogg", "Chirp, tweet")],
)
@pytest.mark.slow
def test_a_recording_shows_what_it_is_and_its_events_can_be_taken_along(
    page: Page, yamnet: Classifier, recordings: Path, name: str, rightful: str
) -> None:
    upload(page, recordings / name)
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    assert rightful in chart(page)
    assert rightful in lanes(page)

    clip = load_clip(recordings / name)
    expected = expected_events(yamnet.classify(clip), clip, 0.5)
    slider = page.get_by_role("slider", name="Score threshold")
    slider.focus()
    for _ in range(20):
        slider.press("ArrowRight")
    page.wait_for_url("**threshold=0.5*")
    wait_until_drawn(page)

    rows = list(csv.DictReader(io.StringIO(download(page, "Events as CSV"))))
    assert [row["label"] for row in rows] == [event.label for event in expected]
    columns = ("onset_s", "offset_s", "peak", "mean")
    found = [tuple(float(row[column]) for column in columns) for row in rows]
    np.testing.assert_allclose(found, as_rows(expected), atol=1e-6)
    assert rightful in [row["label"] for row in rows]


def test_a_link_reproduces_the_view_of_the_demonstration_clip(
    open_page: OpenPage, server: Server, listener: Classifier
) -> None:
    page = open_page()
    page.goto(
        f"{server.url}/?clip=demonstration&threshold=0.6&hop=0.24&rollup=Most+specific&classes=6"
    )
    expect(page.get_by_role("heading", name="Demonstration.wav")).to_be_visible()
    assert len(lanes(page)) == 6
    content = json.loads(download(page, "Events as JSON"))
    settings = content["settings"]
    assert settings["threshold"] == 0.6
    assert settings["hop_s"] == 0.24
    clip = load_clip(demonstration_recording())
    expected = expected_events(listener.classify(clip, hop_s=0.24), clip, 0.6)
    assert [event["label"] for event in content["events"]] == [event.label for event in expected]


@pytest.mark.slow
def test_edges_lie_where_the_sound_is_unless_that_is_off(
    open_page: OpenPage, server: Server, demonstrated: Timeline, events: list[Event]
) -> None:
    page = open_page()
    page.goto(f"{server.url}/?clip=demonstration")
    lanes(page)
    content = json.loads(download(page, "Events as JSON"))
    assert content["settings"]["refine"] is True
    assert [(one["label"], one["onset_s"]) for one in content["events"]] == [
        (event.label, pytest.approx(event.onset_s)) for event in events
    ]
    expect(page.locator(".st-key-heading")).to_contain_text(content["summary"])
    page.goto(f"{server.url}/?clip=demonstration&edges=false&rollup=All")
    lanes(page)
    content = json.loads(download(page, "Events as JSON"))
    assert content["settings"]["refine"] is False
    coarse = find_events(demonstrated, 0.3, merge_gap_s=MERGE_GAP_S)
    assert [one["onset_s"] for one in content["events"]] == [
        pytest.approx(event.onset_s) for event in coarse
    ]


@pytest.mark.slow
def test_the_whole_score_matrix_can_be_taken_along(
    open_page: OpenPage, server: Server, demonstrated: Timeline
) -> None:
    page = open_page()
    page.goto(f"{server.url}/?clip=demonstration")
    lanes(page)
    header, *rows = list(csv.reader(io.StringIO(download(page, "All scores as CSV"))))
    assert tuple(header[1:]) == demonstrated.labels
    np.testing.assert_allclose(np.array(rows, float)[:, 1:], demonstrated.scores, atol=1e-6)


@pytest.mark.slow  # also tested without a browser, in test_clip_list.py
def test_several_files_are_listed_and_each_can_be_looked_at(page: Page) -> None:
    whole, half = load_clip(demonstration_recording()), "second half.wav"
    later = Clip.from_samples(whole.samples[len(whole.samples) // 2 :], whole.sample_rate)
    upload(
        page,
        sound("whole.wav", demonstration_recording()),
        sound("notes.wav", b"just words\n"),
        sound(half, wav_file(later)),
    )
    expect(page.get_by_role("heading", name="3 clips")).to_be_visible()
    expect(page.get_by_role("heading", name="whole.wav")).to_be_visible()
    for _ in range(2):  # there is none for a moment between two clips
        wait_until_drawn(page)
        expect(page.get_by_test_id("stProgress")).to_have_count(0)
    page.get_by_role("button", name="Export all clips").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Events of all clips (DCASE)").click()
    page.keyboard.press("Escape")
    expect(page.locator(".st-key-unreadable")).to_contain_text("notes.wav")
    rows = Path(waiting.value.path()).read_text().splitlines()
    assert {row.split("\t")[0] for row in rows[1:]} == {"whole.wav", half}
    box = page.locator(".st-key-clip-list [data-testid=stDataFrame]").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 20, box["y"] + 2.5 * box["height"] / 3)  # the radio of the last row
    expect(page.get_by_role("heading", name=half)).to_be_visible()
    wait_until_drawn(page)
    page.get_by_text("Add or remove sounds").click()
    upload(page, sound("again.wav", demonstration_recording()))
    expect(page.get_by_role("heading", name="again.wav")).to_be_visible()
    first_row = page.locator(".st-key-clip-list [role=row][aria-rowindex='2']")
    expect(first_row).to_have_attribute("aria-selected", "true")


@pytest.mark.slow  # records for seconds
def test_the_microphone_recording_is_analysed(page: Page, demonstrated: Timeline) -> None:
    page.get_by_role("button", name="Record", exact=True).click()
    page.wait_for_timeout(4_000)
    page.locator(".recorder").get_by_role("button", name="Stop").click()
    expect(page.get_by_role("heading", name="Microphone recording")).to_be_visible()
    beginning = demonstrated.frames_between(0.5, 3.0)  # of the microphone's input
    ((label, _),) = demonstrated.top(1, frames=beginning)
    assert {label, *descendants(label)} & set(lanes(page))
    expect(page.locator(".st-key-figures summary")).to_contain_text(re.compile(r"[3-9]\.\d s ·"))


@pytest.mark.slow
def test_long_work_shows_progress_and_can_be_cancelled_and_taken_up(
    open_page: OpenPage, server: Server, tmp_path: Path
) -> None:
    page = open_page()
    page.goto(f"{server.url}/?model=Built-in&hop=0.1")
    upload(page, long_file(tmp_path, "long.wav", 1_500))
    progress = page.get_by_test_id("stProgress")
    expect(progress).to_contain_text("Analysing long.wav")
    expect(progress).to_contain_text(re.compile(r"[2-9]\d%.*left"), timeout=LONG_WORK_MS)
    before = percent(progress)
    page.get_by_role("slider", name="Score threshold").press("ArrowRight")
    page.wait_for_url("**threshold=0.31*")
    page.wait_for_timeout(500)
    assert percent(progress) >= before, "a slider must not start the work anew"
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("The analysis was cancelled.")).to_be_visible()
    expect(progress).to_have_count(0)
    page.get_by_role("button", name="Analyse").click()
    expect(progress).to_contain_text("Analysing long.wav")
    expect(page.get_by_role("heading", name="long.wav")).to_be_visible(timeout=LONG_WORK_MS)


def percent(progress: Locator) -> int:
    while (shown := re.search(r"(\d+)%", progress.inner_text())) is None:
        expect(progress).to_contain_text(re.compile(r"\d%"))  # absent for a moment after a rerun
    return int(shown[1])


@needs_proc
@pytest.mark.slow
def test_a_closed_tab_ends_its_analysis(
    open_page: OpenPage, server: Server, tmp_path: Path
) -> None:
    page = open_page()
    page.goto(f"{server.url}/?hop=0.1")
    upload(page, long_file(tmp_path, "hour.wav", 3_600))
    expect(page.get_by_test_id("stProgress")).to_contain_text("left")
    clock = open_page()  # a page to wait on, because the other one is closed
    while_analysing = busy_s(server, clock)
    page.close()
    clock.wait_for_timeout(1_000 * SESSION_TTL_S + 2_000)
    afterwards = busy_s(server, clock)
    assert while_analysing > 0.3  # of two cores' two seconds each, on a busy machine
    assert afterwards < while_analysing / 4


@pytest.fixture
def bait() -> Iterator[tuple[str, list[str]]]:
    """An address that must not be requested, and the paths that were."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *arguments: object) -> None:
            pass

    site = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{site.server_port}", asked
    site.shutdown()
    site.server_close()


@pytest.mark.parametrize(
    "name",
    [
        slow("![x]({bait}/markdown.png).wav"),
        "<img src={bait}/html.png onerror=fetch('{bait}/script')>.wav",
        slow("\N{RIGHT-TO-LEFT OVERRIDE}gnos\N{MUSICAL NOTE} $x^2$ :smile: {bait}.wav"),
    ],
)
def test_markup_in_a_name_is_only_text(page: Page, bait: tuple[str, list[str]], name: str) -> None:
    address, asked = bait
    name = name.format(bait=address)
    shown = name.rpartition("/")[2] if "/" in name else name
    upload(page, sound(name, wav(2, level=40)))
    expect(page.get_by_role("heading", level=1)).to_contain_text(shown[:20])
    lanes(page)
    assert asked == []


PHONE_WIDTH = 390


@pytest.fixture(scope="module")
def phone(browser: Browser) -> Iterator[BrowserContext]:
    """A profile with a touch screen."""
    with staying(browser, has_touch=True) as profile:
        yield profile


@pytest.mark.slow
def test_the_words_of_a_switch_are_whole_on_a_phone(open_page: OpenPage, server: Server) -> None:
    page = open_page(PHONE_WIDTH, 900)
    page.goto(f"{server.url}/?clip=demonstration")
    words = page.get_by_test_id("stCheckbox").get_by_text("Compare with what was put into")
    words.scroll_into_view_if_needed()
    # A paragraph that is cut is wider than what it stands in.
    assert words.evaluate("(e) => e.getBoundingClientRect().right <= innerWidth - 16")
    assert words.evaluate("(e) => getComputedStyle(e).whiteSpace") == "normal"


@pytest.mark.parametrize(
    ("theme", "width"),
    [
        slow("light", PHONE_WIDTH),
        ("dark", PHONE_WIDTH),
        ("light", 1_400),
        slow("dark", 1_400),
    ],
)
def test_nothing_sticks_out_at_any_width(
    profile: BrowserContext, phone: BrowserContext, server: Server, theme: str, width: int
) -> None:
    with opening(phone if width == PHONE_WIDTH else profile) as open_page:
        page = open_page(width, 900)
        page.emulate_media(color_scheme=theme)
        page.goto(f"{server.url}/?clip=demonstration")
        lanes(page)
        chart(page)
        sticking_out = page.evaluate(
            """() => [...document.querySelectorAll('[data-testid=stMain] [data-testid]')]
                .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
                .map(e => e.dataset.testid)"""
        )
        assert sticking_out == []
        shown = page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
        assert shown == {"light": "rgb(255, 255, 255)", "dark": "rgb(15, 23, 25)"}[theme]
