"""The workspace of the visitor for whom the script runs. The only module here on Streamlit."""

import streamlit as st

from components.protocol import serving
from components.protocol.cookie import COOKIE, is_token
from components.protocol.networks import network_of
from components.workspace.shared import shared
from components.workspace.waiting import Waiting
from components.workspace.workspace import Workspace

IN_SESSION = "workspace"
"""Key under which the session holds the workspace where there is no cookie."""


def current() -> Workspace:
    """Return the workspace of this visitor.

    It is found by the cookie. Where that is refused, or the application does not serve the
    script, the Streamlit session holds the workspace.
    """
    cookie = visitor_cookie()
    if cookie is not None:
        return shared().registry.open(cookie)
    if IN_SESSION not in st.session_state:
        st.session_state[IN_SESSION] = shared().registry.open_in_session()
    workspace: Workspace = st.session_state[IN_SESSION]
    return _in_open_tab(workspace.key, workspace)


def visitor_cookie() -> str | None:
    """Return the visitor's cookie; None where there is none that the application made."""
    if not serving.is_serving():
        return None
    token = st.context.cookies.get(COOKIE)
    return token if token is not None and is_token(token) else None


def forget_everything() -> None:
    """Empty the visitor's workspace at once."""
    workspace, tab = current(), waiting()
    shared().registry.forget(workspace)
    tab.leave_all()
    for key in list(st.session_state):
        del st.session_state[key]


@st.cache_resource(scope="session", show_spinner=False, on_release=lambda one: _end(one))
def waiting() -> Waiting:
    """Return what this tab waits for. It ends the moment the tab is closed."""
    address = st.context.ip_address  # None for this machine's own
    return Waiting(None if address is None else network_of(address))


@st.cache_resource(scope="session", show_spinner=False, on_release=lambda one: _leave(one))
def _in_open_tab(key: str, _workspace: Workspace) -> Workspace:  # noqa: ARG001  # told apart by it
    """Have the registry know when the tab is closed."""
    shared().registry.stay_in_session(_workspace)
    return _workspace


def _end(tab: Waiting) -> None:
    tab.close(_grace_s())


def _leave(workspace: Workspace) -> None:
    shared().registry.leave_session(workspace, _grace_s())


def _grace_s() -> float:
    """Return for how long Streamlit keeps a session to come back to, in seconds.

    Nothing is done twice for a connection that was lost, and nothing forgotten.
    """
    return float(st.get_option("server.disconnectedSessionTTL"))
