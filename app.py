"""Earmark's ASGI application, served by `streamlit run app.py` or `python app.py`."""

from functools import partial
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from components.server.admission import Admission
from components.server.back_messages import BackMessages
from components.server.deadlines import BodyDeadlines
from components.server.errors import on_script_error
from components.server.headers import SecurityHeaders
from components.server.hosts import HostCheck
from components.server.late_imports import LATE_IMPORTS
from components.server.lifespan import lifespan
from components.server.origins import OriginCheck
from components.server.plain_cookies import PlainCookies
from components.server.request_bounds import RequestBounds
from components.server.routes import ROUTES
from components.server.upload_bounds import UploadBounds
from components.server.visitors import VisitorCookie
from components.server.websocket_memory import ReceivedBounds

MIDDLEWARE = [  # the first one is the outermost
    Middleware(ReceivedBounds),
    Middleware(PlainCookies),
    Middleware(SecurityHeaders),
    Middleware(RequestBounds),
    Middleware(HostCheck),
    Middleware(OriginCheck),
    Middleware(Admission),
    Middleware(BodyDeadlines),
    Middleware(UploadBounds),
    Middleware(VisitorCookie),
    Middleware(BackMessages),
]


def _load_pages() -> None:
    with LATE_IMPORTS:
        from components.screens import clip  # noqa: F401


app = st.App(
    Path(__file__).parent / "components" / "script.py",
    routes=ROUTES,
    middleware=MIDDLEWARE,
    lifespan=partial(lifespan, load_pages=_load_pages),
    on_script_error=on_script_error,
)

if __name__ == "__main__":
    app.run()
