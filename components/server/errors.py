"""What the page says when the script, a callback or a fragment fails unexpectedly: one sentence."""

import streamlit as st

WORDS = "Something went wrong in Earmark itself. Reload the page; the server's log has the reason."


def on_script_error(_error: Exception) -> bool:
    """Say on the page that there was a bug. Streamlit has logged it with its traceback.

    Returns
    -------
    bool
        True: Streamlit's own error box, with a stack trace, is not shown.
    """
    st.error(WORDS, icon=":material/bug_report:")
    return True
