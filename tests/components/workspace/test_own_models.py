"""The models that a visitor brought or taught."""

import hashlib
import threading
from contextlib import nullcontext
from pathlib import Path

import pytest

from components.workspace import own_models
from components.workspace.own_models import MAX_BROUGHT, MAX_REMOVED, MAX_TAUGHT, OwnModels
from models.errors import ModelError
from models.registry.catalog import BUILTIN, CATALOG, FOLDERS_VARIABLE
from models.registry.local_models import ModelFile


@pytest.fixture(autouse=True)
def _no_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDERS_VARIABLE, str(tmp_path))


@pytest.fixture
def models() -> OwnModels:
    return OwnModels(nullcontext)


def titles(models: OwnModels) -> list[str]:
    return [one.title for one in models.all() if one.uploaded]


def brought(models: OwnModels, title: str, **lists: bytes) -> ModelFile:
    label_lists = {f".{ending}": content for ending, content in lists.items()}
    file = models.add(title.encode(), title, label_lists)
    assert isinstance(file, ModelFile)
    return file


def test_a_model_is_stored_with_its_labels_and_found_by_its_digest(models: OwnModels) -> None:
    file = brought(models, "kitchen", txt=b"Tap\nKettle\n")
    assert file.sha256 == hashlib.sha256(b"kitchen").hexdigest()
    assert file.path.read_bytes() == b"kitchen"
    assert file.path.with_suffix(".txt").read_bytes() == b"Tap\nKettle\n"
    assert models.known(file.sha256) == file
    assert models.n_bytes == len(b"kitchen")


def test_one_model_too_many_is_refused_and_all_others_stay(models: OwnModels) -> None:
    for number in range(MAX_BROUGHT):
        brought(models, f"model {number}")
    with pytest.raises(ModelError) as told:
        models.add(b"another", "another", {})
    assert "'another'" in str(told.value)
    assert f"At most {MAX_BROUGHT}" in str(told.value)
    assert "Remove one" in str(told.value)
    assert titles(models) == [f"model {number}" for number in range(MAX_BROUGHT)]
    again = brought(models, "model 0")  # the same once more
    models.remove(again.sha256)
    brought(models, "another")
    models.add_taught(b"taught", "My sounds")  # counts by itself


def test_the_very_file_of_a_catalogs_model_is_kept_for_good(
    models: OwnModels, builtin_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored: list[str] = []
    monkeypatch.setattr(own_models, "store_model", lambda _data, name: stored.append(name))
    assert models.add(builtin_path.read_bytes(), "whatever", {}) == CATALOG[BUILTIN]
    assert stored == [CATALOG[BUILTIN].file_name]
    assert titles(models) == []


def test_taught_ones_are_numbered_and_the_oldest_make_room(models: OwnModels) -> None:
    first = models.add_taught(b"0", "My sounds")
    assert models.add_taught(b"0", "My sounds") == first
    for number in range(1, MAX_TAUGHT + 1):
        models.add_taught(f"{number}".encode(), "My sounds")
    assert titles(models) == [f"My sounds {number + 2}" for number in range(MAX_TAUGHT)]
    assert not models.is_taught(first.sha256)
    latest = models.all()[MAX_TAUGHT - 1]
    assert models.is_taught(latest.sha256)
    assert models.add_taught(latest.path.read_bytes(), "Office").title == "Office 4"


def test_a_taught_one_that_was_removed_comes_back_when_it_is_shown_again(
    models: OwnModels,
) -> None:
    file = models.add_taught(b"taught", "My sounds")
    models.remove(file.sha256)
    assert titles(models) == []
    again = models.add_taught(b"taught", "My sounds")
    assert again.title == "My sounds"
    assert again.path.read_bytes() == b"taught"


def test_a_removed_file_stays_a_while_for_who_still_uses_it(models: OwnModels) -> None:
    files = [brought(models, f"{number}") for number in range(MAX_REMOVED + 2)]
    for file in files:
        models.remove(file.sha256)
        models.remove(file.sha256)  # another tab did so, too
        assert file.path.exists()
    assert [file.path.exists() for file in files] == [False, False] + [True] * MAX_REMOVED
    assert titles(models) == []
    assert models.n_bytes == MAX_REMOVED, "one byte each, which are there still"
    gone = models.known(files[0].sha256)
    assert isinstance(gone, ModelFile)
    assert gone.title == f"Model {files[0].sha256[:8]}"


def test_clearing_leaves_no_file(models: OwnModels) -> None:
    files = [brought(models, "a"), models.add_taught(b"b", "b"), brought(models, "c")]
    models.remove(files[2].sha256)
    folder = files[0].path.parents[1]
    models.clear()
    assert not folder.exists()
    assert titles(models) == []
    assert not models.is_taught(files[1].sha256)
    assert brought(models, "d").path.read_bytes() == b"d"  # it can go on


def test_several_tabs_bring_and_remove_at_once(models: OwnModels) -> None:
    problems: list[object] = []

    def hammer(seed: int) -> None:
        try:
            for step in range(30):
                file = brought(models, f"{seed} {step}")
                models.all()
                if file.path.read_bytes() != f"{seed} {step}".encode():
                    problems.append(file)
                models.remove(file.sha256)
        except Exception as error:  # noqa: BLE001  # told below
            problems.append(error)

    threads = [threading.Thread(target=hammer, args=(seed,)) for seed in range(MAX_REMOVED)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert problems == []
    assert titles(models) == []
