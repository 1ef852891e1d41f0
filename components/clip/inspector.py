"""Inspector of one clip: player, events and panel "Why?", synchronized."""

from dataclasses import asdict, replace
from typing import Any

import streamlit as st

from components.archive import examples
from components.clip import (
    all_clips,
    annotation,
    clip_steps,
    drawn_spectrogram,
    events_panel,
    explanation_panel,
    export_menu,
    playback_settings,
    true_clips,
    truth_panel,
)
from components.player import mount
from components.player.data import clip_data
from components.player.media import serve
from components.player.shown_clip import ShownClip
from components.style.palette import palette_for
from components.teach import add_example
from components.ui import callbacks, widgets
from components.workspace.current import current


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
            events_panel.show(shown, key)
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
            examples.offer_selection(shown.recording, *reply.selection)
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
