"""Addresses of a workspace: ``/earmark/<its key>/…``, below the server's own path."""

import streamlit as st

_ROOT = "earmark"


def route(rest: str) -> str:
    """Return the path of a route for something of a workspace, known by its ``key``.

    Parameters
    ----------
    rest : str
        The path below the workspace, such as ``files/{digest}``.

    Returns
    -------
    str
        For `starlette.routing`. It fits below any path: the application's routes are made before
        Streamlit has read its settings, of which `server.baseUrlPath` is one.
    """
    return f"/{{base:path}}{_ROOT}/{{key}}/{rest}"


def address(key: str, rest: str) -> str:
    """Return the address of something of a workspace, as the browser asks for it.

    Parameters
    ----------
    key : str
        `Workspace.key`.
    rest : str
        The path below the workspace, such as ``files/`` and a digest.
    """
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"{'/' + base if base else ''}/{_ROOT}/{key}/{rest}"
