"""Menu of the pages, for windows in which Streamlit moves its navigation into the sidebar."""

from collections.abc import Sequence

import streamlit as st
from streamlit.navigation.page import StreamlitPage


def show(pages: Sequence[StreamlitPage], current: StreamlitPage) -> None:
    """Draw the menu; the style sheet shows it in narrow windows only.

    Parameters
    ----------
    pages : sequence of StreamlitPage
        The pages, in the order of the menu.
    current : StreamlitPage
        The page that is shown.
    """
    # With a key of each page, the menu of the page before does not stay open.
    key = f"page-menu-of-{current.url_path}"
    with st.container(key="page-menu"), st.popover("Pages", icon=":material/menu:", key=key):
        for page in pages:
            st.page_link(page, width="stretch")
