"""The layout that docs and reviews rely on, held by reading the code's imports."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
MODULES = sorted(p for folder in ("models", "components") for p in (PROJECT / folder).rglob("*.py"))
OURS = [PROJECT / "app.py", *MODULES]

PRIVATE = {
    # Both runtimes have it, and nothing public tells which operation reads which tensor; without it
    # no embedding is found.
    "models/inference/embeddings.py": {"getattr(interpreter, '_get_ops_details', None)"},
}

PUBLIC_STREAMLIT = {
    "streamlit": "",
    "streamlit.delta_generator": "the type of a container, as its documentation calls it",
    "streamlit.elements.lib.column_types": "the type of what `st.column_config` makes",
    "streamlit.errors": "errors that `st.secrets` is documented to raise",
    "streamlit.navigation.page": "the type of what `st.Page` makes",
    "streamlit.runtime.uploaded_file_manager": "the type of what `st.file_uploader` returns",
}
"""What may be imported of Streamlit, and why; names of types have no other public home."""

ISOLATED_STREAMLIT = {
    "components/server/back_messages.py": {
        "streamlit.proto.BackMsg_pb2",
        "streamlit.proto.WidgetStates_pb2",
    },
    "components/server/script_runs.py": {"streamlit.runtime.scriptrunner"},
    "components/workspace/operator.py": {"streamlit.errors"},
    "components/server/uploads.py": {
        "streamlit.runtime.memory_uploaded_file_manager",
        "streamlit.runtime.scriptrunner",
    },
}
"""What is not public and needed even so, by module: each says with which versions it was seen, and
raises with others."""


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield node.module or ""


def name(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_imports_run_one_way(path: Path) -> None:
    roots = {module.partition(".")[0] for module in imports(path)}
    assert "app" not in roots
    if "models" in path.parts:
        assert not roots & {"streamlit", "streamlit_webrtc", "plotly", "components"}


@pytest.mark.parametrize("path", OURS, ids=name)
def test_nothing_private_is_reached_for(path: Path) -> None:
    """A name with an underscore in front is its owner's, and may be gone with the next version."""
    found, tree = set(), ast.parse(path.read_text(encoding="utf-8"))
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_private(node.attr):
            if ast.unparse(node.value) not in ("self", "cls") and node.attr not in own:
                found.add(ast.unparse(node))
        elif isinstance(node, ast.ImportFrom):
            names = [*(node.module or "").split("."), *(alias.name for alias in node.names)]
            found |= {one for one in names if is_private(one) and one != "_typeshed"}
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("getattr", "setattr"):
            attribute = node.args[1]
            if isinstance(attribute, ast.Constant) and is_private(str(attribute.value)):
                found.add(ast.unparse(node))
    found.discard("os._exit")  # documented, in spite of its name
    assert found <= PRIVATE.get(name(path), set())


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


@pytest.mark.parametrize("path", OURS, ids=name)
def test_only_the_public_part_of_streamlit_is_used(path: Path) -> None:
    used = {one for one in imports(path) if one.partition(".")[0] == "streamlit"}
    others = used - PUBLIC_STREAMLIT.keys()
    assert others <= ISOLATED_STREAMLIT.get(name(path), set())
    if others:
        source = path.read_text(encoding="utf-8")
        assert re.search(r"1\.6\d", source), "it does not say with which versions it was seen"
        assert "raise RuntimeError" in source, "it does not fail loudly with others"


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_only_the_server_knows_how_it_is_served(path: Path) -> None:
    if not name(path).startswith("components/server/"):
        roots = {module.partition(".")[0] for module in imports(path)}
        assert not roots & {"starlette", "uvicorn", "google"}


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_what_outlives_a_run_is_in_the_workspace(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    if name(path) != "components/workspace/current.py" and "ui" not in path.parts:
        assert "session_state" not in source
    if name(path) != "components/workspace/current.py":
        assert "cache_resource(" not in source
    assert "cache_data(" not in source


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_only_the_classifier_runs_an_interpreter(path: Path) -> None:
    runtimes = {"ai_edge_litert", "tflite_runtime"}
    assert not {module.partition(".")[0] for module in imports(path)} & runtimes
    if name(path) != "models/tflite/runtimes.py" and not name(path).startswith("models/inference/"):
        assert ".invoke" not in path.read_text(encoding="utf-8")


def test_no_duration_depends_on_a_clock_that_may_be_set() -> None:
    """The time of day jumps; only when something was heard, and expires elsewhere, goes by it."""
    told = {"models/live/worker.py": 1, "components/live/ice.py": 1}
    for path in MODULES:
        source = path.read_text(encoding="utf-8")
        assert source.count("time.time()") == told.get(name(path), 0), name(path)
        assert "datetime.now" not in source, name(path)


def test_functions_stay_small() -> None:
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                lines = node.end_lineno - body[0].lineno + 1 if body else 0
                assert lines <= 60, f"{name(path)}: {node.name} has {lines} lines"


def test_streamlit_finds_no_pages_by_itself() -> None:
    for script in (PROJECT / "app.py", PROJECT / "components" / "script.py"):
        assert script.exists()
        assert not (script.parent / "pages").exists()


def test_the_readme_has_its_two_commands() -> None:
    readme = (PROJECT / "README.md").read_text(encoding="utf-8").splitlines()
    assert "python -m pip install -r requirements.txt && streamlit run app.py" in readme
    assert "python -m pip install -r requirements-dev.txt && pytest" in readme


def test_no_module_beside_the_script_hides_one_of_pythons_own() -> None:
    """Streamlit puts the script's folder first on the path, and child processes inherit it."""
    names = {path.stem for path in (PROJECT / "components").iterdir()}
    assert not names & sys.stdlib_module_names
