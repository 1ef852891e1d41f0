"""The page with models of one's own: what is asked about them, and what becomes of the answers."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from components.workspace.shared import MAX_CLASSIFIERS
from models.registry.catalog import FOLDERS_VARIABLE, sha256_of
from tests.components.pages import new_tab, open_app, workspace_of
from tests.models.inference.building import HeadPlan, Plan, metadata


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(FOLDERS_VARIABLE, str(tmp_path))
    return tmp_path


def listening_page() -> None:
    import streamlit as st

    from components import model_choice

    opened = model_choice.open_chosen(model_choice.choose())
    if opened is not None:
        classifier, listener = opened
        contract = classifier.contract
        st.json({"labels": classifier.labels, "rate": contract.sample_rate})
        st.text(f"{listener.sample_rate} {listener.head} {listener.squashing}")
        st.text(f"exclusive {contract.is_exclusive}")


def open_page(title: str) -> AppTest:
    return new_tab(listening_page, model=title).run()


def asked(page: AppTest) -> list[str]:
    return [box.label for box in page.selectbox][2:]


def test_what_a_file_does_not_say_is_asked(folder: Path) -> None:
    path = Plan(heads=(HeadPlan(3), HeadPlan(2, "SOFTMAX"))).save(folder, "two.tflite")
    page = open_page("two")
    assert not page.exception
    assert asked(page) == ["Sample rate of the model", "Output of the model"]
    assert page.text[0].value == "16000 1 None"
    page.selectbox[2].set_value(44_100).run()
    page.selectbox[3].set_value(0).run()
    assert not page.exception
    assert page.text[0].value == "44100 0 softmax"
    assert page.text[1].value == "exclusive True"
    page.session_state[f"squashing-{sha256_of(path)[:16]}"] = "Independent"
    page.run()
    assert not page.exception
    assert page.text[0].value == "44100 0 sigmoid"
    assert page.text[1].value == "exclusive False"
    assert '"rate": 44100' in page.json[0].value


def test_what_a_file_says_is_not_asked(folder: Path) -> None:
    plan = Plan(metadata=metadata(sample_rate=22_050, channels=1))
    plan.save(folder, "told.tflite")
    page = open_page("told")
    assert not page.exception
    assert asked(page) == []
    assert page.text[0].value == "None None None"
    assert "22050" in page.json[0].value


def test_labels_that_come_later_are_taken(folder: Path) -> None:
    Plan().save(folder, "kitchen.tflite")
    page = open_page("kitchen")
    assert "Class 1" in page.json[0].value
    (folder / "kitchen.txt").write_text("Tap\nKettle\nToaster\n")
    page.run()
    assert not page.exception
    assert "Kettle" in page.json[0].value


def heard(page: AppTest) -> set[str]:
    """Labels in the table of events."""
    return set(next(one.value for one in page.dataframe if "label" in one.value)["label"])


def test_a_clip_that_was_heard_has_the_labels_that_came_later(folder: Path) -> None:
    Plan(heads=(HeadPlan(3, "LOGISTIC"),)).save(folder, "kitchen.tflite")
    page = open_app("kitchen", clip="demonstration")
    assert heard(page) == {"Class 0", "Class 1", "Class 2"}
    (folder / "kitchen.txt").write_text("Tap\nKettle\nToaster\n")
    page.run()
    assert not page.exception
    assert heard(page) == {"Tap", "Kettle", "Toaster"}


def test_no_more_models_stay_open_than_are_used(folder: Path) -> None:
    names = [f"model {number}" for number in range(MAX_CLASSIFIERS + 2)]
    for number, name in enumerate(names):
        plan = Plan((400,), seed=number, metadata=metadata(sample_rate=16_000, channels=1))
        plan.save(folder, f"{name}.tflite")
    page = open_page(names[0])
    for name in names[1:]:
        page.selectbox(key="model").set_value(sha256_of(folder / f"{name}.tflite")).run()
        assert not page.exception
    held = workspace_of(page).classifiers
    assert [file.title for _, file in held] == names[-MAX_CLASSIFIERS:]


def test_one_that_cannot_be_used_is_told_and_the_page_lives(folder: Path) -> None:
    (folder / "broken.tflite").write_bytes(b"TFL3" * 100)
    page = open_page("broken")
    assert not page.exception
    assert "broken" in page.error[0].value
    page.selectbox(key="model").set_value("builtin").run()
    assert not page.error
    assert "Helicopter" in page.json[0].value
