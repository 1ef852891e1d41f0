"""Addresses of a workspace: ``/earmark/<key>/…``, below the server's base path."""

import streamlit as st

_ROOT = "earmark"


def route(rest: str) -> str:
    """Return the path pattern of a route below a workspace's ``key``.

    Parameters
    ----------
    rest : str
        The path below the workspace, such as ``files/{digest}``.

    Returns
    -------
    str
        Pattern for `starlette.routing`. It matches below any base path, because the routes are
        created before Streamlit has read its setting `server.baseUrlPath`.
    """
    return f"/{{base:path}}{_ROOT}/{{key}}/{rest}"


def address(key: str, rest: str) -> str:
    """Return the address, as requested by the browser, of a resource of a workspace.

    Parameters
    ----------
    key : str
        `Workspace.key`.
    rest : str
        The path below the workspace, such as ``files/`` followed by a digest.
    """
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"{'/' + base if base else ''}/{_ROOT}/{key}/{rest}"
