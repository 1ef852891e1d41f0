"""Facts of one analysed recording, and the classes of the whole clip."""

from collections.abc import Sequence

import streamlit as st

from components.clip import event_table, track_choice
from components.player.shown_clip import ShownClip
from components.style import figures, text
from components.style.palette import palette_for
from components.view.findings import Findings
from components.view.settings import ViewSettings
from models.analysis import Analysis
from models.events.totals import class_totals
from models.live import Gap

SCORE_EXPLAINED = (
    "A score, from 0 to 1, says how strongly a moment resembles what the model learned under a "
    "label."
)

INDEPENDENT = (
    "Each label is scored on its own, so scores do not add up to 1 and are no percentages."
)

EXCLUSIVE = (
    "This model shares a score of 1 among all its labels: it always favours one, also where none "
    "fits. Scores are no percentages."
)

MAX_TOTALS = 8
"""Number of classes that the table of totals shows before it scrolls."""

MAX_GAPS_TOLD = 8
"""Maximum number of gaps listed in the notice about lost audio."""


def show_recording(shown: ShownClip) -> None:
    """Draw what is said of the recording, above its player."""
    recording, analysis = shown.recording, shown.analysis
    with st.container(key="heading"):
        st.title(text.escape_markdown(text.shorten(recording.name)), anchor=False)
        st.markdown(text.escape_markdown(shown.findings.summary))
    track_choice.choose(recording, analysis.source, shown.analysed.sound)
    _defects(analysis)
    if recording.remark:
        st.info(text.escape_markdown(recording.remark), icon=":material/content_cut:")
    _lost(recording.gaps, analysis.timeline.duration_s)
    _facts(analysis)


def show_classes(shown: ShownClip, *, exclusive: bool) -> None:
    """Draw the classes of the whole clip, below its player.

    Parameters
    ----------
    shown : ShownClip
        The clip.
    exclusive : bool
        Whether the model's scores sum to 1.
    """
    _overall(shown.findings, shown.view)
    kind = EXCLUSIVE if exclusive else INDEPENDENT
    st.caption(f"**What is a score?** {SCORE_EXPLAINED} {kind}")


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
            "were replaced by silence.",
            icon=":material/report:",
        )

    for notice in analysis.notices:
        st.info(text.escape_markdown(notice), icon=":material/info:")


def _lost(gaps: Sequence[Gap], clip_s: float) -> None:
    if not gaps:
        return
    lost_s = sum(gap.offset_s - gap.onset_s for gap in gaps)
    shown = ", ".join(f"at {text.instant(gap.onset_s, clip_s)}" for gap in gaps[:MAX_GAPS_TOLD])
    more = f" and {len(gaps) - MAX_GAPS_TOLD} more" if len(gaps) > MAX_GAPS_TOLD else ""
    st.warning(
        f"{lost_s:.2f} s were lost on the way from the microphone, and are silent here: "
        f"{shown}{more}.",
        icon=":material/signal_disconnected:",
    )


def _facts(analysis: Analysis) -> None:
    timeline, levels, source = analysis.timeline, analysis.levels, analysis.source
    facts = {
        "Duration": text.duration(timeline.duration_s),
        "Peak level": text.level(levels.peak_dbfs),
        "RMS level": text.level(levels.rms_dbfs),
        "Windows": f"{timeline.n_frames:,}",
        "Analysis time": text.duration(analysis.analysis_s),
        "Analysis speed": text.speed(analysis.speed),
    }
    particulars = (
        text.duration(timeline.duration_s),
        text.format_name(source.container, source.codec),
        text.rate(source.sample_rate),
        text.channels(source.channels),
    )
    with (
        st.container(key="figures"),
        st.expander(text.escape_markdown(" · ".join(particulars))),
        st.container(horizontal=True, gap="medium"),
    ):
        for name, value in facts.items():
            st.metric(name, value, width="content")


def _overall(findings: Findings, view: ViewSettings) -> None:
    st.header("The whole clip", anchor=False)
    ranks = findings.ranking(view.n_classes)
    if findings.by == "time":
        ranks = [one for one in ranks if one.share] or ranks[:1]
    figure = figures.bars_figure(
        ranks,
        by=findings.by,
        rules=findings.rules,
        palette=palette_for(st.context.theme.type),
    )
    st.plotly_chart(
        figure,
        key="top",
        theme=None,
        config=figures.CONFIG,
        alt=f"{_BARS[findings.by]} "
        + ", ".join(f"{one.label} {figures.rank_value(one, findings.by)}" for one in ranks),
    )
    st.caption(_BARS[findings.by])
    _totals(findings)


def _totals(findings: Findings) -> None:
    """Draw the table of the classes that have events, the longest first."""
    totals = class_totals(findings.events)
    if not totals:
        return
    clip_s = findings.timeline.duration_s
    means = dict(
        zip(findings.timeline.labels, findings.timeline.aggregate("mean").tolist(), strict=True)
    )
    st.subheader("Totals per class", anchor=False)
    with st.container(key="totals"):
        st.dataframe(
            {
                "label": [one.label for one in totals],
                "total_s": [event_table.in_table(one.total_s, clip_s) for one in totals],
                "first_s": [event_table.in_table(one.first_s, clip_s) for one in totals],
                "n_events": [one.n_events for one in totals],
                "peak": [one.peak for one in totals],
                "mean": [means[one.label] for one in totals],
            },
            height=(min(len(totals), MAX_TOTALS) + 1) * event_table.ROW_PX + 3,
            hide_index=True,
            column_config={
                "label": event_table.label_column(
                    *(event_table.TIME_PX, event_table.TIME_PX, event_table.COUNT_PX),
                    *(event_table.SCORE_PX, event_table.SCORE_PX),
                ),
                "total_s": event_table.times_column("Total", clip_s),
                "first_s": event_table.times_column("First", clip_s),
                "n_events": st.column_config.NumberColumn(
                    "Events", format="%d", width=event_table.COUNT_PX
                ),
                "peak": event_table.score_column("Peak"),
                "mean": event_table.score_column("Mean"),
            },
        )


_BARS = {
    "time": "Bar: share of the clip that events of the class last; tick: its highest score. "
    "Ranked by the product of both.",
    "mean": "Bar: mean score over the clip; tick: highest score.",
    "max": "Bar: highest score in the clip.",
}
