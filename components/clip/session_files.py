"""Saving and opening of sessions, and what an opened session still misses."""

from functools import partial
from typing import BinaryIO

import streamlit as st

from components.style import text
from components.ui import address, downloads, settings, widgets
from components.ui.downloads import Download
from components.workspace import sessions
from components.workspace.current import current, waiting
from components.workspace.exports import Progress
from components.workspace.limits import MB
from components.workspace.recordings import AwaitedRecording
from components.workspace.workspace import Workspace

PLACE = "session"
"""Place of the progress of saving."""

OPEN_KEY = "open-session"

MAX_NAMED = 20
"""Number of missing recordings that are listed."""


def show() -> None:
    """Draw the menus to save and to open a session, and what the opened one misses."""
    _take_settings()
    workspace = current()
    with st.container(key="sessions", horizontal=True):
        if len(workspace.recordings) or workspace.recordings.awaited:
            _offer_saving(workspace)
        _offer_opening()
    downloads.show_progress(PLACE)
    words = workspace.messages.success(sessions.OPENED)
    if words is not None:
        st.success(words, icon=":material/folder_open:")
    _tell_missing(workspace.recordings.awaited)


def _take_settings() -> None:
    """Take over the settings of a session that this tab has opened."""
    found = sessions.take_settings(current(), waiting())
    if found is not None:
        address.restore(found, "session")
        st.rerun()


def _offer_saving(workspace: Workspace) -> None:
    recordings = workspace.recordings
    n_bytes = sum(len(one.data) for one in recordings.all)
    with st.popover("Save session", icon=":material/save:"):
        st.caption(
            "One file with the recordings, their true events and reviews, the settings and the "
            "thresholds of single classes. Models and the page Teach are not part of it."
        )
        with_sounds = settings.toggle(
            f"Include the sounds ({text.size(n_bytes)})",
            default=True,
            name="session-sounds",
            help="Without them the file has their digests: wherever the session is opened, the "
            "recordings have to be brought, and are recognised by their contents.",
        )
        largest_mb = int(st.get_option("server.maxUploadSize"))
        if with_sounds and n_bytes > largest_mb * MB:
            st.caption(
                f":material/warning: A page opens files of up to {largest_mb:,} MB. Save this "
                "session without the sounds."
            )
        chosen = address.drawn()

        def write(file: BinaryIO, progress: Progress) -> None:
            sessions.save(workspace, chosen(), file, progress, with_sounds=with_sounds)

        downloads.button(
            Download("Save", sessions.file_name(workspace), "application/zip", write),
            place=PLACE,
            key="save-session",
            primary=True,
        )
        st.caption(
            "A link to this page has the settings alone: those who open it miss the sounds, the "
            "true events and the thresholds of single classes."
        )


def _offer_opening() -> None:
    with st.popover("Open session", icon=":material/folder_open:"):
        # Without a list of types: Streamlit 1.67 refuses files whose extension has a hyphen.
        widgets.uploader(
            "A session file: its recordings are added to those here, its settings and thresholds "
            "replace those here",
            key=OPEN_KEY,
            take=_open,
        )


def _open() -> None:
    workspace, tab = current(), waiting()  # before it is emptied: see `widgets.uploader`
    for file in widgets.take_files(OPEN_KEY):
        sessions.open_file(workspace, tab, file.name, file.getvalue())


def _tell_missing(awaited: tuple[AwaitedRecording, ...]) -> None:
    if not awaited:
        return
    what = "1 recording" if len(awaited) == 1 else f"{len(awaited):,} recordings"
    verb, them = ("is", "it") if len(awaited) == 1 else ("are", "them")
    lines = [
        f"- {text.escape_markdown(text.shorten(one.name))}, {text.size(one.size_bytes)}"
        for one in awaited[:MAX_NAMED]
    ]
    if len(awaited) > MAX_NAMED:
        lines.append(f"- and {len(awaited) - MAX_NAMED:,} more")
    st.warning(
        f"**{what} of the session {verb} not here.** Add {them} above, under any name: recordings "
        "are recognised by their contents. What the session knows of them is kept until then.\n"
        + "\n".join(lines),
        icon=":material/music_off:",
    )
    st.button(
        f"Go on without {them}",
        icon=":material/close:",
        key="stop-waiting",
        on_click=partial(sessions.stop_waiting, current()),
    )
