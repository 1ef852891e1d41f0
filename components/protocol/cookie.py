"""The visitor's cookie: its name, and what it may hold."""

import re
import secrets

COOKIE = "earmark_visitor"

_TOKEN_BYTES = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")  # 32 bytes in base64url


def new_token() -> str:
    """Make a visitor's token."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def is_token(value: str) -> bool:
    """Whether a value may be a visitor's token."""
    return _TOKEN.fullmatch(value) is not None
