"""The inspector: player, events and "why?" of one clip, which move together."""

from collections.abc import Sequence

import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from components import against, state, text, why_panel
from components.findings import Findings
from components.palette import palette_for
from components.player import mount
from components.player.data import clip_data
from components.player.media import serve
from components.settings import ViewSettings
from components.state import Portrait, Recording
from models.analysis import Analysis
from models.events import Event

PLAYER_KEY = "player"

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
) -> None:
    """Draw all of it; whoever clicks in it runs this anew, and nothing else of the page.

    Parameters
    ----------
    recording, analysis, portrait, findings
        Of the same clip, under the settings of `view`.
    view : ViewSettings
        Of the page.
    """
    stage = st.container(key="stage")
    left, right = st.columns([3, 2], gap="large")
    with left:
        _events(findings, view)
        verdict = against.show(recording, findings)
    with stage:
        reply = _player(recording, analysis, portrait, findings, view, verdict)
    with right:
        why_panel.show(
            findings,
            analysis,
            instant_s=reply.instant,
            selection_s=reply.selection,
            focus="" if reply.event is None else str(reply.event["label"]),
        )


def _player(
    recording: Recording,
    analysis: Analysis,
    portrait: Portrait,
    findings: Findings,
    view: ViewSettings,
    verdict: against.Verdict,
) -> mount.Reply:
    playable = analysis.playable
    sound = recording.data if playable.converted is None else playable.converted
    wish = state.wish()
    told = clip_data(
        findings.timeline,
        findings.events,
        findings.lanes(view.n_classes),
        rules=findings.rules,
        palette=palette_for(st.context.theme.type),
        truth=verdict.truth,
        judgements=verdict.judgements,
    )
    return mount.player(
        {
            **told,
            "clip": recording.digest,
            "audio": serve(sound, playable.mime_type, slot="sound", digest=recording.digest),
            "picture": serve(
                portrait.picture, "application/gzip", slot="picture", digest=portrait.digest
            ),
            "as_curves": view.curves,
            "wish": None if wish is None else vars(wish),
        },
        key=PLAYER_KEY,
        on_threshold=_take_threshold,
    )


def _take_threshold() -> None:
    moved = state.reply(PLAYER_KEY, "threshold")
    state.set_thresholds({**state.own_thresholds(), moved["label"]: moved["value"]})
    st.rerun()


def _events(findings: Findings, view: ViewSettings) -> None:
    events = findings.events
    st.subheader(f"Events ({len(events):,})", anchor=False)
    if not events:
        best = findings.timeline.top(1, by="max")
        closest = "".join(f" The highest is {label} with {score:.2f}." for label, score in best)
        st.info(
            text.escape_markdown(
                f"Nothing reached the score threshold of {view.threshold:.2f}.{closest} "
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
    row = state.selected_row(key)
    if row is not None and row < len(events):
        state.make_wish(events[row].onset_s, events[row].offset_s)


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
}
