"""The rooms of the house, as docs/architecture.md draws them, held against the code's imports."""

import ast
import re
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
DOCUMENT = PROJECT / "docs" / "architecture.md"

MAX_ARROWS = 210
"""Imports between two rooms that the plan allows, each pair counted once; 210 at present."""

MAX_STEPS = 8
"""Modules that each way through the house may have."""

UNLISTED = {"models.builtin", "models.weights"}
"""Folders without code: the built-in model and the place of downloaded ones."""

GENERAL = {"utils", "util", "helpers", "common", "misc", "base"}
"""Names that say nothing of what is inside."""


@cache
def modules() -> dict[str, Path]:
    """Return the file of each module of the app, by its dotted name."""
    found = {"app": PROJECT / "app.py"}
    for top in ("models", "components"):
        for path in sorted((PROJECT / top).rglob("*.py")):
            parts = path.relative_to(PROJECT).with_suffix("").parts
            found[".".join(parts).removesuffix(".__init__")] = path
    return found


@cache
def imports() -> dict[str, set[str]]:
    """Return which modules each module imports, with the packages that this executes."""
    return {name: _imports(name) for name in modules()}


def _imports(name: str) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(modules()[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                found.add(whole if whole in modules() else node.module)
    executed = {one.rpartition(".")[0] for one in found if one.count(".") > 1}
    around = {".".join(name.split(".")[:n]) for n in range(1, name.count(".") + 1)}
    return (found | executed - around) & modules().keys() - {name}


def room(module: str) -> str:
    """Return the folder that a module is in, or the module itself where it is in none."""
    return ".".join(module.split(".")[:2])


@cache
def arrows() -> dict[str, set[str]]:
    """Return which rooms each room imports."""
    found: dict[str, set[str]] = {room(name): set() for name in modules()}
    for name, targets in imports().items():
        found[room(name)] |= {room(target) for target in targets} - {room(name)}
    return found


@cache
def drawn() -> list[str]:
    """Return the rooms of the document's tables, from the first to the last."""
    document = DOCUMENT.read_text(encoding="utf-8")
    cells = re.findall(r"^\| `([\w/.]+)` \|", document, flags=re.MULTILINE)
    return [cell.removesuffix("/").removesuffix(".py").replace("/", ".") for cell in cells]


def way(title: str) -> list[str]:
    """Return the files that the document lists as a way through the house, in their order."""
    document = DOCUMENT.read_text(encoding="utf-8")
    section = document.partition(f"## {title}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\d+\. `([\w/.]+)`", section, flags=re.MULTILINE)


def reachable(name: str) -> set[str]:
    """Return what a module imports, with what the packages among that re-export."""
    direct = imports().get(name, set())
    packages = {one for one in direct if modules()[one].name == "__init__.py"}
    return direct.union(*(imports()[one] for one in packages))


@pytest.mark.parametrize("title", ["The way of a dropped file", "The way of a packet"])
def test_a_way_has_few_modules_each_imported_by_one_before_it(title: str) -> None:
    files = way(title)
    assert 2 < len(files) <= MAX_STEPS
    assert not [file for file in files if not (PROJECT / file).is_file()]
    names = [file.removesuffix(".py").replace("/", ".") for file in files if file.endswith(".py")]
    for place, name in enumerate(names[1:], start=1):
        assert any(name in reachable(before) for before in names[:place]), name


@pytest.mark.parametrize("graph", [imports, arrows])
def test_nothing_imports_itself_by_way_of_others(graph: "cache[dict[str, set[str]]]") -> None:
    try:
        TopologicalSorter(graph()).prepare()
    except CycleError as error:
        pytest.fail(f"a circle: {' <- '.join(error.args[1])}")


def test_the_document_draws_every_room_once() -> None:
    rooms = {name for name in arrows() if name.count(".")} | {"app"}
    assert sorted(drawn()) == sorted(rooms)


def test_every_folder_is_a_room() -> None:
    folders = {
        f"{top}.{path.name}"
        for top in ("models", "components")
        for path in (PROJECT / top).iterdir()
        if path.is_dir() and any(path.rglob("*.py"))  # a folder that moved may leave caches behind
    }
    assert folders - UNLISTED <= set(drawn())


def test_a_room_imports_only_rooms_above_it() -> None:
    """The document's order is one in which all of it could be written."""
    rank = {name: place for place, name in enumerate(drawn())}
    wrong = {
        f"{name} -> {target}"
        for name, targets in arrows().items()
        for target in targets
        if name in rank and target in rank and rank[target] > rank[name]
    }
    assert not wrong


def test_there_are_not_many_arrows() -> None:
    found = sum(len(targets) for name, targets in arrows().items() if name.count("."))
    assert found <= MAX_ARROWS


def test_no_file_stands_beside_the_folders_of_the_pages() -> None:
    flat = {path.name for path in (PROJECT / "components").glob("*.py")}
    assert flat == {"__init__.py", "script.py"}


def test_a_module_is_named_after_what_it_holds() -> None:
    assert not {path.stem for path in modules().values()} & GENERAL


def test_no_two_classes_share_a_name() -> None:
    owners: dict[str, list[str]] = {}
    for name, path in modules().items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                owners.setdefault(node.name, []).append(name)
    assert not {name: found for name, found in owners.items() if len(found) > 1}
