"""Modules and style sheets are put together as a browser would load them."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from components.frontend import bundle
from components.frontend.bundle import COMPONENTS, join_modules, join_styles

ENTRIES = sorted(
    path
    for path in COMPONENTS.rglob("*.js")
    if path.name == "page.js" or "\nexport default " in path.read_text(encoding="utf-8")
)


@pytest.fixture
def node() -> str:
    path = shutil.which("node")
    if path is None:
        pytest.skip("there is no Node.js on this machine (see the README)")
    return path


def write(folder: Path, **sources: str) -> Path:
    """Write modules, and return the one that is called ``entry``."""
    for name, source in sources.items():
        (folder / f"{name}.js").write_text(source, encoding="utf-8")
    return folder / "entry.js"


def run(node: str, source: str, folder: Path, *options: str) -> str:
    script = folder / "joined.mjs"
    script.write_text(source, encoding="utf-8")
    command = [node, *options, script]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_each_module_has_names_of_its_own_and_runs_once(tmp_path: Path, node: str) -> None:
    entry = write(
        tmp_path,
        counter='let count = 0;\nexport const next = () => ++count;\nconsole.log("runs");\n',
        one='import { next } from "./counter.js";\nconst own = 10;\n'
        "export function one() {\n  return own + next();\n}\n",
        two='import {\n  next as following,\n} from "./counter.js";\nconst own = 20;\n'
        "export class Two {\n  value = own + following();\n}\nexport async function later() {}\n",
        entry='import { one } from "./one.js";\nimport { later, Two } from "./two.js";\n'
        "const own = [one(), new Two().value, await later()];\n"
        "export function mount() {}\nconsole.log(JSON.stringify(own));\nexport default mount;\n",
    )
    first, second = run(node, join_modules(entry), tmp_path).splitlines()
    assert first == "runs"
    assert json.loads(second) == [11, 22, None]


def test_only_the_entry_keeps_its_default_export(tmp_path: Path) -> None:
    entry = write(
        tmp_path,
        other="export function mount() {}\nexport default mount;\n",
        entry='import { mount } from "./other.js";\nmount();\nexport default mount;\n',
    )
    assert join_modules(entry).count("export") == 1
    assert join_modules(entry).rstrip().endswith("export default mount;")


def test_comments_that_document_are_left_out(tmp_path: Path, node: str) -> None:
    entry = write(
        tmp_path,
        entry="/** What it is. */\n\n/**\n * Return one.\n * @returns {number} As in 1 * 1.\n */\n"
        "function one() {\n  // why\n  return /** @type {number} */ (1);\n}\n"
        "/** @type {number} */ (one());\nconsole.log(one() + `/** text */`);\n",
    )
    joined = join_modules(entry)
    assert "Return one" not in joined
    assert "// why" in joined
    assert run(node, joined, tmp_path) == "1/** text */\n"


@pytest.mark.parametrize(
    "statement",
    [
        'import mount from "./other.js";',
        'import * as other from "./other.js";',
        'import "./other.js";',
        'import { d3 } from "d3";',
        'export * from "./other.js";',
        "export { name };",
        "export let name = 1;",
        "export default function () {}",
    ],
)
def test_other_forms_are_refused(tmp_path: Path, statement: str) -> None:
    entry = write(tmp_path, other="export const name = 1;\n", entry=f"{statement}\n")
    with pytest.raises(ValueError, match=r"entry\.js has a form that cannot be joined: "):
        join_modules(entry)


def test_a_name_that_is_not_exported_is_refused(tmp_path: Path) -> None:
    entry = write(tmp_path, other="const a = 1;\n", entry='import { a } from "./other.js";\n')
    with pytest.raises(ValueError, match=r"entry\.js imports a, which other\.js lacks"):
        join_modules(entry)


def test_a_circle_is_refused(tmp_path: Path) -> None:
    entry = write(
        tmp_path,
        entry='import { a } from "./other.js";\nexport const b = 1;\n',
        other='import { b } from "./entry.js";\nexport const a = 1;\n',
    )
    with pytest.raises(ValueError, match=r"circle: entry\.js -> other\.js -> entry\.js"):
        join_modules(entry)


def test_style_sheets_stand_where_they_are_imported(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "base.css").write_text("a {}\n")
    (tmp_path / "folder" / "page.css").write_text('@import "../base.css";\n\nb {}\n')
    assert join_styles(tmp_path / "folder" / "page.css") == "a {}\n\n\nb {}\n"


def test_all_components_are_found() -> None:
    assert len(ENTRIES) >= 11


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda path: path.stem)
def test_each_component_is_one_module(entry: Path, tmp_path: Path, node: str) -> None:
    joined = join_modules(entry)
    run(node, joined, tmp_path, "--check")
    assert "</script" not in joined, "it would end the report's script"
    assert not [line for line in joined.splitlines() if line.startswith("import ")]


@pytest.mark.parametrize("path", sorted(COMPONENTS.rglob("*.js")), ids=lambda path: path.stem)
def test_text_never_becomes_markup_and_nothing_is_kept_on_the_window(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert not re.search(r"(inner|outer)HTML|insertAdjacentHTML|document\.write", source)
    assert not re.search(r"(window|globalThis)(\.\w+|\[[^]]+\]) *[?|&]*=[^=]", source)


def test_a_component_is_declared_with_the_files_of_its_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    declared: dict[str, object] = {}

    def declare(name: str, **sources: str | None) -> None:
        declared[name] = sources

    monkeypatch.setattr(bundle.st.components.v2, "component", declare)
    bundle.component("panel", COMPONENTS / "live")
    bundle.component("capture", COMPONENTS / "live")
    panel, capture = declared["earmark_panel"], declared["earmark_capture"]
    assert isinstance(panel, dict)
    assert isinstance(capture, dict)
    assert '<div class="panel"' in panel["html"]
    assert ".bars .label" in panel["css"]
    assert (capture["html"], capture["css"]) == (None, None)
