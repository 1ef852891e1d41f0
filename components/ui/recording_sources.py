"""Where recordings come from: dropped files, the microphone, the demonstration clip."""

from collections.abc import Sequence

import streamlit as st

from components.style import text
from components.ui import address, notices, widgets
from components.workspace.current import current
from components.workspace.recordings import PLACE, Recording
from components.workspace.shared import shared
from models.audio import beginning
from models.errors import EarmarkError

UPLOADS_KEY, MICROPHONE_KEY = "uploads", "microphone"

DEMONSTRATION = ("demonstration",)
"""What the address calls the demonstration clip."""

RECORDED_NAME = "Microphone recording.wav"


def read_recordings() -> list[Recording]:
    """Draw the ways in, and return the workspace's recordings, the newest first."""
    take_link()
    recordings = current().recordings.all[::-1]
    welcome = st.empty()  # emptied at once, not greyed while the first analysis runs
    if not recordings:
        with welcome.container(key="welcome"):
            _welcome()
    with (
        st.container(key="sources"),
        st.expander("Add or remove sounds", expanded=not recordings, icon=":material/add:"),
    ):
        dropped, microphone = st.columns([3, 2], gap="large")
        with dropped:
            # Whether a file is sound shows when it is opened; a list of endings would only turn
            # away what the decoder knows.
            st.file_uploader(
                "Drop audio or video files here, several at once",
                accept_multiple_files=True,
                key=widgets.fresh_key(UPLOADS_KEY),
                on_change=_take_uploads,
            )
        with microphone:
            st.audio_input(
                "Record with the microphone",
                sample_rate=48_000,
                key=widgets.fresh_key(MICROPHONE_KEY),
                on_change=take_recorded,
                args=(MICROPHONE_KEY,),
            )
            _demonstration_button(recordings)
        _remove_buttons(recordings)
    for name, error in current().messages.show_failures(PLACE):
        notices.show_error(error, about=name)
    return list(recordings)


def take_link() -> None:
    """Take the clip that the address names, once in a visit."""
    if not address.is_new(address.CLIP):
        return
    wanted, is_told = address.take(address.CLIP)
    address.note(address.CLIP, lambda: address.find(address.CLIP))
    demonstration = shared().demonstration
    if wanted == DEMONSTRATION:
        if current().recordings.find(demonstration.digest) is None:
            _add(demonstration)
    elif wanted:
        address.change(address.CLIP, ())
        if is_told:
            address.refuse(
                address.CLIP,
                wanted,
                "The only clip that an address can name is `demonstration`. Other recordings "
                "stay with those who brought them.",
            )


def demonstrate() -> None:
    """Look at the demonstration clip, and have the address say so."""
    _add(shared().demonstration)
    address.change(address.CLIP, DEMONSTRATION)


def take_recorded(key: str) -> None:
    """Take a recording out of an audio input, as much of it as is allowed, and look at it."""
    longest_s = shared().limits.max_recorded_s
    for file in widgets.empty(key):
        data, lasted_s = beginning(file.getvalue(), longest_s)
        remark = "" if lasted_s is None else _cut_off(longest_s, lasted_s)
        _add(Recording.from_bytes(RECORDED_NAME, data, remark=remark), captured=True)


def _take_uploads() -> None:
    """Take the files out of the uploader; those that do not fit are told."""
    files = [
        Recording.from_bytes(file.name, file.getvalue()) for file in widgets.empty(UPLOADS_KEY)
    ]
    recordings, before = current().recordings, None
    for recording in files:  # where there is no room for all, the first are kept
        _add(recording, before=before)
        before = recording.digest if recordings.find(recording.digest) else before
    first = next((one.digest for one in files if recordings.find(one.digest)), None)
    if first is not None:
        recordings.choose(first)


def _add(recording: Recording, *, captured: bool = False, before: str | None = None) -> None:
    """Add a recording and look at it; what went wrong is told where files are dropped."""
    workspace = current()
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


def _welcome() -> None:
    st.title("What is in a sound?", anchor=False)
    st.markdown(
        "Drop a recording, and see what is in it and when: "
        "speech, music, a siren, a bird, and hundreds of other sounds."
    )


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
    if digest == shared().demonstration.digest:
        address.change(address.CLIP, ())
