"""Earmark: page configuration and navigation."""

import streamlit as st

from components.pages import clip

st.set_page_config(page_title="Earmark", page_icon="components/earmark.svg", layout="wide")
st.html("components/style.css")
st.logo("components/wordmark.svg", size="large", icon_image="components/earmark.svg")
st.navigation([st.Page(clip.page, title="Clip", icon=":material/graphic_eq:", default=True)]).run()
