"""What whoever runs this server allows: the secrets' table ``earmark``, or the environment."""

import ipaddress
import os
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from models.errors import SettingError

UPLOAD_VARIABLE = "EARMARK_ALLOW_MODEL_UPLOAD"
"""Environment variable for where there is no secrets file."""

_WORDS = {"true": True, "1": True, "yes": True, "on": True} | {
    "false": False,
    "0": False,
    "no": False,
    "off": False,
}


def allows_model_upload() -> bool:
    """Whether visitors may bring models, which are native code's input.

    Where nothing is said they may only if nobody but this machine reaches the server.

    Raises
    ------
    SettingError
        If what is configured is neither yes nor no.
    """
    where, configured = ".streamlit/secrets.toml", _secret("allow_model_upload")
    if configured is None:
        where, configured = UPLOAD_VARIABLE, os.environ.get(UPLOAD_VARIABLE)
    if configured is None:
        return is_local()
    allowed = configured if isinstance(configured, bool) else _WORDS.get(str(configured).lower())
    if allowed is None:
        raise SettingError(
            f"allow_model_upload in {where} is {configured!r}.",
            allowed="It is true or false.",
            remedy="Correct it, or take it out: then models are accepted on localhost alone.",
        )
    return allowed


def _secret(name: str) -> Any:  # noqa: ANN401  # whatever TOML holds
    try:
        return st.secrets.get("earmark", {}).get(name)
    except StreamlitSecretNotFoundError:
        return None


def is_local() -> bool:
    """Whether the server is bound so that nobody but this machine reaches it."""
    address = st.get_option("server.address")
    if not address:
        return False  # all interfaces
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
