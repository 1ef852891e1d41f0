"""Operator's configuration: limits and archives, from the secrets or the environment.

Conventions
-----------
Each limit is a field of `Limits`, with its unit in its name. A value in the secrets table
``earmark`` has precedence over the environment variable, and that over the field's default.
docs/deployment.md lists them.
"""

import os
from collections.abc import Mapping
from dataclasses import Field, fields
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from components.protocol import serving
from components.workspace.limits import Limits
from models.errors import SettingError

PREFIX = "EARMARK_"
"""Prefix of the environment variables, an alternative to the secrets file."""

UPLOAD_VARIABLE = f"{PREFIX}ALLOW_MODEL_UPLOAD"
"""Environment variable that allows uploads of models, as named in messages."""

ARCHIVES_VARIABLE = f"{PREFIX}ARCHIVES"
"""Environment variable that names the archives."""

_ARCHIVES = "archives"

_SECRETS = ".streamlit/secrets.toml"

_WORDS = {"true": True, "1": True, "yes": True, "on": True} | {
    "false": False,
    "0": False,
    "no": False,
    "off": False,
}


def read_limits() -> Limits:
    """Read the configured limits.

    Raises
    ------
    SettingError
        If a value is invalid for its limit, or a configured name is not that of a limit.
    """
    secrets = _secrets()
    _check_names(secrets)
    configured: dict[str, Any] = {one.name: _read(one, secrets) for one in fields(Limits)}
    if configured["allow_model_upload"] is None:
        configured["allow_model_upload"] = serving.is_local()
    return Limits(**{name: value for name, value in configured.items() if value is not None})


def has_archives() -> bool:
    """Whether archives are configured, rightly or not: then there is the page "Archive"."""
    try:
        secrets = _secrets()
    except SettingError:
        return False  # `read_limits` tells it
    return _ARCHIVES in secrets or bool(os.environ.get(ARCHIVES_VARIABLE, "").strip())


def read_archives() -> dict[str, str]:
    """Read the archives that the page "Archive" shows.

    They are a table ``earmark.archives`` of the secrets, or the environment variable, such as
    ``Forest=/data/forest; Tapes=s3://bucket/tapes``.

    Returns
    -------
    dict of str to str
        Addresses, for `models.open_archive`, by name; empty if none are configured.

    Raises
    ------
    SettingError
        If an entry is not a name and an address.
    """
    table = _secrets().get(_ARCHIVES)
    pairs: list[tuple[str, Any]]
    if table is not None:
        pairs = list(table.items()) if isinstance(table, Mapping) else [("", table)]
        where = f"{_ARCHIVES} in {_SECRETS}"
    else:
        entries = os.environ.get(ARCHIVES_VARIABLE, "").split(";")
        parts = [one.partition("=") for one in entries if one.strip()]
        pairs = [(name, address) for name, _, address in parts]
        where = ARCHIVES_VARIABLE
    for name, address in pairs:
        if not name.strip() or not isinstance(address, str) or not address.strip():
            raise SettingError(
                f"This server is set up wrongly: {where} has {name!r} with {address!r}.",
                allowed="Each archive is a name and a folder or an address, such as "
                "Forest=/data/forest; Tapes=s3://bucket/tapes.",
                remedy="Correct it, or take it out.",
            )
    return {name.strip(): address.strip() for name, address in pairs}


def variable(name: str) -> str:
    """Return the name of a limit's environment variable."""
    return PREFIX + name.upper()


def _secrets() -> Mapping[str, Any]:
    try:
        table = st.secrets.get("earmark", {})
    except StreamlitSecretNotFoundError:
        return {}
    if isinstance(table, Mapping):
        return table
    raise SettingError(
        f"This server is set up wrongly: earmark in {_SECRETS} is {table!r}.",
        allowed="It is a table, such as [earmark], with a line for each limit.",
        remedy="See .streamlit/secrets.toml.example.",
    )


def _check_names(secrets: Mapping[str, Any]) -> None:
    """Raise a `SettingError` for unknown names: a misspelt limit would have no effect."""
    known = [one.name for one in fields(Limits)]
    told = {name: f"{name} in {_SECRETS}" for name in secrets if name != _ARCHIVES}
    told |= {
        name.removeprefix(PREFIX).lower(): name
        for name in os.environ
        if name.startswith(tuple(map(variable, ("max_", "allow_", "workspace"))))
    }
    for name, where in told.items():
        if name not in known:
            raise SettingError(
                f"This server is set up wrongly: there is no limit {where}.",
                allowed=f"There are {', '.join(known)}.",
                remedy="Correct the name, or take it out.",
            )


def _read(one: "Field[Any]", secrets: Mapping[str, Any]) -> float | bool | None:
    """Read a limit; return None if it is not configured."""
    said, where = secrets.get(one.name), f"{one.name} in {_SECRETS}"
    if said is None:
        said, where = os.environ.get(variable(one.name)), variable(one.name)
    if said is None:
        return None
    is_switch = one.type is bool
    value = _yes_or_no(said) if is_switch else _number(said, one)
    if value is None:
        raise SettingError(
            f"This server is set up wrongly: {where} is {said!r}.",
            allowed="It is true or false." if is_switch else f"It is {_range(one)}.",
            remedy="Correct it, or take it out: then the default holds. Until then the page shows "
            "nothing else, so that no limit is missing unnoticed.",
        )
    return value


def _yes_or_no(said: object) -> bool | None:
    return said if isinstance(said, bool) else _WORDS.get(str(said).strip().lower())


def _number(said: object, one: "Field[Any]") -> float | None:
    """Parse a number of the limit's type within its range; None if it is invalid."""
    if isinstance(said, bool):
        return None
    whole = one.type is int
    try:
        value = float(str(said))
    except ValueError:
        return None
    if not one.metadata["least"] <= value <= one.metadata["most"]:
        return None  # also for NaN
    if not whole:
        return value
    return int(value) if value.is_integer() else None


def _range(one: "Field[Any]") -> str:
    kind = "a whole number" if one.type is int else "a number"
    return f"{kind} from {one.metadata['least']:,} to {one.metadata['most']:,}"
