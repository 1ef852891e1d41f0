"""What the page says about one analysed recording, from top to bottom."""

import math
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from components import figures, text
from components.palette import palette_for
from components.settings import AnalysisSettings, ViewSettings, read_view
from components.state import Recording
from models import export
from models.analysis import Analysis
from models.events import Event, find_events
from models.highlights import highlights
from models.live import Gap

SCORE_EXPLAINED = (
    "A score, from 0 to 1, says how strongly a moment resembles what the model learned under a "
    "label. Each label is scored on its own, so scores do not add up to 1 and are no percentages."
)

MAX_ROWS = 12
"""Events shown before the table scrolls."""

MAX_GAPS_TOLD = 8
"""Places of lost sound named in words."""

ROW_PX = 35
"""Height of a row of Streamlit's tables."""


def show_clip(
    recording: Recording, analysis: Analysis, analysed: AnalysisSettings, view: ViewSettings
) -> None:
    """Draw everything about one recording."""
    timeline = analysis.timeline.smoothed() if view.smooth else analysis.timeline
    shown = replace(analysis, timeline=timeline)
    events = find_events(
        timeline,
        view.threshold,
        merge_gap_s=view.merge_gap_s,
        min_duration_s=view.min_duration_s,
        labels=view.labels(timeline),
    )
    _heading(recording, analysis)
    _defects(analysis)
    _lost(recording.gaps)
    _facts(analysis)
    _charts(shown, events, view)
    _events(events, shown, view)
    _downloads(recording, analysis, events, analysed, view)


def lanes(labels: Sequence[str], events: Sequence[Event]) -> list[str]:
    """Order classes as they are first heard; those never heard come last."""
    first_s: dict[str, float] = {}
    for event in events:
        first_s.setdefault(event.label, event.onset_s)
    return sorted(labels, key=lambda label: first_s.get(label, math.inf))


def _heading(recording: Recording, analysis: Analysis) -> None:
    source = analysis.source
    particulars = (
        text.format_name(source.container, source.codec),
        text.rate(source.sample_rate),
        text.channels(source.channels),
    )
    with st.container(key="heading"):
        st.header(text.escape_markdown(text.shorten(recording.name)), anchor=False)
        st.caption(text.escape_markdown(" · ".join(particulars)))
    playable = analysis.playable
    sound = recording.data if playable.converted is None else playable.converted
    st.audio(sound, format=playable.mime_type)


def _defects(analysis: Analysis) -> None:
    if analysis.broke_at_s is not None:
        st.warning(
            f"The recording breaks off after {text.duration(analysis.broke_at_s)}. "
            "What comes before is shown.",
            icon=":material/content_cut:",
        )
    if analysis.non_finite_samples:
        st.warning(
            f"{analysis.non_finite_samples:,} samples were not numbers (NaN or infinite) and "
            "were taken as silence.",
            icon=":material/report:",
        )


def _lost(gaps: Sequence[Gap]) -> None:
    if not gaps:
        return
    lost_s = sum(gap.offset_s - gap.onset_s for gap in gaps)
    shown = ", ".join(f"at {gap.onset_s:.1f} s" for gap in gaps[:MAX_GAPS_TOLD])
    more = f" and {len(gaps) - MAX_GAPS_TOLD} more" if len(gaps) > MAX_GAPS_TOLD else ""
    st.warning(
        f"{lost_s:.2f} s were lost on the way from the microphone, and are silent here: "
        f"{shown}{more}.",
        icon=":material/signal_disconnected:",
    )


def _facts(analysis: Analysis) -> None:
    timeline, levels = analysis.timeline, analysis.levels
    facts = {
        "Duration": text.duration(timeline.duration_s),
        "Peak level": text.level(levels.peak_dbfs),
        "RMS level": text.level(levels.rms_dbfs),
        "Windows": f"{timeline.n_frames:,}",
        "Inference": text.duration(analysis.inference_s),
        "Faster than real time": text.speed(analysis.speed),
    }
    with st.container(horizontal=True, gap="medium"):
        for name, value in facts.items():
            st.metric(name, value, width="content")


def _charts(analysis: Analysis, events: Sequence[Event], view: ViewSettings) -> None:
    palette = palette_for(st.context.theme.type)
    timeline = analysis.timeline
    over_time, overall = st.columns([5, 2], gap="medium")
    with over_time:
        with st.container(key="over-time-head", horizontal=True, vertical_alignment="center"):
            st.subheader("Moment by moment", anchor=False)
            kind = read_view()
        figure = figures.clip_figure(
            analysis.envelope,
            analysis.spectrogram,
            timeline,
            events,
            labels=lanes(highlights(timeline, view.labels(timeline), view.n_classes), events),
            threshold=view.threshold,
            view=kind,
            palette=palette,
        )
        st.plotly_chart(
            figure,
            key="timeline",
            theme=None,
            config=figures.CONFIG,
            alt="Waveform, spectrogram and class scores over time. "
            "The table of events below says in words what was heard when.",
        )
    with overall:
        with st.container(key="overall-head"):
            st.subheader("Top predictions", anchor=False)
        bars = figures.bars_figure(
            view.top(timeline),
            peaks=dict(zip(timeline.labels, timeline.aggregate("max").tolist(), strict=True)),
            threshold=view.threshold,
            palette=palette,
        )
        st.plotly_chart(
            bars,
            key="top",
            theme=None,
            config={"displayModeBar": False},
            alt="Clip scores: "
            + ", ".join(f"{label} {score:.2f}" for label, score in view.top(timeline)),
        )
        st.caption(
            "Bar: mean over the clip; tick: highest moment."
            if view.by == "mean"
            else "Bar: highest moment of the clip."
        )
    st.caption(f"**What is a score?** {SCORE_EXPLAINED}")


def _events(events: Sequence[Event], analysis: Analysis, view: ViewSettings) -> None:
    st.subheader(f"Events ({len(events):,})", anchor=False)
    if not events:
        best = view.top(analysis.timeline, by="max")[:1]
        closest = "".join(f" The highest is {label} with {score:.2f}." for label, score in best)
        st.info(
            text.escape_markdown(
                f"Nothing reached the score threshold of {view.threshold:.2f}.{closest} "
                "Lower the threshold in the settings to see more."
            ),
            icon=":material/hearing:",
        )
        return
    st.dataframe(
        {column: [getattr(event, column) for event in events] for column in export.EVENT_COLUMNS},
        height=(min(len(events), MAX_ROWS) + 1) * ROW_PX + 3,
        hide_index=True,
        column_config={
            "onset_s": _seconds_column("Onset (s)"),
            "offset_s": _seconds_column("Offset (s)"),
            "label": st.column_config.TextColumn("Label", width="large"),
            "peak": _score_column("Peak score"),
            "mean": _score_column("Mean score"),
        },
    )


def _seconds_column(title: str) -> ColumnConfig:
    return st.column_config.NumberColumn(title, format="%.2f", width="small")


def _score_column(title: str) -> ColumnConfig:
    return st.column_config.ProgressColumn(
        title, format="%.2f", min_value=0.0, max_value=1.0, width="small"
    )


def _downloads(
    recording: Recording,
    analysis: Analysis,
    events: Sequence[Event],
    analysed: AnalysisSettings,
    view: ViewSettings,
) -> None:
    timeline, stem = analysis.timeline, text.file_stem(recording.name)
    settings: dict[str, Any] = {
        "clip": recording.name,
        "sha256": recording.digest,
        **asdict(analysed),
        **asdict(view),
    }
    offers = {
        "Events as CSV": ("events.csv", lambda: export.events_csv(events)),
        "Events as JSON": ("events.json", lambda: export.events_json(events, settings)),
        "All scores as CSV": ("scores.csv", lambda: export.scores_csv(timeline)),
        "All scores as JSON": ("scores.json", lambda: export.scores_json(timeline, settings)),
    }
    with st.container(horizontal=True):
        for label, (ending, data) in offers.items():
            st.download_button(
                label,
                data,
                f"{stem}-{ending}",
                mime="text/csv" if ending.endswith("csv") else "application/json",
                icon=":material/download:",
                key=f"download-{ending}",
                on_click="ignore",
            )
