"""Parts of Streamlit's frontend, which a browser loads when it first shows an element of a kind.

Streamlit has no public list of them. In 1.67 they are ``static/static/js/NAME.HASH.js`` in its
package. A part that is not found is not loaded ahead of time, and nothing else depends on it;
`tests/components/server/test_frontend_parts.py` fails then.
"""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files

import streamlit as st


def addresses(names: Iterable[str]) -> list[str]:
    """Return the paths of parts, below the server's base path.

    Parameters
    ----------
    names : iterable of str
        Names without hash, such as ``PlotlyChart``.
    """
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    root = f"/{base}" if base else ""
    found = _files()
    return [f"{root}/static/js/{found[name]}" for name in names if name in found]


@cache
def _files() -> dict[str, str]:
    """Return the file names of all parts, by name."""
    folder = files("streamlit").joinpath("static", "static", "js")
    return {one.name.partition(".")[0]: one.name for one in folder.iterdir()}
