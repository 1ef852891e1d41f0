"""Values of one tab, stored in its Streamlit session."""

from typing import Any

import streamlit as st


def keep(name: str, value: object) -> None:
    """Store a value under a name, which begins with an underscore."""
    st.session_state[name] = value


def kept(name: str, default: object = None) -> Any:  # noqa: ANN401  # any stored value
    """Return the value under a name, or the default."""
    return st.session_state.get(name, default)


def take(name: str, default: object = None) -> Any:  # noqa: ANN401
    """Return and remove the value under a name, or return the default."""
    return st.session_state.pop(name, default)
