"""Page message for unexpected exceptions of the script, a callback or a fragment."""

import streamlit as st

WORDS = "Something went wrong in Earmark itself. Reload the page; the server's log has the reason."


def on_script_error(_error: Exception) -> bool:
    """Show that an unexpected error occurred; Streamlit has logged its traceback.

    Returns
    -------
    bool
        Always True, which suppresses Streamlit's own error box with the stack trace.
    """
    st.error(WORDS, icon=":material/bug_report:")
    return True
