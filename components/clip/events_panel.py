"""Table of the detected events, in step with the player, and their review."""

from collections.abc import Sequence
from typing import Literal

import streamlit as st

from components.clip import annotation, event_table, explanation_text, search
from components.player.shown_clip import ShownClip
from components.style import text
from components.ui import callbacks, tab, widgets
from components.workspace.current import current
from models.events import Event
from models.events.annotation import Review

MAX_ROWS = 12
"""Number of events shown before the table scrolls."""

_TABLE = "events-table"

_Kind = Literal["accept", "reject"]

_REVIEWS: tuple[tuple[_Kind, Review, str, str, str], ...] = (
    ("accept", "true", "Accept", ":material/check:", "The selected event is true."),
    (
        *("reject", "false", "Mark as false", ":material/close:"),
        "The selected event is left out of segments, and counts as wrong.",
    ),
)
"""Reviews of an event: request, its result, and its button's label, icon and help."""


def show(shown: ShownClip, player: str) -> None:
    """Draw the events, and the buttons by which the selected one is reviewed.

    Parameters
    ----------
    shown : ShownClip
        The clip.
    player : str
        Key of its player, whose chosen event is selected.
    """
    events = shown.findings.events
    st.header(f"Events ({len(events):,})", anchor=False)
    if not events:
        _tell_none(shown)
        return
    search.tell_covered(shown.findings)
    _follow(player, events)
    reviews = annotation.review(shown)
    _offer_review(shown, reviews)
    _table(shown, reviews)
    st.caption(
        "Select a row to hear just that event. :material/edit: Annotate, at the player, corrects "
        "edges and names, and draws what was missed."
    )


def _tell_none(shown: ShownClip) -> None:
    threshold, closest = f"{shown.view.threshold:.2f}", ""
    for label, score in shown.findings.timeline.top(1, by="max"):
        highest, threshold = explanation_text.apart(score, shown.view.threshold)
        closest = f" The highest is {label} with {highest}."
    st.info(
        text.escape_markdown(
            f"Nothing reached the score threshold of {threshold}.{closest} "
            "Lower the threshold in the settings to see more."
        ),
        icon=":material/hearing:",
    )


def _follow(player: str, events: Sequence[Event]) -> None:
    """Select the row of the event that was chosen in the player, once for each choice."""
    chosen, name = widgets.reply(player, "event"), f"_followed-{player}"
    if not isinstance(chosen, dict) or chosen == tab.kept(name):
        return
    tab.keep(name, chosen)
    wanted = (chosen.get("label"), chosen.get("onset_s"), chosen.get("offset_s"))
    for row, event in enumerate(events):
        if (event.label, event.onset_s, event.offset_s) == wanted:
            widgets.select_row(_TABLE, row)
            return


def _offer_review(shown: ShownClip, reviews: Sequence[Review]) -> None:
    """Draw the buttons; they do what the keys U, A and X do in the player."""
    events, subject = shown.findings.events, annotation.Subject.of(shown)
    row = _row(events)
    review = None if row is None else reviews[row]
    with st.container(horizontal=True, vertical_alignment="center", key="event-review"):
        st.button(
            "Next unreviewed",
            icon=":material/skip_next:",
            help="Select and play the next event that is not reviewed.",
            key="next-unreviewed",
            on_click=callbacks.light("next-unreviewed", _select_next, events, reviews),
        )
        for kind, result, label, icon, told in _REVIEWS:
            st.button(
                label,
                icon=icon,
                help=told,
                key=f"{kind}-event",
                disabled=review in (None, result),
                on_click=callbacks.light(f"{kind}-event", _review, subject, kind),
            )
        if row is not None:
            clip_s, event = shown.findings.timeline.duration_s, events[row]
            onset, offset = (text.instant(at, clip_s) for at in (event.onset_s, event.offset_s))
            name = text.escape_markdown(event.label)
            st.markdown(f"**{name}**, {onset} to {offset}", width="content")


def _row(events: Sequence[Event]) -> int | None:
    """Return the selected row; None if there is none."""
    row = widgets.selected_row(_TABLE)
    return None if row is None or row >= len(events) else row


def _select_next(events: Sequence[Event], reviews: Sequence[Review]) -> None:
    row = _row(events)
    first = 0 if row is None else row + 1
    places = [place % len(events) for place in range(first, first + len(events))]
    place = next((place for place in places if not reviews[place]), None)
    if place is None:
        st.toast("All found events are reviewed.")
        return
    widgets.select_row(_TABLE, place)
    current().view.make_wish(events[place].onset_s, events[place].offset_s)


def _review(subject: annotation.Subject, kind: _Kind) -> None:
    row = _row(subject.found)
    if row is not None:
        annotation.review_event(subject, subject.found[row], kind)


def _table(shown: ShownClip, reviews: Sequence[Review]) -> None:
    events, judgements = shown.findings.events, shown.truth.judgements
    clip_s = shown.findings.timeline.duration_s
    # On a phone the judgement takes the place of the score, which is beyond the edge.
    last_px = event_table.TRUTH_PX if judgements or any(reviews) else event_table.SCORE_PX
    st.dataframe(
        {
            "onset_s": [event_table.in_table(event.onset_s, clip_s) for event in events],
            "offset_s": [event_table.in_table(event.offset_s, clip_s) for event in events],
            "label": [event.label for event in events],
            **({"truth": judgements} if judgements else {}),
            **({"review": reviews} if any(reviews) else {}),
            "peak": [event.peak for event in events],
            "mean": [event.mean for event in events],
        },
        key=_TABLE,
        height=(min(len(events), MAX_ROWS) + 1) * event_table.ROW_PX + 3,
        hide_index=True,
        on_select=lambda: _play_selected(events),
        selection_mode="single-row",
        column_config={
            "onset_s": event_table.times_column("Onset", clip_s),
            "offset_s": event_table.times_column("Offset", clip_s),
            "label": event_table.label_column(
                event_table.SELECTION_PX,
                *(event_table.TIME_PX, event_table.TIME_PX, last_px),
            ),
            "truth": st.column_config.TextColumn("Truth", width=event_table.TRUTH_PX),
            "review": st.column_config.TextColumn("Review", width=event_table.TRUTH_PX),
            "peak": event_table.score_column("Peak"),
            "mean": None,  # the table's menu shows it
        },
    )


def _play_selected(events: Sequence[Event]) -> None:
    row = _row(events)
    if row is not None:
        current().view.make_wish(events[row].onset_s, events[row].offset_s)
