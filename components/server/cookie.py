"""The visitor's cookie, read from a request."""

from starlette.requests import HTTPConnection
from starlette.types import Scope

from components.protocol.cookie import COOKIE, is_token


def token_of(scope: Scope) -> str | None:
    """Return the token that a request brings; None where it brings none, or another thing."""
    found = HTTPConnection(scope).cookies.get(COOKIE)  # passes over other sites' odd cookies
    return found if found is not None and is_token(found) else None
