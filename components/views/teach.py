"""The page "Teach": classes of one's own, from a handful of examples to a model that listens."""

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from components.server import preparing
from components.teaching import collecting, handing_over, leaving, opening, results, taking_in


def page(live: StreamlitPage, inspector: StreamlitPage) -> None:
    """Draw the classes with their examples, and beside them what is learnt from these.

    Parameters
    ----------
    live, inspector : StreamlitPage
        Where what was taught is used.
    """
    preparing.prepare_teaching()
    leaving.ask_first()
    st.title("Teach your own sounds", anchor=False)
    st.markdown(
        "Give a few examples of each sound, press **Train**, and it listens for them: here, live, "
        "and in a file for a phone."
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        opening.show()
        collecting.undo_button()
    under_way = taking_in.places(opening.ABOUT, handing_over.SELECTION, handing_over.HEARD)
    examples, learnt = st.columns([3, 2], gap="large")
    with examples:
        under_way += collecting.show()
    with learnt, st.container(key="learnt"):
        results.show(live, inspector)
    taking_in.wait(under_way)
