"""Inspector of one clip: player, events and panel "Why?", synchronized."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import streamlit as st

from components.clip import (
    all_clips,
    annotation,
    clip_steps,
    drawn_spectrogram,
    event_table,
    explanation_panel,
    explanation_text,
    export_menu,
    playback_settings,
    search,
    true_clips,
    truth_panel,
)
from components.player import mount
from components.player.data import clip_data
from components.player.media import serve
from components.player.shown_clip import ShownClip
from components.style import text
from components.style.palette import palette_for
from components.teach import add_example
from components.ui import callbacks, widgets
from components.workspace.current import current
from models.events import Event
from models.events.annotation import Review

MAX_ROWS = 12
"""Number of events shown before the table scrolls."""


def show(shown: ShownClip) -> None:
    """Draw the inspector. It runs as a fragment: a click in it reruns only this function."""
    drawing = drawn_spectrogram.start(shown)
    shown = replace(shown, drawn=drawn_spectrogram.drawn(drawing))
    # One key per clip: an instant selected in one clip is meaningless in another.
    key = f"player-{shown.recording.digest[:16]}"
    instant_s = widgets.reply(key, "instant")
    explanation = None
    if instant_s is not None:
        explanation = explanation_panel.explanation_at(instant_s, shown.findings, shown.analysis)
    stage = st.container(key="stage")
    progress = st.container()
    left, right = st.columns([3, 2], gap="large")
    with left:
        events = st.container()
        shown = replace(shown, truth=truth_panel.show(shown))
        with events:
            _events(shown)
    with stage:
        data = _player_data(shown)
        if explanation is not None:
            data["why"] = explanation_panel.in_brief(
                explanation, shown.findings.timeline.duration_s
            )
        reply = mount.player(
            data,
            key=key,
            on_threshold=lambda: _take_threshold(key),
            on_annotate=callbacks.light(
                f"annotate-{key}", annotation.take, annotation.Subject.of(shown), key
            ),
            on_playback=lambda: playback_settings.take(widgets.reply(key, "playback")),
        )
    with right:
        explanation_panel.show(
            shown.findings,
            explanation,
            selection_s=reply.selection,
            focus="" if reply.event is None else str(reply.event["label"]),
        )
        handing = st.container()
        export_menu.show(shown)
    given = true_clips.truth_of(current(), shown.recording)
    with handing:
        if given is not None:
            clip_s, stretches = shown.findings.timeline.duration_s, annotation.stretches(given)
            add_example.offer_events(shown.recording, stretches, clip_s=clip_s)
        if reply.selection:
            clip_s = shown.findings.timeline.duration_s
            add_example.offer_selection(shown.recording, *reply.selection, clip_s=clip_s)
    with progress:
        drawn_spectrogram.finish(drawing, shown)
    all_clips.show(shown)  # last, as it may wait for jobs


def _player_data(shown: ShownClip) -> dict[str, Any]:
    digest = shown.recording.digest
    playable, scores = shown.analysis.playable, shown.scores
    kind = "sound" if playable.converted is None else "converted"
    chosen = "".join(f"-{value}" for value in shown.analysed.sound.as_dict().values())
    return {
        **clip_data(shown, palette_for(st.context.theme.type)),
        "audio": serve(
            shown.sound, playable.mime_type, digest=f"{digest}-{kind}{chosen}", group=digest
        ),
        "picture": serve(scores.picture, "application/gzip", digest=scores.digest, group=digest),
        "spectrogram": drawn_spectrogram.address(shown),
        "wish": clip_steps.wish_of(shown.recording.key),
        "annotation": annotation.data(shown),
        "playback": asdict(playback_settings.read()),
    }


def _take_threshold(key: str) -> None:
    moved, view = widgets.reply(key, "threshold"), current().view
    view.set_thresholds({**view.thresholds, moved["label"]: moved["value"]})
    st.rerun()


def _events(shown: ShownClip) -> None:
    findings, events, judgements = shown.findings, shown.findings.events, shown.truth.judgements
    st.header(f"Events ({len(events):,})", anchor=False)
    if not events:
        threshold, closest = f"{shown.view.threshold:.2f}", ""
        for label, score in findings.timeline.top(1, by="max"):
            highest, threshold = explanation_text.apart(score, shown.view.threshold)
            closest = f" The highest is {label} with {highest}."
        st.info(
            text.escape_markdown(
                f"Nothing reached the score threshold of {threshold}.{closest} "
                "Lower the threshold in the settings to see more."
            ),
            icon=":material/hearing:",
        )
        return
    search.tell_covered(findings)
    reviews = annotation.review(shown)
    key, clip_s = "events-table", findings.timeline.duration_s
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
        key=key,
        height=(min(len(events), MAX_ROWS) + 1) * event_table.ROW_PX + 3,
        hide_index=True,
        on_select=lambda: _play_selected(key, events),
        selection_mode="single-row",
        column_config={
            "onset_s": event_table.times_column("Onset", clip_s),
            "offset_s": event_table.times_column("Offset", clip_s),
            "label": event_table.label_column(
                event_table.SELECTION_PX,
                *(event_table.TIME_PX, event_table.TIME_PX, event_table.SCORE_PX),
            ),
            "truth": st.column_config.TextColumn("Truth", width=event_table.TRUTH_PX),
            "review": st.column_config.TextColumn("Review", width=event_table.TRUTH_PX),
            "peak": event_table.score_column("Peak"),
            "mean": None,  # the table's menu shows it
        },
    )
    row = widgets.selected_row(key)
    if row is None or row >= len(events):
        st.caption("Select a row to hear just that event, and to accept it or mark it as false.")
        return
    _offer_review(shown, events[row], reviews[row])


def _offer_review(shown: ShownClip, event: Event, review: Review) -> None:
    """Draw the buttons that review the selected event."""
    subject, clip_s = annotation.Subject.of(shown), shown.findings.timeline.duration_s
    with st.container(horizontal=True, vertical_alignment="center", key="event-review"):
        times = f"{text.instant(event.onset_s, clip_s)} to {text.instant(event.offset_s, clip_s)}"
        st.markdown(f"**{text.escape_markdown(event.label)}**, {times}", width="content")
        st.button(
            "Accept",
            icon=":material/check:",
            key="accept-event",
            disabled=review == "true",
            help="It is a true event.",
            on_click=callbacks.light(
                "accept-event", annotation.review_event, subject, event, "accept"
            ),
        )
        st.button(
            "Mark as false",
            icon=":material/close:",
            key="reject-event",
            disabled=review == "false",
            help="It is left out of segments, and counts as wrong.",
            on_click=callbacks.light(
                "reject-event", annotation.review_event, subject, event, "reject"
            ),
        )


def _play_selected(key: str, events: Sequence[Event]) -> None:
    row = widgets.selected_row(key)
    if row is not None and row < len(events):
        current().view.make_wish(events[row].onset_s, events[row].offset_s)
