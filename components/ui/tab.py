"""Values of one tab that outlive a run of the script: they end with its Streamlit session."""

from typing import Any

import streamlit as st


def keep(name: str, value: object) -> None:
    """Keep a value under a name, which begins with an underscore."""
    st.session_state[name] = value


def kept(name: str, default: object = None) -> Any:  # noqa: ANN401  # whatever was kept
    """Return the value under a name, or the default."""
    return st.session_state.get(name, default)


def take(name: str, default: object = None) -> Any:  # noqa: ANN401
    """Return the value under a name, or the default, and forget it."""
    return st.session_state.pop(name, default)
