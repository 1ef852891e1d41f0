"""Ways from the other pages to a lesson: a selection of a clip, and what was just heard live."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from components import notices, state, text
from components.live.session import LiveSession, title
from components.state import Recording
from components.teaching import taking_in
from models.audio import load_clip
from models.errors import EarmarkError
from models.playback import wav_file
from models.teaching.cutting import WINDOW_S, excerpt

MAX_SELECTION_S = 60.0
"""What is taken of a longer selection, from its beginning: fifteen examples, in seconds."""


def offer_selection(recording: Recording, begin_s: float, end_s: float) -> None:
    """Offer to teach a selected stretch of a recording.

    Parameters
    ----------
    recording : Recording
        As it came in.
    begin_s, end_s : float
        The stretch, in seconds.
    """
    take = partial(_take_selection, recording, begin_s, end_s)
    _offer("Teach the selection as", "teach-selection", take)


def offer_last_seconds(session: LiveSession, last_s: float) -> None:
    """Offer to teach the last seconds of what is heard live."""
    take = partial(_take_last_seconds, session, last_s)
    _offer(f"Teach the last {last_s:.0f} s as", "teach-live", take)


def _offer(words: str, key: str, take: Callable[[str], None]) -> None:
    with st.popover(words, icon=":material/school:"):
        for label in state.lesson().present.classes:
            st.button(
                text.escape_markdown(text.shorten(label, 40)),
                key=f"{key}-{label}",
                width="stretch",
                on_click=_take,
                args=(take, label, key),
            )
        st.caption("The page Teach has the classes, and learns them.")
    success = state.take_success(key)
    if success is not None:
        st.toast(text.escape_markdown(success), icon=":material/school:")
    for name, error in state.take_troubles(key):
        notices.show_error(error, about=name)


def _take(take: Callable[[str], None], label: str, key: str) -> None:
    try:
        take(label)
    except EarmarkError as error:
        state.note_trouble(key, label, error)
    else:
        state.note_success(key, f"Added to {label}.")


def _take_selection(recording: Recording, begin_s: float, end_s: float, label: str) -> None:
    clip = load_clip(recording.data)
    # What is shorter than a window would be heard amid digital silence, as nothing is live.
    more_s = max(0.0, WINDOW_S - (end_s - begin_s)) / 2
    end_s = min(end_s, begin_s + MAX_SELECTION_S)
    stretch = excerpt(clip, begin_s - more_s, end_s + more_s)
    name = f"{text.shorten(recording.name, 40)} at {text.instant(begin_s)}"
    taking_in.take(label, stretch, name, recording=recording.digest)


def _take_last_seconds(session: LiveSession, last_s: float, label: str) -> None:
    heard = session.freeze(last_s)
    # At the rate of whatever listened; examples are heard at YAMNet's.
    clip = load_clip(wav_file(heard.clip))
    began_at = round(heard.began_at - heard.onset_s)
    name = title(heard, "Live").removesuffix(".wav")
    taking_in.take(label, clip, name, recording=f"live {began_at}")
