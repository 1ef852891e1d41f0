"""Filter for cookies with escapes, which take quadratic time to parse.

`http.cookies` of Python before 3.11.10 and 3.12.6 takes seconds for one quoted value of 60 kB of
backslashes (CVE-2024-7592). Starlette uses it for each request, on the event loop, so a single
request with such a cookie stopped the server for all visitors. No cookie of the application has a
backslash, and cookies of other sites on the same host are none of its business.
"""

from starlette.types import ASGIApp, Receive, Scope, Send


class PlainCookies:
    """Middleware that drops cookies with backslashes.

    Parameters
    ----------
    app : ASGIApp
        The wrapped application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request or connection."""
        if any(name == b"cookie" and b"\\" in value for name, value in scope.get("headers", ())):
            headers = [
                (name, _plain(value) if name == b"cookie" else value)
                for name, value in scope["headers"]
            ]
            scope = {**scope, "headers": headers}
        await self._app(scope, receive, send)


def _plain(header: bytes) -> bytes:
    """Return a cookie header without the cookies that have escapes."""
    return b";".join(cookie for cookie in header.split(b";") if b"\\" not in cookie)
