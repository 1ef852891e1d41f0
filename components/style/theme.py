"""What the pages share in their looks: marks, style, and the theme they follow."""

from pathlib import Path

import streamlit as st

from components.frontend import bundle

FOLDER = Path(__file__).parent
MARK, WORDMARK = str(FOLDER / "mark.svg"), str(FOLDER / "wordmark.svg")


def apply() -> None:
    """Put on what the theme's settings cannot say, and draw anew when the theme is switched."""
    st.html(FOLDER / "style.css")
    bundle.component("theme", FOLDER)(key="theme", on_background_change=lambda: None)
