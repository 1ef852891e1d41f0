"""Many clips: from a folder of files to every siren, and away with a ZIP of its segments."""

import csv
import io
import zipfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from playwright.sync_api import FilePayload, Page, expect

from models.audio import Clip, load_clip
from models.audio.playback import wav_file
from models.demonstration import demonstration_recording
from models.events import find_events, refine_events
from models.inference import Classifier
from tests.e2e.conftest import LONG_WORK_MS
from tests.e2e.driving import eventually, wait_until_drawn
from tests.expected import MERGE_GAP_S

pytestmark = pytest.mark.slow

STARTS_S = (0, 8, 16, 20, 30, 45)
LENGTH_S = 5
LABEL = "Siren"

Spans = dict[str, list[tuple[float, float]]]


def excerpt(start_s: int) -> FilePayload:
    """A stretch of the demonstration clip as a file."""
    samples = load_clip(demonstration_recording()).samples
    clip = Clip.from_samples(samples[16_000 * start_s : 16_000 * (start_s + LENGTH_S)], 16_000)
    return {"name": f"from {start_s}.wav", "mimeType": "audio/wav", "buffer": wav_file(clip)}


@pytest.fixture(scope="module")
def files() -> list[FilePayload]:
    return [excerpt(start_s) for start_s in STARTS_S]


@pytest.fixture(scope="module")
def found(files: list[FilePayload], listener: Classifier) -> Spans:
    """Onset and offset of each event, in the files that have any."""
    spans_s: Spans = {}
    for file in files:
        clip = load_clip(file["buffer"])
        coarse = find_events(listener.classify(clip), 0.3, merge_gap_s=MERGE_GAP_S)
        events = refine_events(coarse, clip)
        own = [
            (round(event.onset_s, 6), round(event.offset_s, 6))
            for event in events
            if event.label == LABEL
        ]
        if own:
            spans_s[file["name"]] = own
    assert 1 < len(spans_s) < len(files)
    return spans_s


@pytest.fixture
def folder(page: Page, files: list[FilePayload]) -> Page:
    """The page with all files, and one that is none."""
    none: FilePayload = {"name": "notes.wav", "mimeType": "audio/wav", "buffer": b"just words\n"}
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files([*files, none])
    expect(page.get_by_role("heading", name="7 clips")).to_be_visible()
    expect(page.get_by_text("One file could not be analysed")).to_be_visible(timeout=LONG_WORK_MS)
    expect(page.locator(".st-key-unreadable")).to_contain_text("notes.wav: ")
    wait_until_drawn(page)
    return page


def ask(page: Page) -> None:
    """Ask which clips contain the label."""
    page.get_by_role("combobox", name="Which clips contain").click()
    page.keyboard.type(LABEL)
    page.get_by_role("option", name=LABEL, exact=True).click()
    page.keyboard.press("Escape")
    page.wait_for_url(f"**contain={LABEL}*")


def heard_at(page: Page) -> float | None:
    """Return where the player is, in seconds, once it has played; it stops at a stretch's end."""
    audio = page.locator(".player audio")
    if audio.count() != 1:
        return None
    at_s: float | None = audio.evaluate("one => one.played.length ? one.currentTime : null")
    return at_s


def test_every_siren_of_a_folder_leaves_as_segments(folder: Page, found: Spans) -> None:
    ask(folder)
    count = sum(map(len, found.values()))
    expect(folder.get_by_text(f"in {len(found)} of 6 clips: {count} event")).to_be_visible()
    wait_until_drawn(folder)
    folder.get_by_role("button", name="Segments of all clips").click()
    folder.get_by_role("radio", name="FLAC").first.click()
    with folder.expect_download(timeout=LONG_WORK_MS) as waiting:
        folder.get_by_role("button", name="Segments (ZIP)").click()
    with zipfile.ZipFile(Path(waiting.value.path())) as members:
        assert members.testzip() is None
        rows = list(csv.DictReader(io.StringIO(members.read("segments.csv").decode())))
        sounds = [name for name in members.namelist() if name.startswith(f"{LABEL}/")]
    assert sorted(row["file"] for row in rows) == sorted(sounds)
    spans_s: Spans = {}
    for row in rows:
        span_s = (float(row["onset_s"]), float(row["offset_s"]))
        spans_s.setdefault(row["clip"], []).append(span_s)
    assert spans_s == found


def test_keys_step_from_clip_to_clip_and_play_what_was_asked_for(
    folder: Page, found: Spans
) -> None:
    ask(folder)
    folder.get_by_text(f"1 of {len(found)}").wait_for()
    wait_until_drawn(folder)
    folder.get_by_role("heading", name="7 clips").click()
    shown: list[str] = [folder.locator(".st-key-heading h1").inner_text()]
    for place in range(2, len(found) + 1):
        folder.keyboard.press("n")
        folder.get_by_text(f"{place} of {len(found)}").wait_for()
        wait_until_drawn(folder)
        shown.append(folder.locator(".st-key-heading h1").inner_text())
        eventually(folder, lambda: heard_at(folder) is not None)
        at_s = heard_at(folder)
        assert at_s is not None
        assert any(begin - 0.1 < at_s < end + 0.1 for begin, end in found[shown[-1]])
    assert sorted(shown) == sorted(found)
    folder.keyboard.press("p")
    folder.get_by_text(f"{len(found) - 1} of {len(found)}").wait_for()


def test_a_cell_of_the_heat_map_opens_its_clip_where_the_class_is_best(
    folder: Page, files: list[FilePayload], listener: Classifier
) -> None:
    folder.get_by_text("Heat map", exact=True).click()
    chart = folder.locator(".st-key-heat-map")
    names = chart.locator(".ytick text")
    expect(names).to_have_count(len(files))
    labels = [name.removesuffix("…") for name in chart.locator(".xtick text").all_text_contents()]
    row = 3
    timeline = listener.classify(load_clip(files[row]["buffer"]))
    best = timeline.scores.max(axis=0)
    whole = [_whole(name, timeline.labels) for name in labels]
    column = max(range(len(whole)), key=lambda at: best[timeline.labels.index(whole[at])])
    box = chart.locator(".nsewdrag").bounding_box()
    assert box is not None
    x = box["x"] + (column + 0.5) * box["width"] / len(labels)
    y = box["y"] + (row + 0.5) * box["height"] / len(files)
    folder.mouse.move(x, y)
    expect(chart.locator(".hovertext")).to_contain_text(files[row]["name"])
    folder.mouse.click(x, y)
    expect(folder.locator(".st-key-heading h1")).to_have_text(files[row]["name"])
    eventually(folder, lambda: heard_at(folder) is not None)
    frame = timeline.scores[:, timeline.labels.index(whole[column])].argmax()
    at_s = heard_at(folder)
    assert at_s is not None
    assert -0.1 < at_s - timeline.onsets_s[frame] < timeline.window_s + 0.1
    expect(names.nth(row).locator("tspan")).to_have_css("font-weight", "700")


def _downloaded(page: Page, button: str) -> bytes:
    """Return what a button of the menu gives; the menu may close with each file."""
    wait_until_drawn(page)
    wanted = page.get_by_role("button", name=button, exact=True)
    if not wanted.is_visible():
        page.get_by_role("button", name="Export all clips").click()
    with page.expect_download(timeout=LONG_WORK_MS) as waiting:
        wanted.click()
    return Path(waiting.value.path()).read_bytes()


def test_two_names_of_one_file_are_two_rows_of_every_export_and_all_are_removed(
    page: Page, files: list[FilePayload]
) -> None:
    names = ["first.wav", "second.wav"]
    same: list[FilePayload] = [
        {"name": name, "mimeType": "audio/wav", "buffer": files[0]["buffer"]} for name in names
    ]
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(same)
    expect(page.get_by_role("heading", name="2 clips")).to_be_visible()
    cells = page.locator(".st-key-clip-list [role=gridcell]")
    for name in names:
        expect(cells.filter(has_text=name)).to_have_count(1, timeout=LONG_WORK_MS)
    page.get_by_text("1 of 2").wait_for()
    wait_until_drawn(page)
    rows = list(
        csv.DictReader(io.StringIO(_downloaded(page, "Events of all clips (CSV)").decode()))
    )
    assert sorted({row["file"] for row in rows}) == names
    table = pq.read_table(io.BytesIO(_downloaded(page, "Events of all clips (Parquet)")))
    assert table["file"].to_pylist() == [row["file"] for row in rows]
    with zipfile.ZipFile(io.BytesIO(_downloaded(page, "Every format, all clips (ZIP)"))) as members:
        folders = {name.partition("/")[0] for name in members.namelist() if "/" in name}
    assert len(folders) == 2
    wait_until_drawn(page)
    page.keyboard.press("Escape")
    page.locator(".st-key-sources summary").click()
    page.get_by_role("button", name="Remove all", exact=True).click()
    page.get_by_role("button", name="Remove all 2 clips").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What is in a sound?")


def _whole(name: str, labels: tuple[str, ...]) -> str:
    """Return the label whose beginning a name is."""
    return name if name in labels else next(one for one in labels if one.startswith(name))


def test_on_a_phone_the_table_shows_name_score_and_count_at_once(
    folder: Page, found: Spans
) -> None:
    folder.set_viewport_size({"width": 390, "height": 844})
    ask(folder)
    folder.get_by_text(f"of {len(found)}").last.wait_for()
    wait_until_drawn(folder)
    assert folder.evaluate("document.documentElement.scrollWidth") <= 390
    heads = folder.locator(".st-key-clip-list [role=columnheader]")
    expect(heads.filter(has_text="Events")).to_have_count(1)
    columns = heads.all_inner_texts()
    assert columns.index(LABEL) < columns.index("Events") < columns.index("Timeline")
    # The heat map of what was asked for fits, too.
    folder.get_by_role("radio", name="Heat map").click()
    place = folder.locator(".st-key-heat-map-fits")
    place.locator(".heatmaplayer image").wait_for()
    eventually(folder, lambda: place.evaluate("(one) => one.scrollWidth - one.clientWidth") <= 0)
