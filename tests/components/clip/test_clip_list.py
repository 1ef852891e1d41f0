"""The list of many clips on the page: search, table, steps, exports and segments."""

import csv
import io
import zipfile
from collections.abc import Iterator
from types import SimpleNamespace

import numpy as np
import pyarrow.parquet as pq
import pytest
from streamlit.testing.v1 import AppTest

from components.ui import downloads
from components.workspace.operator import variable
from models.audio import Clip, load_clip
from models.audio.playback import wav_file
from models.events import Event, find_events, refine_events, taxonomy
from models.events.annotation import Annotation
from models.export import CLIPS_FORMATS
from models.inference import Classifier
from tests.components.conftest import forget_shared
from tests.components.pages import PATIENCE_S, open_app, press, workspace_of
from tests.demonstrated import demonstration_clip

STARTS_S = {"bird.wav": 0.0, "siren.wav": 16.0, "rain.wav": 24.0, "music.wav": 45.0}
"""Excerpts of the demonstration clip, in seconds."""


@pytest.fixture(scope="module", autouse=True)
def anew() -> Iterator[None]:
    """Share the results of all tests, which begin with the same clips."""
    forget_shared()
    yield
    forget_shared()


def excerpt(name: str) -> Clip:
    samples = demonstration_clip().samples
    first = round(16_000 * STARTS_S[name])
    return Clip.from_samples(samples[first : first + 64_000], 16_000)


def opened(**parameters: str) -> AppTest:
    page = open_app(**parameters)
    files = [(name, wav_file(excerpt(name)), "audio/wav") for name in STARTS_S]
    page.file_uploader[0].set_value([*files, ("notes.txt", b"no sound", "text/plain")])
    page.run()
    assert not page.exception
    return page


def table(page: AppTest) -> "dict[str, list[object]]":
    frame = next(frame.value for frame in page.dataframe if "Content" in frame.value)
    return {column: list(frame[column]) for column in frame}


def expected(builtin: Classifier, name: str, label: str, threshold: float) -> list[Event]:
    clip = load_clip(wav_file(excerpt(name)))
    found = find_events(builtin.classify(clip), threshold, merge_gap_s=0.5)
    return [event for event in refine_events(found, clip) if event.label == label]


def ask(page: AppTest, labels: list[str]) -> None:
    """Ask which clips contain classes."""
    page.session_state["contain"] = labels
    page.run()


def test_a_class_that_a_more_specific_one_hides_is_named_in_its_clip() -> None:
    page = opened()
    for name in STARTS_S:
        (clip,) = (one for one in workspace_of(page).recordings.all if one.name == name)
        workspace_of(page).recordings.choose(clip.digest)
        page.run()
        listed = set(next(f.value for f in page.dataframe if "onset_s" in f.value)["label"])
        page.segmented_control(key="rollup").set_value("All").run()
        every = set(next(f.value for f in page.dataframe if "onset_s" in f.value)["label"])
        page.segmented_control(key="rollup").set_value("Most specific").run()
        if hidden := sorted(every - listed):
            break
    ask(page, [hidden[0], sorted(listed)[0]])
    told = [one.value for one in page.caption if "is listed as" in one.value]
    assert len(told) == 1
    assert f"**{hidden[0]}**" in told[0].replace("\\", "")


def test_the_table_has_a_row_a_clip_with_events_timeline_and_words() -> None:
    found = table(opened())
    assert found["Clip"] == list(STARTS_S)
    assert all(str(url).startswith("data:image/svg+xml;base64,") for url in found["Timeline"])
    assert all(isinstance(count, int | np.integer) for count in found["Events"])
    assert found["Duration"] == ["4.0 s"] * 4
    assert all(found["Content"])


def test_a_question_lists_the_clips_that_contain_a_class_the_best_first(
    builtin: Classifier,
) -> None:
    page = opened()
    ask(page, ["Siren"])
    assert not page.exception
    counts = {name: len(expected(builtin, name, "Siren", 0.3)) for name in STARTS_S}
    found = table(page)
    assert set(found["Clip"]) == {name for name, count in counts.items() if count}
    assert dict(zip(found["Clip"], found["Events"], strict=True)) == {
        name: count for name, count in counts.items() if count
    }
    assert (np.diff(np.array(found["Siren"], np.float64)) <= 0).all()
    assert page.title[0].value == str(found["Clip"][0]).replace(".", "\\.")
    told = next(one.value for one in page.markdown if one.value.startswith("**Siren**"))
    assert f"in {len(found['Clip'])} of 4 clips: {sum(counts.values())} event" in told


def test_subclasses_that_stand_for_a_class_are_counted_and_have_columns() -> None:
    page = opened()
    ask(page, ["Vehicle"])
    found = table(page)
    below = set(found) & set(taxonomy.descendants("Vehicle"))
    assert below, "the siren is an emergency vehicle's, where Vehicle itself scores less"
    told = next(one.value for one in page.markdown if one.value.startswith("**Vehicle**"))
    assert all(label in told.replace("\\", "") for label in below)


def test_where_no_clip_contains_it_the_closest_is_told_and_a_clip_stays_open() -> None:
    page = opened()
    ask(page, ["Siren"])
    page.slider(key="contain-from").set_value(1.0).run()
    assert not page.exception
    assert "The highest score is 0" in page.info[0].value.replace("\\", "")
    assert "siren" in page.info[0].value
    assert page.title


def test_the_question_is_in_the_address() -> None:
    page = opened(contain="Siren", **{"contain-from": "0.5"})
    assert page.session_state["contain"] == ["Siren"]
    assert page.slider(key="contain-from").value == 0.5


def test_steps_go_to_the_next_and_the_previous_clip_and_end_at_the_ends() -> None:
    page = opened()
    assert page.title[0].value == "bird\\.wav"
    assert page.button(key="step-P").disabled
    for name in ("siren", "rain", "music"):
        page.button(key="step-N").click().run()
        assert page.title[0].value == f"{name}\\.wav"
    assert page.button(key="step-N").disabled
    page.button(key="step-P").click().run()
    assert page.title[0].value == "rain\\.wav"
    assert workspace_of(page).view.wish is None, "without a question nothing is played"


def test_a_step_in_what_was_asked_for_plays_the_best_event(builtin: Classifier) -> None:
    page = opened()
    ask(page, ["Siren", "Music"])
    page.slider(key="contain-from").set_value(0.1).run()
    names = [str(name) for name in table(page)["Clip"]]
    assert len(names) > 1
    page.button(key="step-N").click().run()
    wish = workspace_of(page).view.wish
    assert wish is not None
    events = [
        event for label in ("Siren", "Music") for event in expected(builtin, names[1], label, 0.1)
    ]
    best = max(events, key=lambda event: event.peak)
    assert (wish.onset_s, wish.offset_s) == (best.onset_s, best.offset_s)


def test_the_heat_map_takes_the_place_of_the_table() -> None:
    page = opened()
    page.segmented_control(key="clips-as").set_value("Heat map").run()
    assert not page.exception
    assert not any("Content" in frame.value for frame in page.dataframe)
    page.segmented_control(key="clips-as").set_value("Table").run()
    assert table(page)["Clip"] == list(STARTS_S)


def test_remove_all_removes_every_clip() -> None:
    page = press(opened(), "Remove all 5 clips")
    assert not workspace_of(page).recordings.all
    assert page.title[0].value == "What is in a sound?"


def written(page: AppTest, key: str) -> bytes:
    """Press the button of a download, and return its file."""
    page.button(key=key).click().run()
    assert not page.exception
    exports = workspace_of(page).exports
    job = exports.jobs["all-clips"]
    assert job.wait(PATIENCE_S)
    return job.result().path.read_bytes()


@pytest.fixture
def _downloadable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enable the buttons, which need the routes of the app's server."""
    monkeypatch.setattr(downloads, "serving", SimpleNamespace(is_serving=lambda: True))


@pytest.mark.usefixtures("_downloadable")
def test_all_clips_are_exported_together() -> None:
    page = opened()
    counts = dict(zip(STARTS_S, table(page)["Events"], strict=True))
    text = written(page, "download-clips-events_csv").decode()
    files = [row["file"] for row in csv.DictReader(io.StringIO(text))]
    assert {name: files.count(name) for name in STARTS_S} == counts
    parquet = pq.read_table(io.BytesIO(written(page, "download-clips-events_parquet")))
    assert parquet["file"].to_pylist() == files
    with zipfile.ZipFile(io.BytesIO(written(page, "download-clips-archive"))) as members:
        folders = {name.partition("/")[0] for name in members.namelist() if "/" in name}
        assert folders == {name.removesuffix(".wav") for name in STARTS_S}
        assert members.read(CLIPS_FORMATS[1].file_name).decode() == text


@pytest.mark.usefixtures("_downloadable")
def test_segments_are_the_sound_of_the_events_that_were_asked_for(builtin: Classifier) -> None:
    page = opened()
    ask(page, ["Siren"])
    page.slider(key="segment-padding-clips").set_value(0.25).run()
    page.segmented_control(key="segment-format-clips").set_value("FLAC").run()
    page.text_input(key="segment-name-clips").set_value("{clip} {number}").run()
    with zipfile.ZipFile(io.BytesIO(written(page, "download-segments-clips"))) as members:
        rows = list(csv.DictReader(io.StringIO(members.read("segments.csv").decode())))
        assert {row["file"] for row in rows} < set(members.namelist())
    found = [(name, event) for name in STARTS_S for event in expected(builtin, name, "Siren", 0.3)]
    assert sorted((row["clip"], float(row["onset_s"])) for row in rows) == sorted(
        (name, round(event.onset_s, 6)) for name, event in found
    )
    assert all(row["file"].startswith("Siren/") and row["file"].endswith(".flac") for row in rows)


@pytest.mark.usefixtures("_downloadable")
def test_segments_of_a_clip_that_was_annotated_are_cut_as_corrected(builtin: Classifier) -> None:
    page = opened()
    first, *others = expected(builtin, "siren.wav", "Siren", 0.3)
    held = workspace_of(page)
    (clip,) = (one for one in held.recordings.all if one.name == "siren.wav")
    corrected = Annotation().reject(first).draw(0.5, 1.25, "Siren")
    held.view.annotations.change(
        clip.digest, lambda history: history.then("corrected", corrected), held.room.reserving
    )
    ask(page, ["Siren"])
    assert any("Corrected events are cut as they are now" in one.value for one in page.caption)
    assert any("Events are as found" in one.value for one in page.caption), "of the bulk export"
    with zipfile.ZipFile(io.BytesIO(written(page, "download-segments-clips"))) as members:
        rows = list(csv.DictReader(io.StringIO(members.read("segments.csv").decode())))
    spans = [
        (float(row["onset_s"]), float(row["offset_s"]))
        for row in rows
        if row["clip"] == "siren.wav"
    ]
    left = [(round(event.onset_s, 6), round(event.offset_s, 6)) for event in others]
    assert spans == sorted([(0.5, 1.25), *left])


def test_a_name_with_an_unknown_field_is_refused_before_anything_is_written() -> None:
    page = opened()
    page.text_input(key="segment-name-clips").set_value("{date}").run()
    assert not page.exception
    assert any("{date}" in one.value.replace("\\", "") for one in page.error)
    assert "download-segments-clips" not in [button.key for button in page.button]


def test_more_clips_than_the_shared_cache_has_results_are_analysed_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    forget_shared()
    monkeypatch.setenv(variable("max_results"), "2")
    page = opened()
    assert "…" not in table(page)["Content"]
    assert len(table(page)["Clip"]) == 4
    forget_shared()
