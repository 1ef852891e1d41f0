"""The page "Teach" without a browser: what it draws, learns and gives away."""

from pathlib import Path

import pytest
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile
from streamlit.testing.v1 import AppTest

from components.live import webrtc
from components.live.webrtc import Connection
from components.ui import widgets
from components.ui.recorder import RECORDING_TYPE
from models.audio import load_clip
from models.registry.catalog import FOLDERS_VARIABLE
from models.teaching.lesson import Lesson
from tests.components.live.fake_microphone import FakeMicrophone
from tests.components.pages import open_app, open_page, press, workspace_of
from tests.models.teaching.sounds import MAKERS, wav

Upload = tuple[str, bytes, str]


@pytest.fixture(autouse=True)
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeMicrophone:
    """The microphone beside the results, in which the recorder types."""
    replacement = FakeMicrophone(load_clip(wav(MAKERS["Typing"](6.0, 5))).samples)
    monkeypatch.setattr(webrtc, "listen", replacement.listen)
    return replacement


@pytest.fixture
def page() -> AppTest:
    return open_page("teach")


def lesson(page: AppTest) -> Lesson:
    return workspace_of(page).teaching.lesson


def uploads(label: str, *seeds: int) -> list[Upload]:
    return [(f"{label} {n}.wav", wav(MAKERS[label](2.5, n)), "audio/wav") for n in seeds]


def bring(page: AppTest, label: str, files: list[Upload]) -> AppTest:
    box = next(one for one in page.file_uploader if one.label.startswith(f"Recordings of {label}"))
    box.set_value(files)
    page.run()
    assert not page.exception
    return page


def taught(page: AppTest, *seeds: int) -> AppTest:
    for label in MAKERS:
        bring(page, label, uploads(label, *seeds))
    return press(page, "Train")


def test_three_classes_and_the_background_wait_for_examples(page: AppTest) -> None:
    assert not page.exception
    names = [heading.value for heading in page.header]
    assert names[:4] == ["Clapping", "Finger snapping", "Typing", "Background"]
    train = next(button for button in page.button if button.label == "Train")
    assert train.disabled


def test_from_uploads_to_a_model_that_listens(page: AppTest) -> None:
    taught(page, 0, 1)
    words = " ".join(one.value for one in page.markdown)
    assert "examples correct" in words
    assert {button.label for button in page.button} >= {"Earmark file", "TFLite", "Model card"}
    workspace = workspace_of(page)
    (file,) = (one for one in workspace.models.all() if workspace.models.is_taught(one.sha256))
    assert file.title == "My sounds"
    assert workspace.settings["model"] == (file.title,)  # listens next


def test_it_is_heard_live_beside_the_results(page: AppTest, fake: FakeMicrophone) -> None:
    assert fake.clean == []  # before anything is learnt there is nothing to listen with
    taught(page, 0, 1)
    assert not workspace_of(page).recordings.all
    fake.connection = Connection.OPEN
    page.run()
    fake.play()
    page.run()
    assert not page.exception
    snapshot = workspace_of(page).live.snapshot()
    assert {event.label for event in snapshot.events} == {"Typing"}
    fake.connection = Connection.IDLE
    page.run()
    (kept,) = workspace_of(page).recordings.all
    assert kept.name.startswith("Live session ")


def test_after_a_change_it_says_that_it_is_older(page: AppTest) -> None:
    taught(page, 0, 1)
    bring(page, "Typing", uploads("Typing", 2))
    assert any("do not include your last changes" in caption.value for caption in page.caption)
    press(page, "Train again")
    assert not any("do not include your last changes" in caption.value for caption in page.caption)
    titles = {file.title for file in workspace_of(page).models.all() if file.uploaded}
    assert titles == {"My sounds", "My sounds 2"}


def test_one_recording_is_not_enough_to_judge_by(page: AppTest) -> None:
    taught(page, 0)
    assert "its accuracy is unknown" in page.info[0].value


def test_classes_are_added_renamed_removed_and_brought_back(page: AppTest) -> None:
    page.text_input(key="new-class").set_value("Doorbell")
    press(page, "Add class")
    page.text_input(key="rename-Typing").set_value("Keyboard").run()
    assert lesson(page).labels == (
        "Clapping",
        "Finger snapping",
        "Keyboard",
        "Doorbell",
    )
    page.button(key="remove-class-Clapping").click().run()
    assert lesson(page).labels == ("Finger snapping", "Keyboard", "Doorbell")
    page.button(key="undo").click().run()
    page.button(key="undo").click().run()
    assert lesson(page).labels == (
        "Clapping",
        "Finger snapping",
        "Typing",
        "Doorbell",
    )
    assert not page.exception


def test_a_name_that_is_taken_is_refused_with_a_reason(page: AppTest) -> None:
    page.text_input(key="new-class").set_value("clapping")
    press(page, "Add class")
    assert "called 'clapping' already" in page.error[0].value.replace("\\", "")
    assert page.run().error == []  # told once


def test_one_bad_file_does_not_stop_the_others(page: AppTest) -> None:
    silence = wav(MAKERS["Typing"](1.0, 0) * 0)
    files = [("notes.wav", b"a text", "audio/wav"), ("silence.wav", silence, "audio/wav")]
    bring(page, "Typing", [*files, *uploads("Typing", 0)])
    told = [error.value.replace("\\", "") for error in page.error]
    assert len(told) == 2
    assert "notes.wav" in told[0]
    assert "The recording is silent" in told[1]
    assert {piece.name for piece in lesson(page).pieces} == {"Typing 0.wav"}


def test_files_that_came_together_are_taken_back_together(page: AppTest) -> None:
    bring(page, "Typing", uploads("Typing", 0, 1, 2))
    assert {piece.name for piece in lesson(page).pieces} >= {"Typing 0.wav"}
    (undo,) = (button for button in page.button if button.label.startswith("Undo"))
    assert undo.label.replace("\\", "") == "Undo: added 3 recordings to Typing"
    undo.click()
    page.run()
    assert not page.exception
    assert not lesson(page).pieces


def test_an_earmark_file_comes_back(page: AppTest) -> None:
    taught(page, 0, 1)
    trained = workspace_of(page).teaching.training.job.result()
    other = open_page("teach")
    box = next(one for one in other.file_uploader if "earmark" in one.label)
    box.set_value([("office.earmark", trained.file, "application/zip")])
    other.run()
    assert not other.exception
    assert not other.error
    assert len(lesson(other).pieces) == len(lesson(page).pieces)
    press(other, "Train")
    assert "examples correct" in " ".join(one.value for one in other.markdown)


def test_what_is_no_earmark_file_is_refused_with_a_reason(page: AppTest) -> None:
    box = next(one for one in page.file_uploader if "earmark" in one.label)
    box.set_value([("broken.earmark", b"PK nothing", "application/zip")])
    page.run()
    assert not page.exception
    assert "broken.earmark cannot be opened" in page.error[0].value.replace("\\", "")


def test_a_file_in_a_model_folder_is_used_on_clips(
    page: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taught(page, 0)
    trained = workspace_of(page).teaching.training.job.result()
    (tmp_path / "office.earmark").write_bytes(trained.file)
    monkeypatch.setenv(FOLDERS_VARIABLE, str(tmp_path))
    clip = open_app("office")
    clip.file_uploader[0].set_value(uploads("Clapping", 5))
    clip.run()
    assert not clip.exception
    assert not clip.error
    events = next(table.value for table in clip.dataframe if "onset_s" in table.value)
    assert "Clapping" in set(events["label"]) <= {"Clapping", "Background"}
    assert any("shares a score of 1" in caption.value for caption in clip.caption)


def test_a_recording_is_kept_where_another_run_ends_its_callback(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_files, n_calls = widgets.take_files, 0

    def interrupted(key: str) -> list[UploadedFile]:
        nonlocal n_calls
        n_calls += 1
        if n_calls == 1:  # as Streamlit does at an access to the session state
            st.rerun()
        return take_files(key)

    monkeypatch.setattr(widgets, "take_files", interrupted)
    box = next(one for one in page.file_uploader if one.label.startswith("Record Clapping"))
    box.set_value([("recorded.wav", wav(MAKERS["Clapping"](2.5, 1)), RECORDING_TYPE)])
    page.run()
    assert not page.exception
    assert {piece.name.partition(",")[0] for piece in lesson(page).of("Clapping")} == {
        "Recording 1"
    }
