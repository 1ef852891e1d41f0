"""The page without a browser: what it draws from what the widgets say."""

import gc
import io
import wave
import weakref
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from components.ui import notices
from components.view.settings import AnalysisSettings, ModelChoice, ViewSettings
from components.workspace import jobs
from components.workspace.waiting import Waiting
from models.audio import Clip, load_clip
from models.audio.playback import wav_file
from models.demonstration import demonstration_events
from models.events import find_events, refine_events
from models.events.evaluation import evaluate
from models.events.highlights import highlights
from models.events.summary import summarise
from models.events.totals import class_totals
from models.inference import Classifier
from models.registry.catalog import FOLDERS_VARIABLE
from tests.components.pages import open_app, press, workspace_of
from tests.demonstrated import demonstration_clip
from tests.expected import expected_events
from tests.models.inference.building import HeadPlan, Plan, metadata


def excerpt(name: str, onset_s: float) -> tuple[str, bytes, str]:
    """Four seconds of the demonstration clip, as a file to upload."""
    samples = demonstration_clip().samples
    first = round(16_000 * onset_s)
    clip = Clip.from_samples(samples[first : first + 64_000], 16_000)
    return name, wav_file(clip), "audio/wav"


def event_rows(page: AppTest) -> list[tuple[float, float, str]]:
    tables = (frame.value for frame in page.dataframe)
    table = next(table for table in tables if "onset_s" in table)
    return [
        (round(onset, 2), round(offset, 2), label)
        for onset, offset, label in zip(
            table["onset_s"], table["offset_s"], table["label"], strict=True
        )
    ]


def metrics(page: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in page.metric}


def test_the_empty_page_invites() -> None:
    page = open_app()
    assert not page.exception
    assert page.title[0].value == "What is in a sound?"
    assert "Try the demonstration clip" in [button.label for button in page.button]
    assert not page.dataframe


def test_the_uploader_says_its_limit_with_a_space() -> None:
    labels = [uploader.label for uploader in open_app().get("file_uploader")]
    assert labels[0].endswith(" · up to 500 MB each")


def test_the_demonstration_clip_is_one_press_away() -> None:
    page = open_app()
    press(page, "Try the demonstration clip")
    assert page.query_params["clip"] == "demonstration"
    assert page.title[0].value == "Demonstration\\.wav"
    assert metrics(page)["Duration"] == "53.8 s"
    assert metrics(page)["Windows"] == "111"


def test_a_short_clip_is_shown_by_the_run_that_takes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def rerun(*_args: object, **_options: object) -> None:
        raise AssertionError("the page is drawn twice")

    page = open_app()
    monkeypatch.setattr(notices, "SHORTLY_S", 60.0)  # generous, because the machine may be busy
    monkeypatch.setattr(st, "rerun", rerun)
    page.file_uploader[0].set_value(excerpt("birds.wav", 0.0)).run()
    assert not page.exception
    assert page.title[0].value == "birds\\.wav"


def test_the_table_says_what_the_library_finds(builtin: Classifier) -> None:
    page = open_app(clip="demonstration", threshold="0.5", gap="1.0", hop="0.24")
    clip = demonstration_clip()
    expected = expected_events(builtin.classify(clip, hop_s=0.24), clip, 0.5, merge_gap_s=1.0)
    assert event_rows(page) == [
        (round(e.onset_s, 2), round(e.offset_s, 2), e.label) for e in expected
    ]
    (totals,) = (frame.value for frame in page.dataframe if "total_s" in frame.value)
    assert [tuple(row)[:5] for row in totals.itertuples(index=False)] == [
        (one.label, one.total_s, one.first_s, one.n_events, one.peak)
        for one in class_totals(expected)
    ]


def test_a_slider_redraws_without_another_inference(monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[float] = []
    classify = Classifier.classify_blocks

    def counted(self: Classifier, *args: object, **kwargs: object) -> object:
        runs.append(1)
        return classify(self, *args, **kwargs)

    monkeypatch.setattr(Classifier, "classify_blocks", counted)
    page = open_app(clip="demonstration")
    before = event_rows(page)
    page.slider(key="threshold").set_value(0.6).run()
    assert len(event_rows(page)) < len(before)
    page.selectbox(key="smooth").set_value(3).run()
    assert not page.exception
    hidden, *_, wanted = {label: None for _, _, label in event_rows(page)}
    page.session_state["hide"] = [hidden]
    page.run()
    assert hidden not in {label for _, _, label in event_rows(page)}
    page.session_state["only"] = [wanted]
    page.run()
    assert {label for _, _, label in event_rows(page)} == {wanted}
    assert len(runs) == 1
    page.selectbox(key="hop").set_value(0.975).run()
    assert len(runs) == 2
    page.selectbox(key="hop").set_value(0.48).run()
    assert len(runs) == 2
    assert not page.exception


def test_thresholds_of_single_classes_are_kept_and_used(builtin: Classifier) -> None:
    page = open_app(clip="demonstration")
    label = event_rows(page)[0][2]
    workspace_of(page).view.set_thresholds({label: 1.0, "Wombat": 0.1})
    page.run()
    assert not page.exception
    assert label not in {row[2] for row in event_rows(page)}
    timeline = builtin.classify(demonstration_clip())
    found = find_events(timeline, 0.3, merge_gap_s=0.5, thresholds={label: 1.0})
    assert {label for _, _, label in event_rows(page)} <= {event.label for event in found}


def test_the_truth_is_compared_with_what_the_model_can_hear(builtin: Classifier) -> None:
    page = open_app(clip="demonstration")
    page.toggle(key="demonstration-truth").set_value(True).run()
    assert not page.exception
    clip = demonstration_clip()
    coarse = find_events(builtin.classify(clip), 0.3, merge_gap_s=0.5)
    truth, found = demonstration_events(), refine_events(coarse, clip)
    expected = evaluate(truth, found, builtin.labels)
    hits = [expected.segments.overall.tp, expected.events.overall.tp]
    assert list(page.table[0].value["Correct"]) == [str(count) for count in hits]
    assert not page.warning  # it knows all of these labels


def test_the_collar_decides_what_is_correct(builtin: Classifier) -> None:
    page = open_app(clip="demonstration", collar="0.1")
    page.toggle(key="edges").set_value(False).run()
    page.toggle(key="demonstration-truth").set_value(True).run()
    clip = demonstration_clip()
    found = find_events(builtin.classify(clip), 0.3, merge_gap_s=0.5)
    assert any("± 0.73 s: more than the collar" in words.value for words in page.caption)
    assert page.slider(key="collar").label == "Tolerance of edges (collar, s)"
    assert any("F1: both in one figure" in words.value for words in page.caption)
    for collar_s in (0.1, 1.0):
        page.slider(key="collar").set_value(collar_s).run()
        assert not page.exception
        expected = evaluate(demonstration_events(), found, builtin.labels, collar_s=collar_s)
        table = page.table[0].value
        assert table[""].iloc[1] == f"Per event (± {collar_s * 1000:.0f} ms)"
        assert table["Correct"].iloc[1] == str(expected.events.overall.tp)
        near = expected.comparison.near_misses
        told = f"edges off: {len(near)} of the missed"
        assert any(told in words.value for words in page.caption) == bool(near)
        states = page.dataframe[0].value["truth"]
        assert (states == "edges off").any() == bool(expected.comparison.near_false_alarms)


def test_true_labels_that_the_model_does_not_know_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heads, labels = (HeadPlan(2, "LOGISTIC"),), {"labels.txt": b"Siren\nKettle\n"}
    few = Plan(heads=heads, packed=labels, metadata=metadata(sample_rate=16_000))
    few.save(tmp_path, "few.tflite")
    monkeypatch.setenv(FOLDERS_VARIABLE, str(tmp_path))
    page = open_app(clip="demonstration", model="few")
    page.toggle(key="demonstration-truth").set_value(True).run()
    assert not page.exception
    told = page.warning[0].value
    assert "Applause" in told
    assert "Siren" not in told


def test_thresholds_that_fit_the_truth_are_suggested() -> None:
    page = open_app(clip="demonstration")
    page.toggle(key="demonstration-truth").set_value(True).run()
    page.slider(key="threshold").set_value(0.9).run()
    assert not page.exception
    before = page.table[0].value
    press(page, "Suggest thresholds")
    after = page.table[0].value
    assert float(after["F1"].iloc[0]) > float(before["F1"].iloc[0])
    own = workspace_of(page).view.thresholds
    assert "Rain" in own
    assert set(own) <= {event.label for event in demonstration_events()}
    table = next(frame.value for frame in page.dataframe if "Threshold" in frame.value)
    (rain,) = table[table["Label"] == "Rain"]["Threshold"]
    assert rain.startswith("0.90 → ")
    assert any("fitted to this clip alone" in words.value for words in page.caption)


def test_there_are_no_figures_where_no_label_is_under_evaluation() -> None:
    page = open_app(clip="demonstration")
    page.file_uploader[-1].set_value(("truth.txt", b"0\t1\tKettledrum\n", "text/plain"))
    page.run()
    assert not page.exception
    assert "Kettledrum" in page.warning[0].value
    assert any("no figures" in told.value for told in page.info)
    assert not page.table


def test_a_list_that_is_none_is_refused_with_a_reason() -> None:
    page = open_app(clip="demonstration")
    page.file_uploader[-1].set_value(("truth.txt", b"once upon a time\n", "text/plain"))
    page.run()
    assert not page.exception
    assert "truth" in page.error[0].value
    assert metrics(page)["Duration"] == "53.8 s"


def test_settings_are_read_from_the_address() -> None:
    page = open_app(clip="demonstration", threshold="0.55", by="Maximum", classes="5")
    assert page.slider(key="threshold").value == 0.55
    assert page.slider(key="classes").value == 5
    assert page.segmented_control(key="by").value == "Maximum"


@pytest.mark.parametrize(
    "parameters", [{"threshold": "7"}, {"hop": "<script>"}, {"only": "Wombat"}, {"clip": "x"}]
)
def test_nonsense_in_the_address_is_passed_over(parameters: dict[str, str]) -> None:
    page = open_app(**{"clip": "demonstration", **parameters})
    assert not page.exception
    if "clip" in parameters:
        assert page.title[0].value == "What is in a sound?"
    else:
        assert page.slider(key="threshold").value == 0.3
        assert page.selectbox(key="hop").value == 0.48
        assert metrics(page)["Duration"] == "53.8 s"


def test_one_bad_file_does_not_stop_the_others(builtin: Classifier) -> None:
    music = excerpt("music.wav", 45.0)
    page = open_app()
    page.file_uploader[0].set_value(
        [
            ("notes.wav", b"this is a text, not a sound\n", "audio/wav"),
            music,
            ("nothing.mp3", b"", "audio/mpeg"),
        ]
    )
    page.run()
    assert not page.exception
    table = page.dataframe[0].value
    assert list(table["Clip"]) == ["music.wav"]
    (heard,) = table["Content"]
    clip = load_clip(music[1])
    expected = expected_events(builtin.classify(clip), clip)
    assert heard == summarise(expected, clip.duration_s)
    assert page.title[0].value == "music\\.wav"
    assert any("2 files could not be analysed" in one.label for one in page.expander)
    (told,) = (one.value for one in page.markdown if one.value.startswith("- **notes"))
    notes, nothing = told.splitlines()
    assert "text" in notes
    assert "nothing" in nothing
    assert "empty" in nothing
    press(page, "Remove these 2 files")
    assert [one.name for one in workspace_of(page).recordings.all] == ["music.wav"]


def test_a_quiet_clip_says_that_nothing_was_heard() -> None:
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(16_000)
        wav.writeframes(np.zeros(16_000, np.int16).tobytes())
    page = open_app(hide="Silence")
    page.file_uploader[0].set_value(("quiet.wav", file.getvalue(), "audio/wav"))
    page.run()
    assert not page.exception
    assert metrics(page)["Peak level"] == "−∞ dBFS"
    assert "Nothing reached the score threshold" in page.info[0].value


def test_cancelled_work_can_be_taken_up_again() -> None:
    page = open_app(clip="demonstration")
    workspace = workspace_of(page)
    (recording,) = workspace.recordings.all
    listener = ModelChoice(*(page.selectbox(key=key).value for key in ("model", "runtime")))
    jobs.cancel_analyses(
        workspace, Waiting(), [(recording.digest, AnalysisSettings(listener, hop_s=0.1))]
    )
    page.selectbox(key="hop").set_value(0.1).run()
    assert "was cancelled" in page.info[0].value
    assert not page.metric
    press(page, "Analyse")
    assert metrics(page)["Duration"] == "53.8 s"


def test_the_chosen_clip_stays_chosen_when_others_come_and_go() -> None:
    bird, siren, music = (
        excerpt(name, onset_s)
        for name, onset_s in (("bird.wav", 0.0), ("siren.wav", 16.0), ("some_music.wav", 45.0))
    )
    page = open_app()
    page.file_uploader[0].set_value([bird, siren, music])
    page.run()
    assert page.title[0].value == "bird\\.wav"
    recordings = workspace_of(page).recordings
    recordings.choose(next(one.digest for one in recordings.all if one.name == music[0]))
    press(page, "Remove siren\\.wav")
    assert page.title[0].value == "some\\_music\\.wav"
    page.file_uploader[0].set_value([excerpt("dog.wav", 30.0)])
    page.run()
    assert not page.exception
    assert page.title[0].value == "dog\\.wav"
    press(page, "Remove dog\\.wav")
    assert page.title[0].value in ("bird\\.wav", "some\\_music\\.wav")


def test_a_bug_in_one_clip_is_told_and_the_others_go_on(
    builtin: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    bird, music = excerpt("bird.wav", 0.0), excerpt("music.wav", 45.0)
    analyse = jobs.analyse

    def stumble(data: bytes, *args: object, **kwargs: object) -> object:
        if data == bird[1]:
            raise KeyError("a bug")
        return analyse(data, *args, **kwargs)

    monkeypatch.setattr(jobs, "analyse", stumble)
    page = open_app()
    page.file_uploader[0].set_value([bird, music])
    page.run()
    assert not page.exception
    (heard,) = page.dataframe[0].value["Content"]
    assert any("Something went wrong" in one.value for one in page.markdown)
    clip = load_clip(music[1])
    expected = expected_events(builtin.classify(clip), clip)
    assert heard == summarise(expected, clip.duration_s)


def clips(page: AppTest) -> list[str]:
    return list(page.dataframe[0].value["Clip"])


def drop(page: AppTest, *files: tuple[str, bytes, str]) -> AppTest:
    page.file_uploader[0].set_value(list(files))
    page.run()
    assert not page.exception
    return page


def test_what_comes_later_stands_first_and_is_looked_at() -> None:
    bird, siren, music = (
        excerpt(f"{name}.wav", onset_s) for name, onset_s in (("a", 0.0), ("b", 16.0), ("c", 45.0))
    )
    page = drop(open_app(), bird, siren)
    assert clips(page) == ["a.wav", "b.wav"]
    assert page.title[0].value == "a\\.wav"
    drop(page, music)
    assert clips(page) == ["c.wav", "a.wav", "b.wav"]
    assert page.title[0].value == "c\\.wav"
    drop(page, ("b.wav", siren[1], "audio/wav"))
    assert clips(page) == ["c.wav", "a.wav", "b.wav"]
    assert page.title[0].value == "b\\.wav", "a clip that was there is looked at again"
    drop(page, ("again.wav", siren[1], "audio/wav"))  # the same sound under another name
    assert clips(page) == ["again.wav", "c.wav", "a.wav", "b.wav"]
    assert page.title[0].value == "again\\.wav"
    content = list(page.dataframe[0].value["Content"])
    assert content[0] == content[3]
    press(page, "Remove b\\.wav")
    assert clips(page) == ["again.wav", "c.wav", "a.wav"]
    assert list(page.dataframe[0].value["Content"]) == content[:3]


def test_files_are_taken_out_of_the_uploader_as_they_come() -> None:
    page = open_app()
    for number, (name, onset_s) in enumerate((("a.wav", 0.0), ("b.wav", 16.0))):
        assert f"uploads-{number}" in page.session_state
        drop(page, excerpt(name, onset_s))
        assert page.file_uploader[0].value == []
        assert f"uploads-{number}" not in page.session_state, "Streamlit holds it no more"
    assert clips(page) == ["b.wav", "a.wav"]


def test_the_demonstration_clip_that_is_removed_does_not_come_back() -> None:
    page = press(open_app(clip="demonstration"), "Remove Demonstration\\.wav")
    assert "clip" not in page.query_params
    assert page.title[0].value == "What is in a sound?"
    assert page.run().title[0].value == "What is in a sound?"


@pytest.mark.model
def test_every_true_label_but_one_has_a_lane_by_default(yamnet: Classifier) -> None:
    """Telephone stands for its ringing, which it rings just as long as."""
    timeline = yamnet.classify(demonstration_clip())
    shown = set(highlights(timeline, timeline.labels, ViewSettings().n_classes))
    missing = {event.label for event in demonstration_events()} - shown
    assert missing <= {"Telephone bell ringing"}


@pytest.mark.parametrize("remove", ["Remove a\\.wav", "Forget everything now"])
def test_nothing_refers_to_a_recording_that_was_removed(remove: str) -> None:
    """Streamlit holds the arguments of callbacks until the session ends."""
    page = drop(open_app(), excerpt("a.wav", 0.0))
    (recording,) = workspace_of(page).recordings.all
    told = weakref.ref(recording)
    del recording
    press(page, remove)
    page.run()
    gc.collect()
    assert told() is None
