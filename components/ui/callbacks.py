"""Callbacks whose arguments Streamlit does not hold (`components.workspace.callbacks`)."""

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from components.workspace.callbacks import Callbacks
from components.workspace.current import current, waiting


def light(key: str, function: Callable[..., None], *args: Any) -> Callable[[], None]:  # noqa: ANN401
    """Return a callback that calls a function with arguments that the workspace holds.

    Use it wherever an argument refers to a recording or a result.

    Parameters
    ----------
    key : str
        Key of the widget, or another name that is unique on the page.
    function : callable
        The callback.
    *args
        Its arguments.
    """
    callbacks, tab = current().callbacks, waiting()
    callbacks.keep(tab, key, partial(function, *args))
    return partial(_call, callbacks, tab, key)


def _call(callbacks: Callbacks, tab: object, key: str) -> None:
    callback = callbacks.find(tab, key)
    if callback is None:
        st.toast("Another tab has changed what this page shows. It is drawn again: press again.")
    else:
        callback()
