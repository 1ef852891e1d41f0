"""What the first requests and runs of the script import at once is imported by one thread."""

import ast
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.e2e.driving import PROJECT

OWN = ("components", "models")


def test_one_thread_imports_at_a_time() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tests.components.server.importing_at_once"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.splitlines() == ["over"]


def unlocked(node: ast.AST, *, is_late: bool = False) -> Iterator[int]:
    """Give the lines of imports inside functions that are made without the lock."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.With) and ast.unparse(child.items[0]) == "LATE_IMPORTS":
            continue
        is_import = isinstance(child, ast.ImportFrom | ast.Import)
        if is_late and is_import and any(map(_is_own, _modules(child))):
            yield child.lineno
        is_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
        yield from unlocked(child, is_late=is_late or is_function)


def _modules(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    assert isinstance(node, ast.Import)
    return [alias.name for alias in node.names]


def _is_own(module: str) -> bool:
    return module.split(".")[0] in OWN


@pytest.mark.parametrize("folder", OWN)
def test_every_late_import_holds_the_lock(folder: str) -> None:
    files = [PROJECT / "app.py", *(PROJECT / folder).rglob("*.py")]
    found = {file.name: list(unlocked(ast.parse(file.read_text("utf-8")))) for file in files}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_a_late_import_without_the_lock_is_found() -> None:
    late = "def find():\n    with LATE_IMPORTS:\n        import models\n    import models.errors\n"
    assert list(unlocked(ast.parse(late))) == [4]
