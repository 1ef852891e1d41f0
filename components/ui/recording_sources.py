"""Sources of recordings: uploaded files, microphone, and demonstration clip."""

import re
from collections.abc import Sequence

import streamlit as st

from components.style import text
from components.ui import address, notices, recorder, welcome, widgets
from components.workspace import sessions
from components.workspace.current import current, waiting
from components.workspace.recordings import PLACE, Recording
from components.workspace.shared import shared
from components.workspace.workspace import Workspace
from models.audio import truncate
from models.errors import EarmarkError

UPLOADS_KEY, MICROPHONE_KEY = "uploads", "microphone"

_PLACE_KEY = "uploader"
"""Key of the container of the uploader, into which the recorder puts its recordings, too."""

DEMONSTRATION = ("demonstration",)
"""Value of the setting `address.CLIP` for the demonstration clip."""

LINK_DIGITS = 16
"""Hexadecimal digits of a recording's digest in an address: 64 bits tell any two apart."""

MISSED = (
    "The link is about a recording that is not here. A link has the settings, but neither the "
    "sound nor its true events and thresholds of single classes: these stay with those who sent "
    "it. Add the recording below, under any name, or ask them for the session (Save session), "
    "which has it all."
)
"""What the receiver of a link to an uploaded clip misses."""


def show_sources() -> list[Recording]:
    """Draw the sources, and return the workspace's recordings, the newest first."""
    take_link()
    recordings = current().recordings.all[::-1]
    greeting = st.empty()  # emptied before the first analysis
    if not recordings:
        with greeting.container(key="welcome"):
            welcome.show()
    with (
        st.container(key="sources"),
        st.expander("Add or remove sounds", expanded=not recordings, icon=":material/add:"),
    ):
        dropped, microphone = st.columns([3, 2], gap="large")
        with dropped, st.container(key=_PLACE_KEY):
            # No list of file types: it would refuse files that the decoder can read.
            widgets.uploader(
                "Drop audio or video files here, several at once, or a session",
                key=UPLOADS_KEY,
                take=_take_uploads,
                accept_multiple_files=True,
            )
        with microphone:
            st.markdown(":small[Record with the microphone]")
            recorder.show_press(key=MICROPHONE_KEY, uploader=_PLACE_KEY)
            _demonstration_button(recordings)
        _remove_buttons(recordings)
    for name, error in current().messages.show_failures(PLACE):
        notices.show_error(error, about=name)
    return list(recordings)


def take_link() -> None:
    """Take the clip that the address names, once per visit, and name the selected one from then on.

    An address names the demonstration clip, or another one by the beginning of its digest.
    """
    if address.is_new(address.CLIP):
        wanted, is_told = address.take(address.CLIP)
        if wanted == DEMONSTRATION:
            _take_demonstration(is_told)
        elif wanted and is_told:
            _take_named(wanted)
    address.note(address.CLIP, _link)


def _link() -> tuple[str, ...]:
    """Return the text of the setting `address.CLIP` for the selected recording."""
    selected = current().recordings.selected
    if selected is None:
        return ()
    if selected.digest == shared().demonstration.digest:
        return DEMONSTRATION
    return (selected.digest[:LINK_DIGITS],)


def _take_demonstration(is_told: bool) -> None:
    recordings, demonstration = current().recordings, shared().demonstration
    if recordings.find(demonstration.digest) is None:
        _add(demonstration, current())
    elif is_told:
        recordings.choose(demonstration.digest)


def _take_named(wanted: tuple[str, ...]) -> None:
    """Select the recording of a link, or say what a receiver of the link misses."""
    recordings, digits = current().recordings, wanted[-1]
    if not re.fullmatch(f"[0-9a-f]{{{LINK_DIGITS},64}}", digits):
        address.refuse(
            address.CLIP,
            wanted,
            "An address names a clip as `demonstration`, or by the first digits of its SHA-256.",
        )
        return
    named = next((one for one in recordings.all if one.digest.startswith(digits)), None)
    if named is not None:
        recordings.choose(named.digest)
    else:
        address.refuse(address.CLIP, wanted, MISSED)


def demonstrate() -> None:
    """Add and select the demonstration clip."""
    _add(shared().demonstration, current())


def take_recorded(key: str) -> None:
    """Add the recordings in a recorder's uploader, and select the last one."""
    workspace = current()  # before the uploader is emptied: see `widgets.uploader`
    for file in widgets.take_files(key):
        _take_recording(file.getvalue(), workspace)


def _take_recording(data: bytes, workspace: Workspace) -> None:
    """Add a recording from the microphone, truncated to the limit, and select it."""
    longest_s = shared().limits.max_recorded_s
    data, lasted_s = truncate(data, longest_s)
    remark = "" if lasted_s is None else _cut_off(longest_s, lasted_s)
    recording = Recording.from_bytes(recorder.RECORDED_NAME, data, remark=remark)
    _add(recording, workspace, captured=True)


def _take_uploads() -> None:
    """Add the files of the uploader, with a failure message for those that do not fit."""
    workspace, tab = current(), waiting()  # before it is emptied: see `widgets.uploader`
    brought = widgets.take_files(UPLOADS_KEY)
    for file in filter(recorder.is_recording, brought):
        _take_recording(file.getvalue(), workspace)
    for file in brought:
        if sessions.is_session(file.name):
            sessions.open_file(workspace, tab, file.name, file.getvalue())
    files = [
        Recording.from_bytes(file.name, file.getvalue())
        for file in brought
        if not recorder.is_recording(file) and not sessions.is_session(file.name)
    ]
    recordings, before = workspace.recordings, None
    for recording in files:  # if there is no room for all, the first are kept
        _add(recording, workspace, before=before)
        before = recording.digest if recordings.find(recording.digest) else before
    first = next((one.digest for one in files if recordings.find(one.digest)), None)
    if first is not None:
        recordings.choose(first)


def _add(
    recording: Recording,
    workspace: Workspace,
    *,
    captured: bool = False,
    before: str | None = None,
) -> None:
    """Add a recording and select it, or add a failure message."""
    try:
        if captured:
            workspace.add_captured(recording)
        else:
            workspace.recordings.add(recording, before=before)
    except EarmarkError as error:
        workspace.messages.add_failure(PLACE, recording.name, error)
    else:
        workspace.recordings.choose(recording.digest)


def _cut_off(longest_s: float, lasted_s: float) -> str:
    kept, lasted = text.duration(longest_s), text.duration(lasted_s)
    return f"The recording lasted {lasted}; the first {kept} of it are kept."


def _demonstration_button(recordings: Sequence[Recording]) -> None:
    if any(one.digest == shared().demonstration.digest for one in recordings):
        return
    st.button(
        "Try the demonstration clip",
        icon=":material/play_circle:",
        type="secondary" if recordings else "primary",
        width="stretch",
        on_click=demonstrate,
    )


def _remove_buttons(recordings: Sequence[Recording]) -> None:
    with st.container(horizontal=True):
        for recording in recordings:
            st.button(
                f"Remove {text.escape_markdown(text.shorten(recording.name, 40))}",
                icon=":material/close:",
                key=f"remove-{recording.digest}",
                on_click=_remove,
                args=(recording.digest,),
            )


def _remove(digest: str) -> None:
    current().remove_recording(digest)
