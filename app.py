"""Earmark: the ASGI application. `streamlit run app.py` serves it, and so does `python app.py`."""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from components.server.errors import on_script_error
from components.server.finding import find_registry
from components.server.lifespan import lifespan
from components.server.routes import ROUTES
from components.server.visitors import VisitorCookie

app = st.App(
    Path(__file__).parent / "components" / "script.py",
    routes=ROUTES,
    middleware=[Middleware(VisitorCookie, registry=find_registry)],
    lifespan=lifespan,
    on_script_error=on_script_error,
)

if __name__ == "__main__":
    app.run()
