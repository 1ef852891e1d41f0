"""What the pages share in their looks: marks, style, and the theme they follow."""

from functools import cache
from pathlib import Path

import streamlit as st

FOLDER = Path(__file__).parent
MARK, WORDMARK = str(FOLDER / "mark.svg"), str(FOLDER / "wordmark.svg")


@cache
def _source(file_name: str) -> str:
    return (FOLDER / file_name).read_text(encoding="utf-8")


def apply() -> None:
    """Put on what the theme's settings cannot say, and draw anew when the theme is switched."""
    st.html(FOLDER / "style.css")
    follow = st.components.v2.component("earmark_theme", js=_source("theme.js"))
    follow(key="theme", on_background_change=lambda: None)
