"""Media types that the visitor's browser does not play."""

from pathlib import Path

import streamlit as st

from components.frontend import bundle
from components.ui import widgets
from components.workspace.current import current
from models.audio.playback import OPTIONAL_TYPES

_KEY = "media-types"


def ask() -> None:
    """Ask the browser, once per tab, which types of recordings it does not play.

    It answers, with a run of its own, only where the answer differs from what the workspace has:
    most browsers play all types. The answer is a state of the component, which stays where a run
    is interrupted.
    """
    view = current().view
    told = widgets.reply(_KEY, "unplayable")
    if isinstance(told, list):
        view.unplayable = frozenset(OPTIONAL_TYPES).intersection(map(str, told))
    component = bundle.component("media_types", Path(__file__).parent)
    with st.container(key="asks-media-types"):
        component(
            key=_KEY,
            data={"asked": list(OPTIONAL_TYPES), "known": sorted(view.unplayable)},
            on_unplayable_change=lambda: None,
        )
