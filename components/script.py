"""Streamlit entry script: page configuration, navigation, and the current page.

There is no folder ``pages`` beside it, because Streamlit would serve its modules as pages.
"""

import sys
from contextlib import suppress
from pathlib import Path

# If this file is run directly, Streamlit has put its folder on the path instead of the project's,
# and its modules would shadow the standard library's. Scripts of several visitors run
# concurrently, so another one may already have replaced the entry.
_HERE = str(Path(__file__).parent)
with suppress(ValueError):
    sys.path[sys.path.index(_HERE)] = str(Path(_HERE).parent)

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from components.server.late_imports import LATE_IMPORTS

with LATE_IMPORTS:
    from components.live import capture, playing
    from components.protocol.networks import network_of
    from components.screens import clip, compare, live, models, teach
    from components.style import theme
    from components.ui import address, footer, media_types, notices, page_menu
    from components.workspace import operator
    from components.workspace.current import current
    from components.workspace.script_turns import TURNS
    from components.workspace.shared import shared
    from models.errors import EarmarkError


def archive_page() -> StreamlitPage:
    """Return the page Archive, which only some servers have."""
    with LATE_IMPORTS:
        from components.screens import archive

    return st.Page(
        archive.page, title="Archive", icon=":material/travel_explore:", url_path="archive"
    )


def _show() -> None:
    """Draw the page that is asked for."""
    st.set_page_config(page_icon=theme.MARK, layout="wide")
    st.logo(theme.WORDMARK, size="large", icon_image=theme.MARK)
    theme.apply()

    inspector = st.Page(clip.page, title="Clip", icon=":material/graphic_eq:", default=True)
    listening = st.Page(
        lambda: live.page(inspector), title="Live", icon=":material/mic:", url_path="live"
    )
    teaching = st.Page(
        lambda: teach.page(listening, inspector),
        title="Teach",
        icon=":material/school:",
        url_path="teach",
    )
    collection = st.Page(
        lambda: models.page(inspector), title="Models", icon=":material/hearing:", url_path="models"
    )
    comparison = st.Page(
        lambda: compare.page(inspector),
        title="Compare",
        icon=":material/compare_arrows:",
        url_path="compare",
    )
    pages = [inspector, listening, teaching, comparison, collection]
    if operator.has_archives():
        pages.insert(4, archive_page())
    page = st.navigation(pages, position="top")
    st.set_page_config(page_title=f"{page.title} · Earmark")
    page_menu.show(pages, page)
    try:
        shared()
    except EarmarkError as error:
        notices.show_error(error)
    else:
        capture.show(page.url_path)
        playing.show()
        media_types.ask()
        body, foot = st.container(), st.container(key="footer")
        with foot:  # drawn first: the page may wait for long work
            footer.show()
        with body:
            address.begin(page.url_path)
            page.run()
        current().messages.forget_shown()


with TURNS.turn(network_of(st.context.ip_address or "")):  # None for this machine
    _show()
