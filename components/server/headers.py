"""Security headers on every response, including Streamlit's responses and errors."""

import base64
import hashlib
import re
from importlib.resources import files

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_INLINE_SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)

_POLICY = {
    "default-src": "'self'",
    # Streamlit runs the JavaScript of components from "blob:" URLs.
    "script-src": "'self' blob: {scripts}",
    "style-src": "'self' 'unsafe-inline'",  # Streamlit's inline styles
    "img-src": "'self' data: blob:",
    "media-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "worker-src": "'self' blob:",
    # 'self' includes WebSockets of the same host (CSP 3; browsers since 2022).
    "connect-src": "'self' data: blob:",
    "frame-src": "'self'",  # component of the microphone
    "frame-ancestors": "'self'",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
}


def inline_scripts(page: str) -> list[str]:
    """Return the inline scripts of an HTML page."""
    return _INLINE_SCRIPT.findall(page)


def digest(script: str) -> str:
    """Return the CSP source expression of a script, such as ``'sha256-…'``."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def content_security_policy() -> str:
    """Return the Content-Security-Policy for the page of the installed Streamlit.

    The page has inline scripts, which the policy allows by their digests.

    Raises
    ------
    RuntimeError
        If the page is not at the path used by Streamlit 1.65 to 1.67.
    """
    page = files("streamlit").joinpath("static", "index.html")
    if not page.is_file():
        raise RuntimeError(
            "The installed Streamlit has no static/index.html, so no Content-Security-Policy can "
            "be made for it. Install a version within the bounds of requirements.txt."
        )
    scripts = " ".join(map(digest, inline_scripts(page.read_text(encoding="utf-8"))))
    told = "; ".join(f"{name} {sources}" for name, sources in _POLICY.items())
    return told.format(scripts=scripts)


class SecurityHeaders:
    """Middleware that sets the security headers and answers unexpected exceptions with status 500.

    Starlette answers unexpected exceptions outside of all middleware, without these headers.

    Parameters
    ----------
    app : ASGIApp
        The wrapped application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._headers = {
            "Content-Security-Policy": content_security_policy(),
            "X-Frame-Options": "SAMEORIGIN",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Permissions-Policy": (
                "microphone=(self), camera=(), geolocation=(), display-capture=(), usb=()"
            ),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request or connection."""
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                started = True
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception:
            if scope["type"] == "http" and not started:
                await PlainTextResponse("Internal Server Error", 500)(scope, receive, sending)
            raise  # the server logs it
