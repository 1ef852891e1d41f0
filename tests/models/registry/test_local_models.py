"""Which model files are found beside the catalog's, and how one is stored."""

import hashlib
import tempfile
from pathlib import Path

import pytest

from models.errors import ModelError
from models.registry import local_models
from models.registry.catalog import BUILTIN, CATALOG
from models.registry.local_models import (
    ModelFile,
    entry_of,
    find_brought,
    passing_folder,
    store_model,
    with_different_titles,
)


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_each_file_is_listed_once_whatever_its_name(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    (first / "Barks.TFLITE").write_bytes(b"barks")
    (first / "again.tflite").write_bytes(b"barks")
    (first / "notes.txt").write_text("no model")
    (first / "folder.tflite").mkdir()
    (first / "arriving.tflite.part").write_bytes(b"half")
    (second / "knocks.tflite").write_bytes(b"knocks")
    found = find_brought(folders=(first, tmp_path / "missing", second))
    assert [(file.title, file.sha256) for file in found] == [
        ("Barks", digest(b"barks")),
        ("knocks", digest(b"knocks")),
    ]
    assert found[0].path == first / "Barks.TFLITE"
    assert found[0].size_bytes == 5


def test_what_the_catalog_knows_is_not_brought(tmp_path: Path, builtin_path: Path) -> None:
    (tmp_path / "a visitor's.tflite").symlink_to(builtin_path)
    assert find_brought(folders=(tmp_path,)) == ()
    assert entry_of(CATALOG[BUILTIN].sha256) is CATALOG[BUILTIN]
    assert entry_of(digest(b"barks")) is None


def test_a_file_that_is_too_large_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_models, "MAX_MODEL_BYTES", 4)
    (tmp_path / "fits.tflite").write_bytes(b"1234")
    (tmp_path / "large.tflite").write_bytes(b"12345")
    assert [file.title for file in find_brought(folders=(tmp_path,))] == ["fits"]


def test_a_model_that_is_too_large_is_not_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_models, "MAX_MODEL_BYTES", 4)
    store_model(b"1234", "fits.tflite", tmp_path)
    with pytest.raises(ModelError, match="At most"):
        store_model(b"12345", "large.tflite", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["fits.tflite"]


def test_a_folder_named_by_mistake_lists_no_thousands(tmp_path: Path) -> None:
    for number in range(local_models.MAX_BROUGHT + 3):
        (tmp_path / f"{number:03}.tflite").write_bytes(bytes([number]))
    found = find_brought(folders=(tmp_path,))
    assert [file.title for file in found] == [f"{n:03}" for n in range(local_models.MAX_BROUGHT)]


def test_equal_titles_are_told_apart() -> None:
    files = [
        ModelFile(title, Path(f"{number}.tflite"), 1, f"{number}" * 64)
        for number, title in enumerate(("mine", "mine", "other", "YAMNet"))
    ]
    assert [file.title for file in with_different_titles(files)] == [
        "mine (00000000)",
        "mine (11111111)",
        "other",
        "YAMNet (33333333)",
    ]


def test_a_model_is_stored_as_a_whole(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "models"
    path = store_model(b"first", "one.tflite", folder)
    assert path == folder / "one.tflite"
    store_model(b"second", "one.tflite", folder)
    assert path.read_bytes() == b"second"
    assert list(folder.iterdir()) == [path]


def test_what_cannot_be_stored_is_told(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_bytes(b"")
    with pytest.raises(ModelError, match="could not be stored") as caught:
        store_model(b"data", "one.tflite", in_the_way)
    assert "writable" in caught.value.allowed


def test_no_place_for_passing_files_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(ModelError, match="could not be stored"):
        passing_folder()
