"""Earmark: page configuration and navigation."""

from pathlib import Path

import streamlit as st

from components.pages import clip

LOOKS = Path(__file__).parent / "components" / "looks"

st.set_page_config(page_title="Earmark", page_icon=str(LOOKS / "mark.svg"), layout="wide")
st.logo(str(LOOKS / "wordmark.svg"), size="large", icon_image=str(LOOKS / "mark.svg"))
st.html(LOOKS / "style.css")
st.navigation([st.Page(clip.page, title="Clip", icon=":material/graphic_eq:", default=True)]).run()
