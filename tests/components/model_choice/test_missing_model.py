"""The page on a machine that has no model and reaches no address."""

from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
from streamlit.testing.v1 import AppTest

from components.model_choice import opening
from components.workspace.operator import UPLOAD_VARIABLE
from models.events import taxonomy
from models.inference import classifier
from models.registry import download, local_models
from models.registry.catalog import CATALOG, FOLDERS_VARIABLE, CatalogEntry, model_folders
from tests.components.pages import open_app, open_page
from tests.models.loopback import serving

BUILTIN_FOLDER = model_folders()[-1]

QUIET_LINE = "The built-in model is listening. YAMNet is more accurate:"

REFUSING = "http://127.0.0.1:9/yamnet.tflite"  # port 9, discard: nothing listens there


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """One empty model folder beside what is built in, and one address that refuses."""
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setattr("models.registry.catalog.model_folders", lambda: (folder, BUILTIN_FOLDER))
    monkeypatch.setattr(download, "model_folders", lambda: (folder, BUILTIN_FOLDER))
    monkeypatch.setattr(download, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(local_models, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(opening.serving, "is_local", lambda: True)
    look_at(monkeypatch, REFUSING)
    return folder


def look_at(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> CatalogEntry:
    """Have YAMNet looked for at other addresses."""
    entry = replace(CATALOG["yamnet"], addresses=addresses)
    known = MappingProxyType({**CATALOG, "yamnet": entry})
    monkeypatch.setattr(classifier, "CATALOG", known)
    return entry


def open_demonstration() -> AppTest:
    return open_app("yamnet", clip="demonstration")


def retry(page: AppTest) -> AppTest:
    next(button for button in page.button if button.label == "Retry").click()
    return page.run()


def captions(page: AppTest) -> list[str]:
    return [one.value.replace("\\", "") for one in page.caption]


def said(page: AppTest, words: str) -> bool:
    return any(words in markdown.value.replace("\\", "") for markdown in page.markdown)


def test_the_builtin_model_stands_in_at_once_and_the_page_says_why(nowhere: Path) -> None:
    page = open_demonstration()
    assert not page.exception
    assert not page.error
    assert page.title[0].value == "Demonstration\\.wav"
    heard = set(next(one.value for one in page.dataframe if "onset_s" in one.value)["label"])
    assert heard
    assert heard <= set(taxonomy.labels())
    assert QUIET_LINE in captions(page)
    assert said(page, "YAMNet is not on this machine and could not be downloaded")
    assert said(page, FOLDERS_VARIABLE)
    tried = page.table[0].value
    assert tried["Address"][0].replace("\\", "") == REFUSING
    assert "refused" in tried["What happened"][0]
    assert any(str(nowhere) in one.value.replace("\\", "") for one in page.caption)
    assert retry(page).table[0].value["Address"][0].replace("\\", "") == REFUSING


def test_what_was_set_for_yamnet_holds_for_the_built_in_model(
    nowhere: Path,  # noqa: ARG001
) -> None:
    page = open_app("yamnet", clip="demonstration", only=["Siren", "Music"])
    assert page.session_state["only"] == ["Siren", "Music"]


def test_the_builtin_model_stands_in_on_both_sides(nowhere: Path) -> None:  # noqa: ARG001
    names = {"model_left": "YAMNet", "model_right": "YAMNet", "runtime_right": "LiteRT"}
    page = open_page("compare", clip="demonstration", **names)
    assert [button.label for button in page.button].count("Retry") == 2
    assert "The same model on both sides" in page.info[0].value
    assert page.main.header[0].value.startswith("They agree on the best class in all ")


@pytest.mark.model
def test_retry_finds_the_file_that_was_put_there(nowhere: Path, yamnet_path: Path) -> None:
    page = open_demonstration()
    assert said(page, "could not be downloaded")
    (nowhere / "any name.tflite").symlink_to(yamnet_path)
    retry(page)
    assert not said(page, "could not be downloaded")
    assert not page.exception
    assert page.title[0].value == "Demonstration\\.wav"
    assert page.selectbox(key="model").value == "yamnet"


@pytest.mark.model
def test_a_download_makes_the_page_work(
    nowhere: Path, yamnet_path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with serving(yamnet_path.read_bytes()) as site:
        entry = look_at(monkeypatch, site.address("missing"), site.address("good"))
        page = open_demonstration()
    assert not page.error
    assert not page.exception
    assert page.selectbox(key="model").value == "yamnet"
    assert site.paths() == ["missing", "good"]
    assert (tmp_path / "cache" / entry.file_name).read_bytes() == yamnet_path.read_bytes()
    assert not list(nowhere.iterdir())


@pytest.mark.usefixtures("nowhere")
def test_nobody_waits_for_a_server_that_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "STALL_S", 0.5)
    with serving(b"") as site:
        look_at(monkeypatch, site.address("silent"))
        page = open_demonstration()
        assert said(page, "The built-in model is listening. YAMNet is on its way")
        assert page.title[0].value == "Demonstration\\.wav"
        assert not page.exception


@pytest.mark.model
def test_whoever_comes_anew_has_the_folders_looked_at_anew(
    nowhere: Path, yamnet_path: Path
) -> None:
    assert said(open_demonstration(), "could not be downloaded")
    (nowhere / "any name.tflite").symlink_to(yamnet_path)
    assert not said(open_demonstration(), "could not be downloaded")


@pytest.mark.model
def test_an_upload_of_the_very_file_makes_the_page_work(
    nowhere: Path,  # noqa: ARG001
    yamnet_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv(UPLOAD_VARIABLE, "true")
    page = open_demonstration()
    (box,) = (one for one in page.get("file_uploader") if "yamnet" in one.label)
    box.upload("whatever.tflite", yamnet_path.read_bytes(), "application/octet-stream")
    page.run()
    assert not page.exception
    assert not said(page, "could not be downloaded")
    kept = tmp_path / "cache" / CATALOG["yamnet"].file_name
    assert kept.read_bytes() == yamnet_path.read_bytes()


@pytest.mark.usefixtures("nowhere")
def test_the_built_in_model_teaches_in_yamnets_place() -> None:
    page = open_page("teach")
    assert QUIET_LINE in captions(page)
    assert any(button.label == "Retry" for button in page.button)


def test_who_is_elsewhere_learns_nothing_of_the_servers_folders(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening.serving, "is_local", lambda: False)
    page = open_demonstration()
    assert said(page, "could not be downloaded")
    assert said(page, FOLDERS_VARIABLE)
    drawn = [*page.markdown, *page.caption, *page.error, *page.warning]
    assert not any(str(nowhere) in one.value.replace("\\", "") for one in drawn)
