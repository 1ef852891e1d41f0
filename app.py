"""Earmark: page configuration and navigation."""

from pathlib import Path

import streamlit as st

from components.pages import clip, live

LOOKS = Path(__file__).parent / "components" / "looks"

st.set_page_config(page_title="Earmark", page_icon=str(LOOKS / "mark.svg"), layout="wide")
st.logo(str(LOOKS / "wordmark.svg"), size="large", icon_image=str(LOOKS / "mark.svg"))
st.html(LOOKS / "style.css")

inspector = st.Page(clip.page, title="Clip", icon=":material/graphic_eq:", default=True)
listening = st.Page(
    lambda: live.page(inspector), title="Live", icon=":material/mic:", url_path="live"
)
st.navigation([inspector, listening], position="top").run()
