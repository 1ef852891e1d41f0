import dataclasses
import hashlib
import os
import re
from collections import Counter
from pathlib import Path

import pytest

from models.registry import catalog
from models.registry.catalog import CATALOG, CatalogEntry, find_model, model_folders, sha256_of

CONTENT = b"not a model, but found like one" * 100


@pytest.fixture
def entry() -> CatalogEntry:
    return dataclasses.replace(
        CATALOG["yamnet"], size_bytes=len(CONTENT), sha256=hashlib.sha256(CONTENT).hexdigest()
    )


def test_every_entry_is_well_formed() -> None:
    for name, entry in CATALOG.items():
        assert entry.name == name
        assert re.fullmatch(r"[0-9a-f]{64}", entry.sha256)
        assert entry.size_bytes > 0
        assert Path(entry.file_name).name == entry.file_name
        assert all(address.startswith("https://") for address in entry.addresses)


def test_no_two_entries_share_a_file() -> None:
    for shared in ("file_name", "sha256"):
        counts = Counter(getattr(entry, shared) for entry in CATALOG.values())
        assert set(counts.values()) == {1}


def test_catalog_cannot_be_changed(entry: CatalogEntry) -> None:
    with pytest.raises(TypeError):
        CATALOG["other"] = entry
    with pytest.raises(dataclasses.FrozenInstanceError):
        entry.name = "other"


@pytest.mark.model
def test_yamnet_is_the_published_file(yamnet_path: Path) -> None:
    entry = CATALOG["yamnet"]
    assert yamnet_path.stat().st_size == entry.size_bytes
    assert sha256_of(yamnet_path) == entry.sha256


def test_folders_named_by_the_environment_come_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    named = [tmp_path / "one", tmp_path / "two"]
    monkeypatch.setenv("EARMARK_MODELS", os.pathsep.join(["", *map(str, named), "~/three"]))
    project = Path(__file__).resolve().parents[3]
    assert list(model_folders()) == [
        *named,
        Path("~/three").expanduser(),
        project / "models" / "weights",
        project.parent / "shared" / "models",
        catalog.cache_folder(),
        project / "models" / "builtin",
    ]


def test_folders_are_absolute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EARMARK_MODELS", "here")
    assert model_folders()[0] == Path.cwd() / "here"


def test_found_under_any_name(entry: CatalogEntry, tmp_path: Path) -> None:
    (tmp_path / entry.file_name).write_bytes(CONTENT[::-1])
    renamed = tmp_path / "renamed by hand (1)"
    renamed.write_bytes(CONTENT)
    assert find_model(entry, folders=[tmp_path]) == renamed


def test_found_in_the_folder_that_the_environment_names(
    entry: CatalogEntry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EARMARK_MODELS", raising=False)
    assert find_model(entry) is None
    (tmp_path / "model").write_bytes(CONTENT)
    monkeypatch.setenv("EARMARK_MODELS", str(tmp_path))
    assert find_model(entry) == tmp_path / "model"


def test_found_in_the_first_folder_that_has_it(entry: CatalogEntry, tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("z", "a", "b")]
    for folder in folders:
        folder.mkdir()
    for folder in folders[1:]:
        (folder / "model").write_bytes(CONTENT)
    assert find_model(entry, folders=folders) == tmp_path / "a" / "model"


def test_right_name_and_size_are_not_enough(entry: CatalogEntry, tmp_path: Path) -> None:
    (tmp_path / entry.file_name).write_bytes(CONTENT[:-1] + b"?")
    assert find_model(entry, folders=[tmp_path]) is None


def test_folders_in_folders_and_unfinished_downloads_are_left_out(
    entry: CatalogEntry, tmp_path: Path
) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "model").write_bytes(CONTENT)
    (tmp_path / "model.part").write_bytes(CONTENT)
    assert find_model(entry, folders=[tmp_path]) is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a system with named pipes")
def test_what_cannot_be_read_is_passed_over(entry: CatalogEntry, tmp_path: Path) -> None:
    (tmp_path / "a dangling link").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "a pipe")
    directory = tmp_path / "a folder"
    directory.mkdir()
    (tmp_path / "model").write_bytes(CONTENT)
    as_large = dataclasses.replace(entry, size_bytes=directory.stat().st_size)
    assert find_model(as_large, folders=[tmp_path]) is None
    folders = [tmp_path / "absent", tmp_path / "model", tmp_path]
    assert find_model(entry, folders=folders) == tmp_path / "model"


def test_a_file_is_read_once_until_it_changes(
    entry: CatalogEntry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []

    def counted(path: Path) -> str:
        read.append(path)
        return sha256_of(path)

    monkeypatch.setattr(catalog, "sha256_of", counted)
    path = tmp_path / "model"
    (tmp_path / "of another size").write_bytes(CONTENT * 2)
    path.write_bytes(CONTENT)
    assert [find_model(entry, folders=[tmp_path]) for _ in range(3)] == [path] * 3
    assert read == [path]
    path.write_bytes(CONTENT[::-1])
    os.utime(path, ns=(0, 0))
    assert find_model(entry, folders=[tmp_path]) is None
    assert read == [path, path]
