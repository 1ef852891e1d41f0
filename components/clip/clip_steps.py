"""Opening of a clip at a moment, and steps to the next and the previous one."""

from collections.abc import Sequence

import streamlit as st

from components.ui import tab
from components.workspace.current import current

Stretch = tuple[float, float]
"""Onset and offset, in seconds."""

_OPENING = "_opening"
"""Key of the wish with which this tab opened a clip: the clip's key and the wish's number."""


def open_clip(key: str, stretch: Stretch | None = None) -> None:
    """Select a clip, and let the player play a stretch of it, if one is given."""
    workspace = current()
    workspace.recordings.choose(key)
    if stretch is not None:
        workspace.view.make_wish(*stretch)
        assert workspace.view.wish is not None  # noqa: S101
        tab.keep(_OPENING, (key, workspace.view.wish.number))


def wish_of(key: str) -> dict[str, object] | None:
    """Return the wish that a clip's player gets; with ``opening`` where it opened the clip.

    A player that was not there when a wish was made grants only one that opened its clip in this
    tab, and each of these once: after a reload there is none.
    """
    workspace = current()
    wish = workspace.view.wish
    if wish is None:
        return None
    opened = tab.kept(_OPENING) == (key, wish.number)
    return vars(wish) | {"opening": f"{workspace.key[:8]}-{wish.number}" if opened else None}


def steps(keys: Sequence[str], stretches: Sequence[Stretch | None], at: int) -> None:
    """Draw the buttons of the previous and the next clip, which also have keys.

    Parameters
    ----------
    keys : sequence of str
        Keys of the clips, in the order of the list.
    stretches : sequence of (float, float) or None
        Stretch that the player plays of each, in seconds.
    at : int
        Place of the selected clip.
    """

    def step(label: str, shortcut: str, icon: str, place: int) -> None:
        there = 0 <= place < len(keys)
        st.button(
            label,
            key=f"step-{shortcut}",
            icon=icon,
            shortcut=shortcut,
            disabled=not there,
            on_click=open_clip,
            args=(keys[place], stretches[place]) if there else (),
        )

    with st.container(horizontal=True, vertical_alignment="center", key="steps"):
        step("Previous clip", "P", ":material/skip_previous:", at - 1)
        step("Next clip", "N", ":material/skip_next:", at + 1)
        st.caption(f"{at + 1:,} of {len(keys):,}", width="content")
