"""Adding examples to the lesson from other pages: a selection of a clip, or recent live audio."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import streamlit as st

from components.style import text
from components.teach import example_intake
from components.ui import callbacks
from components.workspace.current import current
from components.workspace.recordings import Recording
from models.audio import load_clip
from models.audio.playback import wav_file
from models.errors import EarmarkError
from models.live import LiveSession
from models.live.session import title
from models.teaching import lesson as lessons
from models.teaching.cutting import WINDOW_S, load_excerpt
from models.teaching.delivery import Change, Delivery, Parcel

MAX_SELECTION_S = 60.0
"""Maximum duration taken from the beginning of a selection, in seconds: fifteen examples."""

MAX_EVENTS = 60
"""Maximum number of true events that are added at once: more of one recording hardly teach more."""

MAX_LABELS = 30
"""Maximum number of labels of true events that are offered: each is a button."""

SELECTION, HEARD, EVENTS = "teach-selection", "teach-live", "teach-events"
"""Places of the messages about the deliveries."""

_Bring = Callable[[str], Parcel]
"""Creates the parcel of examples for the class with a label."""


def offer_selection(recording: Recording, begin_s: float, end_s: float, *, clip_s: float) -> None:
    """Offer to add a selected stretch of a recording to a class.

    Parameters
    ----------
    recording : Recording
        The recording.
    begin_s, end_s : float
        Start and end of the stretch, in seconds.
    clip_s : float
        Length of the recording, in seconds: see `components.style.text.instant`.
    """
    bring = partial(_from_selection, recording, begin_s, end_s, clip_s)
    _offer("Teach the selection as", SELECTION, bring)


def offer_last_seconds(session: LiveSession, last_s: float) -> None:
    """Offer to add the last `last_s` seconds of a live session to a class."""
    _offer(f"Teach the last {last_s:.0f} s as", HEARD, partial(_from_live, session, last_s))


def offer_events(
    recording: Recording, stretches: Mapping[str, Sequence[tuple[float, float]]], *, clip_s: float
) -> None:
    """Offer to add the true events of a recording as examples, to classes of their labels.

    Parameters
    ----------
    recording : Recording
        The recording.
    stretches : mapping of str to sequence of (float, float)
        Start and end of its true events, in seconds, by label.
    clip_s : float
        Length of the recording, in seconds: see `components.style.text.instant`.
    """
    if stretches:
        with st.popover("Teach the true events", icon=":material/school:"):
            for label, own in sorted(stretches.items())[:MAX_LABELS]:
                key = f"{EVENTS}-{label}"
                st.button(
                    f"{text.escape_markdown(text.shorten(label, 40))} ({len(own):,})",
                    key=key,
                    width="stretch",
                    on_click=callbacks.light(key, _take_events, recording, label, own, clip_s),
                )
            st.caption(
                f"Each event becomes an example of the class of its name, up to {MAX_EVENTS} at "
                "once. Train the classes on the page Teach."
            )
    _show_deliveries(EVENTS)


def _take_events(
    recording: Recording, label: str, stretches: Sequence[tuple[float, float]], clip_s: float
) -> None:
    workspace = current()
    try:
        with workspace.teaching.changing() as lesson:
            if label not in lesson.classes:
                changed = lessons.add_class(lesson, label)
                workspace.teaching.change(f"added the class {label}", changed)
    except EarmarkError as error:
        workspace.messages.add_failure(EVENTS, label, error)
        return
    taken = stretches[:MAX_EVENTS]
    parcels = [_from_selection(recording, *stretch, clip_s, label) for stretch in taken]
    count = "1 event" if len(taken) == 1 else f"{len(taken):,} events"
    more = f" of {len(stretches):,}" if len(stretches) > len(taken) else ""
    thanks = f"Added {count}{more} to {label}."
    example_intake.deliver(Delivery(EVENTS, parcels, label, thanks=thanks), workspace)


def _offer(words: str, key: str, bring: _Bring) -> None:
    with st.popover(words, icon=":material/school:"):
        for label in current().teaching.lesson.classes:
            st.button(
                text.escape_markdown(text.shorten(label, 40)),
                key=f"{key}-{label}",
                width="stretch",
                on_click=callbacks.light(f"{key}-{label}", _take, bring, label, key),
            )
        st.caption("Train the classes on the page Teach.")
    _show_deliveries(key)


def _show_deliveries(key: str) -> None:
    """Show the progress and the messages of a place, and wait for its deliveries."""
    under_way = example_intake.places(key)
    teaching, messages = current().teaching, current().messages
    success = None if teaching.is_awaited(key) else messages.success(key)
    if success is not None:
        st.success(text.escape_markdown(success), icon=":material/school:")
    example_intake.show_failures(key)
    example_intake.wait(under_way)


def _take(bring: _Bring, label: str, key: str) -> None:
    workspace = current()
    try:
        parcel = bring(label)
    except EarmarkError as error:
        workspace.messages.add_failure(key, label, error)
    else:
        delivery = Delivery(key, [parcel], label, thanks=f"Added to {label}.")
        example_intake.deliver(delivery, workspace)


def _from_selection(
    recording: Recording, begin_s: float, end_s: float, clip_s: float, label: str
) -> Parcel:
    name = f"{text.shorten(recording.name, 40)} at {text.instant(begin_s, clip_s)}"
    # A selection shorter than a window is extended: otherwise the window would be padded with
    # digital silence, which live audio does not have.
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
        # The clip has the sample rate of the live model; examples are resampled to YAMNet's.
        clip = load_clip(wav_file(heard.clip), progress=progress)
        return example_intake.adding(label, clip, name, recording=f"live {began_at}")

    return Parcel(name, unpack)
