"""Evaluation of all clips with true events: figures, thresholds, scores, and their export."""

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from components.clip import suggestions, true_clips
from components.clip.figures_table import EXPLANATION, columns
from components.clip.true_clips import Comparing, TrueClip
from components.player.shown_clip import ShownClip
from components.style import text
from components.ui import callbacks, downloads, notices, settings
from components.ui.downloads import Download
from components.view.settings import ViewSettings
from components.workspace.choices import Computing
from components.workspace.current import current, waiting
from components.workspace.shared import shared
from models.errors import Cancelled, EarmarkError
from models.events.evaluation import (
    CONFUSION,
    TIMING,
    Counts,
    Means,
    Pooled,
    Psds,
    macro,
    pool,
    psds,
)
from models.events.timeline import Timeline
from models.export.evaluation import evaluation_csv
from models.jobs.job import Job

PLACE = "evaluation"
"""Place of the export's progress."""

_EVENTS, _SECONDS = "Per event", "Per second"

_Scores = tuple[Psds | None, Psds | None]


def show(shown: ShownClip) -> None:
    """Draw the section, if the true events of any clip are known."""
    clips, view, how = true_clips.true_clips(shown), shown.view, true_clips.comparing()
    if not clips:
        return
    own = current().view.thresholds
    pooled = pool(true_clips.evaluations(clips, view, own, how))
    if len(clips) > 1:
        st.header(f"Evaluation of {len(clips):,} clips", anchor=False)
        _figures(pooled, how)
    else:
        st.header("Thresholds and scores", anchor=False)
    scores = _scores_of(clips, view)
    timeline = shown.findings.timeline
    with st.container(horizontal=True):
        suggestions.offer(clips, view, how)
        _offer_scores(clips, view)
        _offer_export(pooled, how, timeline, scores or (None, None))
    downloads.show_progress(PLACE)
    suggestions.show(clips)
    if scores is not None:
        _tell_scores(scores)
    suggestions.finish()  # last, as both may wait for jobs
    _finish_scores()


def _figures(pooled: Pooled, how: Comparing) -> None:
    st.markdown(_sentence(pooled, how))
    counted = settings.segmented_control(
        "Counted", [_EVENTS, _SECONDS], _EVENTS, name="counted", help=_COUNTED
    )
    per_event = counted == _EVENTS
    figures = pooled.events if per_event else pooled.segments
    rows: dict[str, Counts | Means] = {"All clips": figures.overall}
    rows["All clips, mean of the labels"] = macro(figures)
    of_clips = [one.events if per_event else one.segments for one in pooled.clips.values()]
    names = [*rows, *(text.shorten(name) for name in pooled.clips)]
    st.dataframe(
        {"Clip": names, **columns([*rows.values(), *(one.overall for one in of_clips)])},
        hide_index=True,
        key="evaluation-clips",
        column_config={"Clip": st.column_config.TextColumn(width="medium", pinned=True)},
    )
    st.caption(EXPLANATION)
    with st.expander("All clips by label"):
        st.dataframe(
            {"Label": list(figures.by_label), **columns(list(figures.by_label.values()))},
            hide_index=True,
            key="evaluation-labels",
            column_config={"Label": st.column_config.TextColumn(width="medium", pinned=True)},
        )


_COUNTED = (
    "Per event: an event is correct if its class and its edges are. Per second: a class is "
    "correct in each second in which it sounds and was found."
)


def _sentence(pooled: Pooled, how: Comparing) -> str:
    """Say in words what the pooled figures mean."""
    counts, n_clips = pooled.events.overall, len(pooled.clips)
    n_true, n_found = counts.tp + counts.fn, counts.tp + counts.fp
    rate = f" ({counts.tp / n_true:.0%})" if n_true else ""
    found = (
        f"**{counts.tp:,} of {n_true:,} true events** in {n_clips:,} clips were found within "
        f"± {how.collar_s * 1000:.0f} ms{rate}."
    )
    off = f" Of those missed, {pooled.n_edges_off:,} have the right class with edges off."
    alarms = f" **{counts.fp:,} of {n_found:,} events found** are false alarms."
    return found + (off if pooled.n_edges_off else "") + (alarms if n_found else "")


def _offer_export(pooled: Pooled, how: Comparing, timeline: Timeline, scores: _Scores) -> None:
    def make() -> str:
        return evaluation_csv(
            pooled,
            collar_s=how.collar_s,
            edge_uncertainty_s=true_clips.edge_uncertainty_s(timeline),
            related=how.related,
            scores=scores,
        )

    downloads.button(
        Download(
            *("Evaluation (CSV)", "earmark-evaluation.csv", "text/csv"),
            downloads.writing(make),
            "Figures of each clip and label, and of all clips together.",
        ),
        place=PLACE,
        key="download-evaluation",
    )


def _offer_scores(clips: Sequence[TrueClip], view: ViewSettings) -> None:
    st.button(
        "Compute detection scores (PSDS)",
        icon=":material/ssid_chart:",
        help="Polyphonic sound detection score: how good the scores are, whatever the thresholds. "
        "1 is perfect. PSDS 1 is about edges, PSDS 2 about classes that are mixed up.",
        on_click=callbacks.light("psds", _start_scores, clips, view),
    )


def _tell_scores(scores: _Scores) -> None:
    with st.container(horizontal=True, gap="medium"):
        for name, one in zip(("PSDS 1: edges", "PSDS 2: classes"), scores, strict=True):
            st.metric(name, "none" if one is None else f"{one.value:.3f}", width="content")
    st.caption(
        "Polyphonic sound detection scores of DCASE's two scenarios, up to 100 false alarms in an "
        "hour: from 0 to 1, whatever the thresholds, without merging, refined edges or related "
        "classes."
    )


def _scores_of(clips: Sequence[TrueClip], view: ViewSettings) -> _Scores | None:
    """Return the scores of these clips, if they were computed."""
    begun = current().view.scoring
    if begun is None or begun.key != true_clips.key_of(clips, view) or not begun.job.succeeded:
        return None
    return begun.job.result()


def _start_scores(clips: Sequence[TrueClip], view: ViewSettings) -> None:
    _cancel_scores()
    job = Job(partial(_scores, clips, view), name="psds", fair_queue=shared().fair_queue)
    current().view.scoring = Computing(true_clips.key_of(clips, view), job)
    waiting().wait_beside(job)


def _cancel_scores() -> None:
    view = current().view
    begun, view.scoring = view.scoring, None
    if begun is not None:
        waiting().leave_job(begun.job)


def _finish_scores() -> None:
    """Wait for the scores, if they were asked for."""
    view = current().view
    begun = view.scoring
    if begun is None or begun.job.succeeded:
        return
    if not begun.job.done:
        waiting().wait_beside(begun.job)  # again, where the connection was lost meanwhile
        with notices.beside_cancel(_cancel_scores, key="cancel-psds"):
            notices.watch(begun.job, "Trying all thresholds")
    if view.scoring is not begun:
        return  # another tab cancelled it
    try:
        begun.job.result()
    except Cancelled:
        view.scoring = None
    except EarmarkError as error:
        view.scoring = None
        notices.show_error(error)
    else:
        st.rerun()


def _scores(
    clips: Sequence[TrueClip], view: ViewSettings, progress: Callable[[float], None]
) -> _Scores:
    cases = [one.case(view) for one in clips]
    first = psds(cases, TIMING, progress=lambda done: progress(done / 2))
    return first, psds(cases, CONFUSION, progress=lambda done: progress((1 + done) / 2))
