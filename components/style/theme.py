"""Theme of the pages: logo, style sheet, and reaction to a change of theme."""

from pathlib import Path

import streamlit as st

from components.frontend import bundle

FOLDER = Path(__file__).parent
MARK, WORDMARK = str(FOLDER / "mark.svg"), str(FOLDER / "wordmark.svg")


def apply() -> None:
    """Apply the style sheet beyond Streamlit's theme settings, and rerun when the theme changes."""
    # With an element beside it: Streamlit puts a style alone where toasts are, and the toast of a
    # fragment then takes its place.
    with st.container(key="style-sheet"):
        st.html(f"<style>{bundle.join_styles(FOLDER / 'style.css')}</style><i hidden></i>")
    bundle.component("theme", FOLDER)(key="theme", on_background_change=lambda: None)
