"""The page on a machine that has no model and reaches no address."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from models import download
from models.catalog import CATALOG, FOLDERS_VARIABLE
from models.classifier import classifier
from tests.models.loopback import serving

APP = str(Path(__file__).parents[2] / "app.py")


REFUSING = "http://127.0.0.1:9/yamnet.tflite"  # port 9, discard: nothing listens there


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """One empty model folder, and one address that refuses."""
    folder = tmp_path / "models"
    folder.mkdir()
    entry = replace(CATALOG["yamnet"], addresses=(REFUSING,))
    monkeypatch.setattr(classifier, "CATALOG", MappingProxyType({"yamnet": entry}))
    monkeypatch.setattr("models.catalog.model_folders", lambda: (folder,))
    monkeypatch.setattr(download, "model_folders", lambda: (folder,))
    monkeypatch.setattr(download, "cache_folder", lambda: tmp_path / "cache")
    st.cache_resource.clear()
    yield folder
    st.cache_resource.clear()


def open_demonstration() -> AppTest:
    page = AppTest.from_file(APP, default_timeout=60)
    page.query_params["clip"] = "demonstration"
    return page.run()


def retry(page: AppTest) -> AppTest:
    next(button for button in page.button if button.label == "Retry").click()
    return page.run()


def test_the_page_says_what_was_tried_and_what_to_do(nowhere: Path) -> None:
    page = AppTest.from_file(APP, default_timeout=60).run()
    assert not page.exception
    message = page.error[0].value.replace("\\", "")
    for words in ("lies in none of these folders", REFUSING, FOLDERS_VARIABLE):
        assert words in message
    tried = page.table[0].value
    assert tried["Address"][0].replace("\\", "") == REFUSING
    assert "refused" in tried["What happened"][0]
    assert str(nowhere) in page.caption[-1].value.replace("\\", "")
    assert retry(page).error


@pytest.mark.model
def test_retry_finds_the_file_that_was_put_there(nowhere: Path, yamnet_path: Path) -> None:
    page = open_demonstration()
    assert page.error
    (nowhere / "any name.tflite").symlink_to(yamnet_path)
    retry(page)
    assert not page.error
    assert not page.exception
    assert page.header[0].value == "Demonstration\\.wav"


@pytest.mark.model
def test_a_download_makes_the_page_work(
    nowhere: Path, yamnet_path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with serving(yamnet_path.read_bytes()) as site:
        addresses = (site.address("missing"), site.address("good"))
        entry = replace(CATALOG["yamnet"], addresses=addresses)
        monkeypatch.setattr(classifier, "CATALOG", MappingProxyType({"yamnet": entry}))
        page = open_demonstration()
    assert not page.error
    assert not page.exception
    assert page.header[0].value == "Demonstration\\.wav"
    assert site.paths() == ["missing", "good"]
    assert (tmp_path / "cache" / entry.file_name).read_bytes() == yamnet_path.read_bytes()
    assert not list(nowhere.iterdir())


@pytest.mark.model
def test_whoever_comes_anew_has_the_folders_looked_at_anew(
    nowhere: Path, yamnet_path: Path
) -> None:
    assert open_demonstration().error
    (nowhere / "any name.tflite").symlink_to(yamnet_path)
    assert not open_demonstration().error
