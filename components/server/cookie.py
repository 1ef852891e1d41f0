"""Visitor cookie of a request."""

from starlette.requests import HTTPConnection
from starlette.types import Scope

from components.protocol.cookie import COOKIE, is_token


def token_of(scope: Scope) -> str | None:
    """Return the visitor token of a request; None if it is missing or malformed."""
    found = HTTPConnection(scope).cookies.get(COOKIE)  # skips malformed cookies of other sites
    return found if found is not None and is_token(found) else None
