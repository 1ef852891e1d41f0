"""Workspace of the visitor for whom the Streamlit script runs."""

import streamlit as st

from components.protocol import serving
from components.protocol.cookie import COOKIE, is_token
from components.protocol.networks import network_of
from components.workspace.shared import shared
from components.workspace.waiting import Waiting
from components.workspace.workspace import Workspace

IN_SESSION = "workspace"
"""Key of the workspace in the session state, used if there is no cookie."""


def current() -> Workspace:
    """Return the workspace of this visitor.

    It is found by the cookie. If the browser refuses cookies, or the application's server does not
    serve the script, the Streamlit session holds the workspace.
    """
    cookie = visitor_cookie()
    if cookie is not None:
        return shared().registry.open(cookie)
    if IN_SESSION not in st.session_state:
        network = network_of(st.context.ip_address or "")
        st.session_state[IN_SESSION] = shared().registry.open_in_session(network)
    workspace: Workspace = st.session_state[IN_SESSION]
    return _in_open_tab(workspace.key, workspace)


def visitor_cookie() -> str | None:
    """Return the visitor's token; None if there is no valid cookie."""
    if not serving.is_serving():
        return None
    token = st.context.cookies.get(COOKIE)
    return token if token is not None and is_token(token) else None


def forget_everything() -> None:
    """Close the visitor's workspace, and clear jobs and session state of this tab."""
    workspace, tab = current(), waiting()
    shared().registry.forget(workspace)
    tab.leave_all()
    for key in list(st.session_state):
        del st.session_state[key]


@st.cache_resource(scope="session", show_spinner=False, on_release=lambda one: _end(one))
def waiting() -> Waiting:
    """Return the jobs that this tab waits for; they are left when the tab is closed."""
    address = st.context.ip_address  # None for this machine's own
    return Waiting(None if address is None else network_of(address))


@st.cache_resource(scope="session", show_spinner=False, on_release=lambda one: _leave(one))
def _in_open_tab(key: str, _workspace: Workspace) -> Workspace:  # noqa: ARG001  # cache key
    """Note in the registry that the tab is open; the cache's release notes that it was closed."""
    shared().registry.stay_in_session(_workspace)
    return _workspace


def _end(tab: Waiting) -> None:
    tab.close(_grace_s())


def _leave(workspace: Workspace) -> None:
    shared().registry.leave_session(workspace, _grace_s())


def _grace_s() -> float:
    """Return the time for which Streamlit keeps a disconnected session, in seconds.

    Within it, a tab that reconnects finds its jobs and its workspace unchanged.
    """
    return float(st.get_option("server.disconnectedSessionTTL"))
