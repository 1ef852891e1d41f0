"""Configuration of ICE servers (STUN and TURN) for WebRTC.

Conventions
-----------
The operator configures each server in the form of the browser's ``RTCConfiguration``, with two
optional additional keys: ``secret``, from which expiring credentials are derived, and
``only = "browser"`` for a server that this side does not need. Neither key leaves this module.
"""

import base64
import hmac
import json
import os
import time
from collections.abc import Sequence
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from models.errors import SettingError

SERVERS_VARIABLE = "EARMARK_ICE_SERVERS"
"""Environment variable with a JSON list of ICE servers, an alternative to the secrets file."""

VALID_S = 12 * 3600
"""Minimum validity of credentials, in seconds: a page opened in the morning still works at
night."""

_SECRETS_FILE = ".streamlit/secrets.toml"
_OWN_KEYS = ("secret", "only")


def for_browser(now_s: float | None = None) -> list[dict[str, Any]]:
    """List the ICE servers for the browser.

    Parameters
    ----------
    now_s : float, optional
        Seconds since the epoch. Default: the current time.

    Returns
    -------
    list of dict
        In the form of ``RTCConfiguration``; empty if nothing is configured, which suffices on
        localhost and in a local network. The list stays equal for `VALID_S`, because a changed one
        makes the browser recreate the component.

    Raises
    ------
    SettingError
        If the configuration is not a valid list of servers.
    """
    return _ready(_configured(), now_s)


def for_server(now_s: float | None = None) -> list[dict[str, Any]]:
    """List the ICE servers for this side: those that are not for the browser only.

    Parameters, return value and errors as for `for_browser`.
    """
    return _ready([server for server in _configured() if "only" not in server], now_s)


def expiring_credentials(secret: str, now_s: float) -> dict[str, str]:
    """Create expiring credentials that a TURN server can verify without further requests.

    They follow "A REST API For Access To TURN Services" (draft-uberti-behave-turn-rest-00),
    ``use-auth-secret`` in coturn: the user name begins with the time of expiry, and the password is
    the HMAC-SHA-1 of the user name.

    Parameters
    ----------
    secret : str
        Shared secret of this side and the TURN server.
    now_s : float
        Seconds since the epoch. The credentials change every `VALID_S` seconds and are valid for
        one to two times as long.

    Returns
    -------
    dict
        ``username`` and ``credential``.
    """
    expires_s = (int(now_s) // VALID_S + 2) * VALID_S
    username = f"{expires_s}:earmark"
    digest = hmac.digest(secret.encode(), username.encode(), "sha1")
    return {"username": username, "credential": base64.b64encode(digest).decode()}


def _ready(servers: Sequence[dict[str, Any]], now_s: float | None) -> list[dict[str, Any]]:
    now_s = time.time() if now_s is None else now_s
    ready = []
    for server in servers:
        known = {key: value for key, value in server.items() if key not in _OWN_KEYS}
        if "secret" in server:
            known |= expiring_credentials(str(server["secret"]), now_s)
        ready.append(known)
    return ready


def _configured() -> list[dict[str, Any]]:
    """Read the servers from the secrets table ``webrtc``, or else from the environment."""
    try:
        configured = st.secrets.get("webrtc", {}).get("ice_servers")
    except StreamlitSecretNotFoundError:
        configured = None
    where = _SECRETS_FILE
    if configured is None:
        configured, where = _from_environment(), SERVERS_VARIABLE
    servers = [dict(server) for server in configured]
    for server in servers:
        _check(server, where)
    return servers


def _check(server: dict[str, Any], where: str) -> None:
    remedy = "See .streamlit/secrets.toml.example."
    if "urls" not in server:
        raise SettingError(
            f"An ICE server in {where} has no urls.",
            allowed="Each one has urls, and, for TURN, username and credential, or a secret.",
            remedy=remedy,
        )
    if server.get("only", "browser") != "browser":
        raise SettingError(
            f"An ICE server in {where} is only for {server['only']!r}.",
            allowed='only is "browser", or is not there.',
            remedy=remedy,
        )


def _from_environment() -> list[dict[str, Any]]:
    text = os.environ.get(SERVERS_VARIABLE, "[]")
    try:
        servers = json.loads(text)
    except json.JSONDecodeError as error:
        servers = error
    if not (isinstance(servers, list) and all(isinstance(server, dict) for server in servers)):
        raise SettingError(
            f"{SERVERS_VARIABLE} is no JSON list of servers.",
            allowed='Such as [{"urls": "stun:stun.example.org:3478"}].',
            remedy=f"Correct it, or unset it and use {_SECRETS_FILE}.",
        )
    return servers
