"""The visitor's cookie: its name, what it may hold, and how it is read."""

import re
import secrets

from starlette.requests import HTTPConnection
from starlette.types import Scope

COOKIE = "earmark_visitor"

_TOKEN_BYTES = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")  # 32 bytes in base64url


def new_token() -> str:
    """Make a visitor's token."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def is_token(value: str) -> bool:
    """Whether a value may be a visitor's token."""
    return _TOKEN.fullmatch(value) is not None


def token_of(scope: Scope) -> str | None:
    """Return the token that a request brings; None where it brings none, or another thing."""
    found = HTTPConnection(scope).cookies.get(COOKIE)  # passes over other sites' odd cookies
    return found if found is not None and is_token(found) else None
