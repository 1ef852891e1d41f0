"""Ways from the other pages to a lesson: a selection of a clip, and what was just heard live."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from components.style import text
from components.teach import example_intake
from components.workspace.current import current
from components.workspace.recordings import Recording
from models.audio import load_clip
from models.audio.playback import wav_file
from models.errors import EarmarkError
from models.live import LiveSession
from models.live.session import title
from models.teaching.cutting import WINDOW_S, load_excerpt
from models.teaching.delivery import Change, Delivery, Parcel

MAX_SELECTION_S = 60.0
"""What is taken of a longer selection, from its beginning: fifteen examples, in seconds."""


SELECTION, HEARD = "teach-selection", "teach-live"
"""Where it is told what became of what was handed over."""

_Bring = Callable[[str], Parcel]
"""Brings an example of a class."""


def offer_selection(recording: Recording, begin_s: float, end_s: float) -> None:
    """Offer to teach a selected stretch of a recording.

    Parameters
    ----------
    recording : Recording
        As it came in.
    begin_s, end_s : float
        The stretch, in seconds.
    """
    bring = partial(_from_selection, recording, begin_s, end_s)
    _offer("Teach the selection as", SELECTION, bring)


def offer_last_seconds(session: LiveSession, last_s: float) -> None:
    """Offer to teach the last seconds of what is heard live."""
    _offer(f"Teach the last {last_s:.0f} s as", HEARD, partial(_from_live, session, last_s))


def _offer(words: str, key: str, bring: _Bring) -> None:
    with st.popover(words, icon=":material/school:"):
        for label in current().teaching.lesson.classes:
            st.button(
                text.escape_markdown(text.shorten(label, 40)),
                key=f"{key}-{label}",
                width="stretch",
                on_click=_take,
                args=(bring, label, key),
            )
        st.caption("Train the classes on the page Teach.")
    under_way = example_intake.places(key)
    teaching, messages = current().teaching, current().messages
    success = None if teaching.is_awaited(key) else messages.success(key)
    if success is not None:
        st.success(text.escape_markdown(success), icon=":material/school:")
    example_intake.show_failures(key)
    example_intake.wait(under_way)


def _take(bring: _Bring, label: str, key: str) -> None:
    try:
        parcel = bring(label)
    except EarmarkError as error:
        current().messages.add_failure(key, label, error)
    else:
        example_intake.deliver(Delivery(key, [parcel], label, thanks=f"Added to {label}."))


def _from_selection(recording: Recording, begin_s: float, end_s: float, label: str) -> Parcel:
    name = f"{text.shorten(recording.name, 40)} at {text.instant(begin_s)}"
    # What is shorter than a window would be heard amid digital silence, as nothing is live.
    more_s = max(0.0, WINDOW_S - (end_s - begin_s)) / 2
    stretch_s = begin_s - more_s, min(end_s, begin_s + MAX_SELECTION_S) + more_s
    chosen = current().view.sound(recording.digest).as_dict()

    def unpack(progress: Callable[[float], None]) -> Change:
        stretch = load_excerpt(recording.data, *stretch_s, **chosen, progress=progress)
        return example_intake.adding(label, stretch, name, recording=recording.digest)

    return Parcel(name, unpack)


def _from_live(session: LiveSession, last_s: float, label: str) -> Parcel:
    heard = session.freeze(last_s)
    name = title(heard, "Live").removesuffix(".wav")
    began_at = round(heard.began_at - heard.onset_s)

    def unpack(progress: Callable[[float], None]) -> Change:
        # At the rate of whatever listened; examples are heard at YAMNet's.
        clip = load_clip(wav_file(heard.clip), progress=progress)
        return example_intake.adding(label, clip, name, recording=f"live {began_at}")

    return Parcel(name, unpack)
