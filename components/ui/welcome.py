"""First lines of the page Clip, while no recording is there."""

import streamlit as st


def show() -> None:
    """Draw the title and what the page does."""
    st.title("What is in a sound?", anchor=False)
    st.markdown(
        "Drop a recording, and see what is in it and when: "
        "speech, music, a siren, a bird, and hundreds of other sounds."
    )
