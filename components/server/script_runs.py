"""Turns for all that Streamlit runs: callbacks of widgets, fragments and the whole script.

Streamlit calls callbacks before the script, and for a fragment only the fragment's function, so
that the script cannot wait for its turn in either. Streamlit 1.65 to 1.67 has no public hook around
a run. Its function `exec_func_with_error_handling` runs all three; `take_turns` wraps it, and
raises an error if it is missing or has changed.
"""

import inspect
from collections.abc import Callable
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import script_runner

from components.protocol.networks import network_of
from components.server.late_imports import LATE_IMPORTS

_NAME = "exec_func_with_error_handling"


def take_turns() -> None:
    """Let every run of this process wait for its turn; a second call has no effect.

    Raises
    ------
    RuntimeError
        If the installed Streamlit runs scripts in another way.
    """
    run: Callable[..., Any] | None = getattr(script_runner, _NAME, None)
    if isinstance(run, _InTurn):
        return
    if run is None or list(inspect.signature(run).parameters) != ["func", "ctx"]:
        raise RuntimeError(
            "The installed Streamlit runs scripts otherwise than 1.65 to 1.67. Install a version "
            "within the bounds of requirements.txt."
        )
    setattr(script_runner, _NAME, _InTurn(run))


class _InTurn:
    """Streamlit's function, within a turn."""

    def __init__(self, run: Callable[..., Any]) -> None:
        self._run = run

    def __call__(self, func: Callable[[], None], ctx: object) -> object:
        with LATE_IMPORTS:
            from components.workspace.script_turns import TURNS

        with TURNS.turn(network_of(st.context.ip_address or "")):
            return self._run(func, ctx)
