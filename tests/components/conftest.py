"""What the process shares is forgotten between tests."""

from collections.abc import Iterator

import pytest
import streamlit as st

from components.workspace import shared


@pytest.fixture(autouse=True)
def anew() -> Iterator[None]:
    """Begin as a process does. A module may define it with a wider scope, to share results."""
    forget_shared()
    yield
    forget_shared()


def forget_shared() -> None:
    """Forget limits, caches and workspaces, and what tabs wait for."""
    shared.reset()
    st.cache_resource.clear()
