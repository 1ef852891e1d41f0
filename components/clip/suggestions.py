"""Suggestion of thresholds that fit the clips with true events."""

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from components.clip import explanation_text
from components.clip.figures_table import share
from components.clip.true_clips import Comparing, TrueClip
from components.ui import callbacks, notices
from components.view.settings import ViewSettings
from components.workspace.choices import Computing, Suggested
from components.workspace.current import current, waiting
from components.workspace.shared import shared
from models.errors import Cancelled, EarmarkError
from models.events.evaluation import Suggestion, Suggestions, suggest_thresholds
from models.jobs.job import Job


def offer(clips: Sequence[TrueClip], view: ViewSettings, how: Comparing) -> None:
    """Draw the button that starts the search, and its latest result."""
    own = dict(current().view.thresholds)
    st.button(
        "Suggest thresholds",
        icon=":material/tune:",
        help="Finds for each true label the threshold with the best F1 per event, within the "
        "collar and with the classes that you accept.",
        on_click=callbacks.light("suggest", _start, clips, view, own, how),
    )


def show(clips: Sequence[TrueClip]) -> None:
    """Show the thresholds suggested for these clips, if they were asked for."""
    told = current().view.suggested
    if told is None or told.digests != _digests(clips):
        return
    found, n_clips = told.suggestions, len(clips)
    better = {label: one for label, one in found.by_label.items() if label in found.better}
    if not better:
        where = "this clip" if n_clips == 1 else f"these {n_clips:,} clips"
        st.markdown(f"No other threshold does better in {where}.")
        return
    st.dataframe(_table(better, n_clips), hide_index=True)
    st.caption(_advice(found, told.collar_s, n_clips))


def _table(better: dict[str, Suggestion], n_clips: int) -> dict[str, list[str]]:
    rows = list(better.values())
    table = {
        "Label": list(better),
        "Threshold": [
            _arrow(*explanation_text.apart(one.threshold_before, one.threshold)) for one in rows
        ],
        "F1 per event": [_figures(one.before.events.f1, one.after.events.f1) for one in rows],
        "F1 per second": [_figures(one.before.segments.f1, one.after.segments.f1) for one in rows],
    }
    if n_clips > 1:
        held = [None if one.held_out is None else one.held_out.f1 for one in rows]
        table["F1 per event, left out"] = [share(value) for value in held]
    return table


def _advice(found: Suggestions, collar_s: float, n_clips: int) -> str:
    """Say how far the thresholds can be trusted."""
    before, after = found.before.events.f1, found.after.events.f1
    collar = f"± {collar_s * 1000:.0f} ms"
    words = f"All labels: F1 per event ({collar}) {_figures(before, after)}"
    where = "They are in the sidebar, under Thresholds of single classes."
    if found.held_out is None:
        return (
            f"{words} in this clip. The thresholds are fitted to this clip alone and may not suit "
            f"another one; add more clips with true events to see how they do elsewhere. {where}"
        )
    held = found.held_out.f1
    words += f" in the clips that they are fitted to, and {share(held)} where each clip is left out"
    words += " of the fit in turn: expect the latter for new recordings."
    if (held or 0.0) < (before or 0.0):
        words += f" That is less than without them: {n_clips:,} clips are too few to fit."
    return f"{words} {where}"


def _figures(before: float | None, after: float | None) -> str:
    return _arrow(share(before), share(after))


def _arrow(before: str, after: str) -> str:
    return f"{before} → {after}"


def finish() -> None:
    """Wait for the suggested thresholds, if they were asked for, and set them."""
    view = current().view
    begun = view.suggesting
    if begun is None:
        return
    if not begun.job.done:
        waiting().wait_beside(begun.job)  # again, where the connection was lost meanwhile
        with notices.beside_cancel(_cancel, key="cancel-suggesting"):
            notices.watch(begun.job, "Trying thresholds")
    if view.suggesting is not begun:
        return  # another tab cancelled it, or has set them
    view.suggesting = None
    try:
        found = begun.job.result()
    except Cancelled:
        return
    except EarmarkError as error:
        notices.show_error(error)
        return
    view.suggested = found
    view.set_thresholds({**view.thresholds, **found.suggestions.better})
    st.rerun()


def _start(
    clips: Sequence[TrueClip], view: ViewSettings, own: dict[str, float], how: Comparing
) -> None:
    _cancel()
    job = Job(
        partial(_suggestions, clips, view, own, how),
        name="suggest",
        fair_queue=shared().fair_queue,
    )
    current().view.suggesting = Computing(_digests(clips), job)
    waiting().wait_beside(job)


def _cancel() -> None:
    tab, view = waiting(), current().view
    begun, view.suggesting = view.suggesting, None
    if begun is not None:
        tab.leave_job(begun.job)


def _suggestions(
    clips: Sequence[TrueClip],
    view: ViewSettings,
    own: dict[str, float],
    how: Comparing,
    progress: Callable[[float], None],
) -> Suggested:
    found = suggest_thresholds(
        [one.case(view) for one in clips],
        view.rules(own),
        collar_s=how.collar_s,
        related=how.related,
        progress=progress,
    )
    return Suggested(_digests(clips), how.collar_s, found)


def _digests(clips: Sequence[TrueClip]) -> tuple[str, ...]:
    return tuple(one.recording.digest for one in clips)
