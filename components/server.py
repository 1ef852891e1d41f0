"""Streamlit's server under the app, where it has no public way to ask for it."""

from streamlit.runtime import exists, get_instance
from streamlit.runtime.websocket_session_manager import WebsocketSessionManager


def session_manager() -> WebsocketSessionManager | None:
    """Give what keeps the visitors' sessions; None where no server runs, as in an AppTest."""
    manager = getattr(get_instance(), "_session_mgr", None) if exists() else None
    return manager if isinstance(manager, WebsocketSessionManager) else None
