"""Visitor cookie: its name and format."""

import re
import secrets

COOKIE = "earmark_visitor"

_TOKEN_BYTES = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")  # 32 bytes in base64url


def new_token() -> str:
    """Create a random visitor token."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def is_token(value: str) -> bool:
    """Whether a value has the format of a visitor token."""
    return _TOKEN.fullmatch(value) is not None
