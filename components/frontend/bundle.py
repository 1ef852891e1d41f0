"""Bundler of the components' JavaScript modules and style sheets.

Streamlit takes the JavaScript of a component as one text and runs it from a ``blob:`` URL, from
which relative imports do not resolve. The report is a single file. For both, this module joins
several modules into one, without a build step.

Conventions
-----------
A module imports names by a relative path, and exports declarations by name. A statement starts at
the beginning of a line::

    import { Axis, formatClock as format } from "./axis.js";
    export class Player {}
    export default mountPlayer;

Each imported module becomes the body of a function with its own scope, and runs once, before the
modules that import it. A default export is the component's entry point for Streamlit; no module
imports one. Other forms and circular imports raise an error. Documentation comments are removed,
because a component's text is sent to the browser at each run of the script.

A style sheet imports others by a relative path: ``@import "../ui/bars.css";``.
"""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

COMPONENTS = Path(__file__).parents[1]

_IMPORT = re.compile(r'^import\s*\{([^}]*)\}\s*from\s*"(\.[^"]+)";$', re.MULTILINE)
_EXPORT = re.compile(
    r"^export ((?:async )?function\*? ?|class |const )([A-Za-z_$][\w$]*)", re.MULTILINE
)
_DEFAULT = re.compile(r"^export default [A-Za-z_$][\w$]*;$\n?", re.MULTILINE)
_DOCUMENTATION = re.compile(r"^[ \t]*/\*\*(?:[^*]|\*(?!/))*\*/[ \t]*\n", re.MULTILINE)
_OTHER = re.compile(r"^(?:import|export)\b.*$", re.MULTILINE)
_STYLE_IMPORT = re.compile(r'^@import "([^"]+)";$', re.MULTILINE)


def component(name: str, folder: Path) -> Callable[..., Any]:
    """Declare a Streamlit component.

    Call this at each use, which costs nothing if nothing changed: Streamlit 1.65 knows only the
    components that were declared to the current server, not to an earlier one of the process.

    Parameters
    ----------
    name : str
        Name of the component and its files, such as ``panel.js`` and the optional ``panel.html``
        and ``panel.css``.
    folder : Path
        Folder of the files.

    Returns
    -------
    callable
        Mounts the component: see `st.components.v2.component`.
    """
    html, css = folder / f"{name}.html", folder / f"{name}.css"
    mount: Callable[..., Any] = st.components.v2.component(
        f"earmark_{name}",
        html=read(html) if html.exists() else None,
        css=join_styles(css) if css.exists() else None,
        js=join_modules(folder / f"{name}.js"),
    )
    return mount


@cache
def read(path: Path) -> str:
    """Return the text of a file."""
    return path.read_text(encoding="utf-8")


@cache
def join_styles(path: Path) -> str:
    """Return a style sheet with its imports replaced by their contents."""
    return _STYLE_IMPORT.sub(lambda found: join_styles(_beside(path, found[1])), read(path))


@cache
def join_modules(entry: Path) -> str:
    """Return a single module equivalent to a module and all its imports.

    Parameters
    ----------
    entry : Path
        Path of the module. Only its default export is kept.

    Raises
    ------
    ValueError
        If a module has another form of import or export than those above, imports a name that is
        not exported, or is part of a circular import.
    """
    bodies: dict[Path, str] = {}
    exports: dict[Path, tuple[str, ...]] = {}
    _add(entry.resolve(), bodies, exports, ())
    *imported, last = bodies
    parts = [_wrapped(path, bodies[path], exports[path]) for path in imported]
    return "\n".join([*parts, bodies[last]])


def _add(
    path: Path,
    bodies: dict[Path, str],
    exports: dict[Path, tuple[str, ...]],
    under: tuple[Path, ...],
) -> None:
    """Add a module after all its imports."""
    if path in bodies:
        return
    if path in under:
        circle = " -> ".join(_name(one) for one in (*under[under.index(path) :], path))
        raise ValueError(f"modules import each other in a circle: {circle}")
    source = read(path)
    for found in _IMPORT.finditer(source):
        other = _beside(path, found[2])
        _add(other, bodies, exports, (*under, path))
        missing = [name for name, _ in _names(found[1]) if name not in exports[other]]
        if missing:
            raise ValueError(f"{_name(path)} imports {missing[0]}, which {_name(other)} lacks")
    exports[path] = tuple(found[2] for found in _EXPORT.finditer(source))
    bodies[path] = _body(path, source, keep_default=not under)


def _body(path: Path, source: str, *, keep_default: bool) -> str:
    """Return a module's source, with imports bound to the variables of other modules."""

    def bind(found: re.Match[str]) -> str:
        names = ", ".join(
            name if name == own else f"{name}: {own}" for name, own in _names(found[1])
        )
        return f"const {{ {names} }} = {_variable(_beside(path, found[2]))};"

    default = _DEFAULT.search(source)
    body = _DOCUMENTATION.sub("", _DEFAULT.sub("", source)).strip("\n") + "\n"
    body = _EXPORT.sub(r"\1\2", _IMPORT.sub(bind, body))
    other = _OTHER.search(body)
    if other is not None:
        raise ValueError(f"{_name(path)} has a form that cannot be joined: {other[0]}")
    return f"{body}{default[0]}" if keep_default and default is not None else body


def _wrapped(path: Path, body: str, exported: tuple[str, ...]) -> str:
    returned = f"return {{ {', '.join(exported)} }};"
    return f"// {_name(path)}\nconst {_variable(path)} = (() => {{\n{body}{returned}\n}})();\n"


def _names(listed: str) -> list[tuple[str, str]]:
    """Return the imported names as (exported name, local name)."""
    parts = [part.split() for part in listed.split(",") if part.strip()]
    return [(words[0], words[-1]) for words in parts]


def _beside(path: Path, relative: str) -> Path:
    return (path.parent / relative).resolve()


def _name(path: Path) -> str:
    return path.relative_to(COMPONENTS).as_posix() if path.is_relative_to(COMPONENTS) else path.name


def _variable(path: Path) -> str:
    """Return the variable that holds a module's exports."""
    return "$" + re.sub(r"\W", "_", _name(path).removesuffix(".js"))
