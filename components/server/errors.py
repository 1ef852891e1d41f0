"""What the page says when the script fails unexpectedly: one sentence; the log has the rest."""

import logging

import streamlit as st

WORDS = "Something went wrong in Earmark itself. Reload the page; the server's log has the reason."

_log = logging.getLogger(__name__)


def on_script_error(error: Exception) -> bool:
    """Log a bug with its traceback, and say on the page that there was one.

    Returns
    -------
    bool
        True: Streamlit's own error box, with a stack trace, is not shown.
    """
    _log.error("the script failed", exc_info=error)
    st.error(WORDS, icon=":material/bug_report:")
    return True
