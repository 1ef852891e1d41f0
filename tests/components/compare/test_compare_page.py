"""The page "Compare" without a browser."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from components.view.settings import AnalysisSettings, CompareSettings, ModelChoice
from components.workspace import jobs
from components.workspace.recordings import Recording
from components.workspace.shared import shared
from components.workspace.waiting import Waiting
from models.demonstration import demonstration_recording
from models.events import EventRules
from models.events.concordance import concordance
from models.inference import Classifier
from models.opening import open_classifier
from models.registry.catalog import FOLDERS_VARIABLE
from tests.components.conftest import forget_shared
from tests.components.pages import open_page, press, workspace_of
from tests.demonstrated import demonstration_clip
from tests.models.inference.building import HeadPlan, Plan, metadata

SAME = {
    f"{what}-{side}": title
    for side in ("left", "right")
    for what, title in (("model", "Built-in"), ("runtime", "LiteRT"))
}
"""The built-in model on both sides: what is proposed depends on which runtimes there are."""


@pytest.fixture(autouse=True, scope="module")
def anew() -> Iterator[None]:
    """Once for all: what one test has had analysed, the next need not."""
    forget_shared()
    yield
    forget_shared()


def unescaped(words: str) -> str:
    return re.sub(r"\\(.)", r"\1", words)


def headline(page: AppTest) -> str:
    return unescaped(page.main.header[0].value)


def test_the_empty_page_invites() -> None:
    page = open_page("compare", **SAME)
    assert not page.main.header
    press(page, "Try the demonstration clip")
    assert page.query_params["clip"] == "demonstration"
    assert page.selectbox(key="compared-clip").value == shared().demonstration.digest
    assert "The same model on both sides" in page.info[0].value
    assert headline(page).startswith("They agree on the best class in all ")
    assert not page.error


@pytest.mark.runtimes
def test_both_runtimes_are_compared() -> None:
    pytest.importorskip("tflite_runtime", reason="TFLite Runtime ends with Python 3.11")
    names = {"model_left": "Built-in", "model_right": "Built-in"}
    runtimes = {"runtime_left": "LiteRT", "runtime_right": "TFLite Runtime"}
    page = open_page("compare", clip="demonstration", **names, **runtimes)
    assert not page.info
    facts = page.table[0].value
    assert [unescaped(title) for title in facts.columns[1:]] == [
        "▲ Built-in on LiteRT",
        "▼ Built-in on TFLite Runtime",
    ]
    classes = next(one.value for one in page.dataframe if "peak_a" in one.value)
    assert len(classes) == 521
    assert 0 < classes["largest_difference"].max() <= 0.1  # 8-bit rounding, no more
    assert headline(page).startswith("They agree on the best class in ")


@pytest.mark.model
def test_yamnet_and_the_built_in_model_are_compared_to_begin_with(yamnet: Classifier) -> None:
    page = open_page("compare", clip="demonstration", threshold="0.5")
    classes = next(one.value for one in page.dataframe if "peak_a" in one.value)
    clip = demonstration_clip()
    small = open_classifier("builtin")
    own, others = yamnet.classify(clip), small.classify(clip)
    small.close()
    expected = concordance(own, others, EventRules(0.5))
    assert list(classes["label"]) == [each.label for each in expected.classes]
    assert set(classes["label"]) == set(yamnet.labels)
    assert f" of the {expected.n_clear} clear moments." in headline(page)


def test_a_model_of_few_classes_is_compared_in_what_it_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heads, labels = (HeadPlan(2, "LOGISTIC"),), {"labels.txt": b"Siren\nKettle\n"}
    few = Plan(heads=heads, packed=labels, metadata=metadata(sample_rate=16_000))
    few.save(tmp_path, "few.tflite")
    monkeypatch.setenv(FOLDERS_VARIABLE, str(tmp_path))
    names = {"model_left": "Built-in", "model_right": "few"}
    page = open_page("compare", clip="demonstration", **names, runtime_right="LiteRT")
    classes = next(one.value for one in page.dataframe if "peak_a" in one.value)
    assert list(classes["label"]) == ["Siren"]
    told = [unescaped(caption.value) for caption in page.caption]
    assert any("520 of its 521 classes are not in ▼" in words for words in told)
    best = next(table.value for table in page.table if "Peak" in table.value)
    assert any("not in ▼" in label for label in best["Label"])


def test_a_model_with_a_hop_of_its_own_is_compared_on_the_coarser_grid(
    dynamic_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDERS_VARIABLE, str(dynamic_path.parent))
    page = open_page(
        "compare",
        clip="demonstration",
        model_left="Built-in",
        model_right=dynamic_path.stem,
        runtime_right="LiteRT",
        hop="0.24",
    )
    facts = page.table[0].value.set_index("Property")
    assert [unescaped(hop) for hop in facts.loc["Step between windows (hop)"]] == [
        "0.24 s",
        "0.48 s",
    ]
    assert any("Of all 111 moments" in unescaped(words.value) for words in page.markdown)
    assert any("windows of this clip: " in unescaped(caption.value) for caption in page.caption)


def test_settings_are_read_from_the_address_and_redraw_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runs: list[int] = []
    classify = Classifier.classify_blocks

    def counted(self: Classifier, *args: object, **kwargs: object) -> object:
        runs.append(1)
        return classify(self, *args, **kwargs)

    forget_shared()
    monkeypatch.setattr(Classifier, "classify_blocks", counted)
    page = open_page(
        "compare", clip="demonstration", **SAME, threshold="0.6", lanes="3", hop="0.975"
    )
    assert page.slider(key="threshold").value == 0.6
    before = headline(page)
    assert len(runs) == 1  # the same on both sides is heard once
    page.slider(key="threshold").set_value(0.9).run()
    assert not page.exception
    assert headline(page) != before
    assert len(runs) == 1


def test_nonsense_in_the_address_is_passed_over() -> None:
    page = open_page("compare", clip="demonstration", **{**SAME, "model-left": "<b>"}, lanes="900")
    assert page.slider(key="lanes").value == CompareSettings.n_classes
    assert page.selectbox(key="model-left").value == "yamnet"


def test_a_bad_file_is_told_and_the_demonstration_is_at_hand() -> None:
    page = open_page("compare", **SAME)
    workspace_of(page).recordings.add(Recording.from_bytes("notes.wav", b"once upon a time"))
    page.run()
    assert not page.exception
    assert "notes" in page.error[0].value
    page.selectbox(key="compared-clip").select(shared().demonstration.digest).run()
    assert not page.exception
    assert not page.error
    assert headline(page).startswith("They agree")


def test_cancelled_work_can_be_taken_up_again() -> None:
    page = open_page("compare", clip="demonstration", **SAME)
    (recording,) = workspace_of(page).recordings.all
    listener = ModelChoice("builtin", page.selectbox(key="runtime-left").value)
    asked = recording.digest, AnalysisSettings(listener, hop_s=0.975)
    jobs.cancel_analyses(workspace_of(page), Waiting(), [asked])
    page.selectbox(key="hop").set_value(0.975).run()
    assert "was cancelled" in page.info[0].value
    press(page, "Compare")
    assert headline(page).startswith("They agree")


def test_classes_that_nobody_named_are_no_common_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed, name in enumerate(("frogs", "kettles")):
        Plan(metadata=metadata(sample_rate=16_000), seed=seed).save(tmp_path, f"{name}.tflite")
    monkeypatch.setenv(FOLDERS_VARIABLE, str(tmp_path))
    names = {"model_left": "frogs", "model_right": "kettles"}
    page = open_page(
        "compare", clip="demonstration", **names, runtime_left="LiteRT", runtime_right="LiteRT"
    )
    assert headline(page) == "The models have no class in common, so there is nothing to compare."


@pytest.fixture
def differing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The built-in model beside one that knows one of its classes, and says something else."""
    heads, labels = (HeadPlan(2, "LOGISTIC"),), {"labels.txt": b"Siren\nKettle\n"}
    few = Plan(heads=heads, packed=labels, metadata=metadata(sample_rate=16_000))
    few.save(tmp_path, "few.tflite")
    monkeypatch.setenv(FOLDERS_VARIABLE, str(tmp_path))
    names = {"model_left": "Built-in", "model_right": "few"}
    return open_page("compare", clip="demonstration", **names, runtime_right="LiteRT")


def step_told(page: AppTest) -> str:
    return next(
        one.value for one in page.caption if " of " in one.value and "**Siren**" in one.value
    )


def test_differences_are_gone_through_and_heard(differing: AppTest) -> None:
    page = differing
    assert next(one for one in page.button if one.label == "Previous").disabled
    assert not any(one.value.startswith("Heard at") for one in page.subheader)
    press(page, "Largest difference")
    wish = workspace_of(page).view.wish
    assert wish is not None
    told = step_told(page)
    assert told.startswith("1 of ")
    classes = next(one.value for one in page.dataframe if "peak_a" in one.value)
    assert wish.onset_s <= classes["largest_at_s"][0] <= wish.offset_s
    (heard,) = (one.value for one in page.subheader if one.value.startswith("Heard at"))
    press(page, "Next")
    assert step_told(page).startswith("2 of ")
    assert workspace_of(page).view.wish != wish
    press(page, "Previous")
    assert step_told(page) == told
    (again,) = (one.value for one in page.subheader if one.value.startswith("Heard at"))
    assert again == heard
    tables = [one.value for one in page.table if list(one.value) == ["Label", "Score"]]
    assert len(tables) == 2
    assert all("Siren" in list(table["Label"]) for table in tables)


def test_a_model_differs_in_nothing_from_itself() -> None:
    page = open_page("compare", clip="demonstration", **SAME)
    assert all(
        one.disabled
        for one in page.button
        if one.label in ("Largest difference", "Previous", "Next")
    )
    assert any("No score differs by 0.1" in one.value for one in page.caption)


def test_the_link_holds_the_clip() -> None:
    page = open_page("compare", clip="demonstration", **SAME)
    music = Recording.from_bytes("music.wav", demonstration_recording()[:1_000_000])
    workspace_of(page).recordings.add(music)
    page.run()
    page.selectbox(key="compared-clip").select(music.digest).run()
    assert page.query_params["clip"] == music.digest[:16]
    other = open_page("compare", clip=music.digest[:16], **SAME)
    assert "a recording that is not here" in other.warning[0].value
