"""Page "Teach": training of a classifier for custom classes on a few examples."""

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from components.server import background_imports
from components.teach import (
    add_example,
    class_list,
    example_intake,
    lesson_upload,
    results,
    unload_guard,
)
from models.teaching import training


def page(live: StreamlitPage, inspector: StreamlitPage) -> None:
    """Draw the classes with their examples, and the training with its results beside them.

    Parameters
    ----------
    live, inspector : StreamlitPage
        Pages on which the trained classifier is used.
    """
    background_imports.prepare(training.prepare)
    st.title("Teach your own sounds", anchor=False)
    unload_guard.ask_first()
    st.markdown(
        "Give a few examples of each sound, press **Train**, and it listens for them: here, live, "
        "and in a file for a phone."
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        lesson_upload.show()
        class_list.undo_button()
    under_way = example_intake.places(lesson_upload.ABOUT, add_example.SELECTION, add_example.HEARD)
    examples, learnt = st.columns([3, 2], gap="large")
    with examples:
        under_way += class_list.show()
    with learnt, st.container(key="learnt"):
        results.show(live, inspector)
    example_intake.wait(under_way)
