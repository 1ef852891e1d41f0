"""The inspector: player, events and "why?" of one clip, which move together."""

from collections.abc import Sequence
from typing import Any

import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from components.clip import explanation_panel, explanation_text, export_menu, truth_panel
from components.player import mount
from components.player.data import clip_data
from components.player.media import serve
from components.style import text
from components.style.palette import palette_for
from components.teach import add_example
from components.ui import widgets
from components.view.findings import Findings
from components.view.portrait import Portrait
from components.view.settings import AnalysisSettings, ViewSettings
from components.workspace.current import current
from components.workspace.recordings import Recording
from models.analysis import Analysis
from models.events import Event

MAX_ROWS = 12
"""Events shown before the table scrolls."""

ROW_PX = 35
"""Height of a row of Streamlit's tables."""


def show(
    recording: Recording,
    analysis: Analysis,
    portrait: Portrait,
    findings: Findings,
    view: ViewSettings,
    analysed: AnalysisSettings,
) -> None:
    """Draw all of it; whoever clicks in it runs this anew, and nothing else of the page.

    Parameters
    ----------
    recording, analysis, portrait, findings
        Of the same clip, under the settings of `view`.
    view, analysed
        Settings of the page.
    """
    # One for each clip: what was asked about one says nothing about another.
    key = f"player-{recording.digest[:16]}"
    instant_s = widgets.reply(key, "instant")
    explanation = None
    if instant_s is not None:
        explanation = explanation_panel.explanation_at(instant_s, findings, analysis)
    stage = st.container(key="stage")
    left, right = st.columns([3, 2], gap="large")
    with left:
        events = st.container()
        verdict = truth_panel.show(recording, findings, analysis.timeline.labels)
        with events:
            _events(findings, view, verdict)
        suggesting = st.container()
    with stage:
        data = _player_data(recording, analysis, portrait, findings, view, verdict)
        if explanation is not None:
            data["why"] = explanation_panel.in_brief(explanation)
        reply = mount.player(data, key=key, on_threshold=lambda: _take_threshold(key))
    with right:
        explanation_panel.show(
            findings,
            explanation,
            selection_s=reply.selection,
            focus="" if reply.event is None else str(reply.event["label"]),
        )
        handing = st.container()
        export_menu.show(recording, analysis, portrait, findings, view, analysed, verdict)
    with suggesting:  # last, like what follows: both may wait for work
        truth_panel.finish_suggesting(recording, findings)
    with handing:
        if reply.selection:
            add_example.offer_selection(recording, *reply.selection)


def _player_data(
    recording: Recording,
    analysis: Analysis,
    portrait: Portrait,
    findings: Findings,
    view: ViewSettings,
    verdict: truth_panel.TruthMarks,
) -> dict[str, Any]:
    playable = analysis.playable
    sound = recording.data if playable.converted is None else playable.converted
    wish = current().view.wish
    told = clip_data(
        findings.timeline,
        findings.events,
        findings.lanes(view.n_classes),
        rules=findings.rules,
        palette=palette_for(st.context.theme.type),
        truth=verdict.truth,
        judgements=verdict.judgements,
    )
    return {
        **told,
        "clip": recording.digest,
        "audio": serve(
            sound, playable.mime_type, digest=f"{recording.digest}-sound", group=recording.digest
        ),
        "picture": serve(
            portrait.picture, "application/gzip", digest=portrait.digest, group=recording.digest
        ),
        "as_curves": view.curves,
        "wish": None if wish is None else vars(wish),
        "why": None,
    }


def _take_threshold(key: str) -> None:
    moved, view = widgets.reply(key, "threshold"), current().view
    view.set_thresholds({**view.thresholds, moved["label"]: moved["value"]})
    st.rerun()


def _events(findings: Findings, view: ViewSettings, verdict: truth_panel.TruthMarks) -> None:
    events = findings.events
    st.subheader(f"Events ({len(events):,})", anchor=False)
    if not events:
        threshold, closest = f"{view.threshold:.2f}", ""
        for label, score in findings.timeline.top(1, by="max"):
            highest, threshold = explanation_text.apart(score, view.threshold)
            closest = f" The highest is {label} with {highest}."
        st.info(
            text.escape_markdown(
                f"Nothing reached the score threshold of {threshold}.{closest} "
                "Lower the threshold in the settings to see more."
            ),
            icon=":material/hearing:",
        )
        return
    key = "events-table"
    st.dataframe(
        {
            "onset_s": [event.onset_s for event in events],
            "offset_s": [event.offset_s for event in events],
            "label": [event.label for event in events],
            **({"truth": verdict.judgements} if verdict.judgements else {}),
            "peak": [event.peak for event in events],
            "mean": [event.mean for event in events],
        },
        key=key,
        height=(min(len(events), MAX_ROWS) + 1) * ROW_PX + 3,
        hide_index=True,
        on_select=lambda: _play_selected(key, events),
        selection_mode="single-row",
        column_config=_COLUMNS,
    )
    st.caption("Select a row to hear just that event.")


def _play_selected(key: str, events: Sequence[Event]) -> None:
    row = widgets.selected_row(key)
    if row is not None and row < len(events):
        current().view.make_wish(events[row].onset_s, events[row].offset_s)


def _seconds_column(title: str) -> ColumnConfig:
    return st.column_config.NumberColumn(title, format="%.2f", width="small")


def _score_column(title: str) -> ColumnConfig:
    return st.column_config.ProgressColumn(
        title, format="%.2f", min_value=0.0, max_value=1.0, width="small"
    )


_COLUMNS = {
    "onset_s": _seconds_column("Onset (s)"),
    "offset_s": _seconds_column("Offset (s)"),
    "label": st.column_config.TextColumn("Label", width="medium"),
    "peak": _score_column("Peak score"),
    "mean": _score_column("Mean score"),
    "truth": st.column_config.TextColumn("Truth", width="small"),
}
