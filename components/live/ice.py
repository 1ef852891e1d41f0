"""Which servers help a browser and this server to find each other: STUN and TURN.

Conventions
-----------
An operator names each server as the browser's ``RTCConfiguration`` takes it, and may say two things
more: ``secret``, from which credentials that expire are made, and ``only = "browser"`` for a server
that this side can do without. Neither leaves this module.
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
"""Environment variable with a JSON list of ICE servers, for where there is no secrets file."""

VALID_S = 12 * 3600
"""How long credentials hold at least: whoever opens the page in the morning can start at night."""

_SECRETS_FILE = ".streamlit/secrets.toml"
_OWN_KEYS = ("secret", "only")


def for_browser(now_s: float | None = None) -> list[dict[str, Any]]:
    """List the servers that a browser asks.

    Parameters
    ----------
    now_s : float, optional
        Seconds since the epoch. Default: the clock.

    Returns
    -------
    list of dict
        As ``RTCConfiguration`` takes them; empty where nothing is configured, which is enough on
        localhost and in a local network. The same list for hours: a new one would have the page's
        component drawn anew.

    Raises
    ------
    SettingError
        If what is configured is no list of servers.
    """
    return _ready(_configured(), now_s)


def for_server(now_s: float | None = None) -> list[dict[str, Any]]:
    """List the servers that this side asks: those that are not for the browser only.

    Parameters, returned value and errors are those of `for_browser`.
    """
    return _ready([server for server in _configured() if "only" not in server], now_s)


def expiring_credentials(secret: str, now_s: float) -> dict[str, str]:
    """Make credentials that a TURN server grants until they expire, and can check by itself.

    They are those of "A REST API For Access To TURN Services" (draft-uberti-behave-turn-rest-00),
    which coturn calls ``use-auth-secret``: the user name begins with the time of expiry, the
    password is the name's HMAC-SHA-1.

    Parameters
    ----------
    secret : str
        What this side and the TURN server share.
    now_s : float
        Seconds since the epoch. The credentials change every `VALID_S` seconds and hold for one
        to two times as long.

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
    """Read the servers from the secrets' table ``webrtc``, else from the environment."""
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
