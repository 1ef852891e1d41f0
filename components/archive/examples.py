"""Choice of a sound to look for: one that another page handed over, or a clip of the visitor."""

from functools import partial

import streamlit as st

from components.style import text
from components.ui import callbacks, notices, widgets
from components.workspace import operator
from components.workspace.archive_reviews import Sound
from components.workspace.current import current
from components.workspace.recordings import Recording
from components.workspace.workspace import Workspace
from models.audio import Clip, load_clip
from models.audio.playback import wav_file
from models.errors import EarmarkError
from models.live import LiveSession
from models.live.session import title as title_of
from models.teaching.cutting import load_excerpt

MAX_SOUND_S = 60.0
"""Maximum length of a sound to look for, in seconds: the beginning of a longer one."""

_UPLOADER, _CHOICE, _ABOUT = "archive-example", "archive-example-choice", "archive-example"

_HANDED = ""
"""Option of the sound that another page handed over."""


def choose() -> Sound | None:
    """Draw the choice of a sound, with an uploader; None if there is none yet."""
    widgets.uploader("Drop a sound to look for", key=_UPLOADER, take=_take_upload)
    for name, error in current().messages.show_failures(_ABOUT):
        notices.show_error(error, about=name)
    handed = current().archive_reviews.sound
    recordings = {one.key: one for one in current().recordings.all[::-1]}
    options = [*([] if handed is None else [_HANDED]), *recordings]
    if not options:
        st.caption(
            "Or select a stretch in the player of the page Clip, or listen on the page Live, and "
            "press **Find in an archive** there."
        )
        return None

    def name_of(key: str) -> str:
        if key in recordings:
            return text.shorten(recordings[key].name, 40)
        return "" if handed is None else handed.name

    key = st.selectbox("Sound", options, format_func=name_of, key=_CHOICE)
    return _whole(recordings[key]) if key in recordings else handed


def offer_selection(recording: Recording, begin_s: float, end_s: float) -> None:
    """Offer to look for a selected stretch of a recording, where there are archives.

    Parameters
    ----------
    recording : Recording
        The recording.
    begin_s, end_s : float
        Start and end of the stretch, in seconds.
    """
    name = f"{text.shorten(recording.name, 30)} at {text.instant(begin_s)}"
    last_s = min(end_s, begin_s + MAX_SOUND_S)
    sound = _stretch(recording, name, begin_s, last_s)
    _offer("Find the selection in an archive", "archive-selection", sound)


def offer_last_seconds(session: LiveSession, last_s: float) -> None:
    """Offer to look for the last `last_s` seconds of a live session, where there are archives."""
    if operator.has_archives():
        st.button(
            f"Find the last {last_s:.0f} s in an archive",
            icon=":material/travel_explore:",
            key="archive-live",
            on_click=callbacks.light("archive-live", _hand_over_live, current(), session, last_s),
        )


def _offer(label: str, key: str, sound: Sound) -> None:
    if operator.has_archives():
        st.button(
            label,
            icon=":material/travel_explore:",
            key=key,
            on_click=callbacks.light(key, _hand_over, current(), sound),
        )


def _hand_over(workspace: Workspace, sound: Sound) -> None:
    workspace.archive_reviews.sound = sound
    st.toast(
        "On the page Archive, Search by Example looks for this sound.",
        icon=":material/travel_explore:",
    )


def _hand_over_live(workspace: Workspace, session: LiveSession, last_s: float) -> None:
    heard = session.freeze(last_s)
    name, data = title_of(heard, "Live"), wav_file(heard.clip)
    key = f"live-{heard.began_at}-{heard.onset_s}"
    _hand_over(workspace, Sound(key, name, partial(_load, data)))


def _load(data: bytes) -> Clip:
    return load_clip(data)


def _take_upload() -> None:
    workspace = current()
    for file in widgets.take_files(_UPLOADER):
        recording = Recording.from_bytes(file.name, file.getvalue())
        try:
            workspace.recordings.add(recording)
        except EarmarkError as error:
            workspace.messages.add_failure(_ABOUT, file.name, error)


def _whole(recording: Recording) -> Sound:
    return _stretch(recording, recording.name, 0.0, MAX_SOUND_S)


def _stretch(recording: Recording, name: str, begin_s: float, end_s: float) -> Sound:
    chosen = current().view.sound(recording.digest).as_dict()
    key = f"{recording.digest}-{begin_s}-{end_s}-{chosen}"
    return Sound(key, name, partial(load_excerpt, recording.data, begin_s, end_s, **chosen))
