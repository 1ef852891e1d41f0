"""Against the truth: a file of true events beside a clip, and how well what was found agrees."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial

import streamlit as st

from components.clip import explanation_text, truth_columns
from components.player.shown_clip import NO_TRUTH, Mark, MarkState, ShownClip, TruthMarks
from components.style import text
from components.ui import notices, settings, widgets
from components.view.findings import Findings
from components.workspace.current import current, waiting
from components.workspace.recordings import Recording
from components.workspace.shared import shared
from components.workspace.view import Suggesting
from models.demonstration import demonstration_events
from models.errors import Cancelled, EarmarkError
from models.events.evaluation import (
    COLLAR_S,
    Counts,
    Evaluation,
    Suggestion,
    evaluate,
    suggest_thresholds,
    unknown_labels,
)
from models.events.truth import TrueEvent
from models.jobs.job import Job

MAX_NAMED = 20
"""Labels that a remark names."""


def show(shown: ShownClip) -> TruthMarks:
    """Draw the panel, and return what the player is to show of it."""
    recording, findings = shown.recording, shown.findings
    model_labels = shown.analysis.timeline.labels
    st.header("Evaluation", anchor=False)
    given = _read(recording)
    if given is None:
        return NO_TRUTH
    truth = [replace(event, label=findings.name_for(event.label)) for event in given]
    labels = {event.label for event in truth} & set(findings.labels)
    # A broader class that more specific ones hide from view is found all the same.
    collar_s = _read_collar(shown)
    evaluation = evaluate(
        truth,
        findings.found,
        findings.timeline.labels,
        labels=labels,
        collar_s=collar_s,
        related=_read_related(),
    )
    _remarks(given, truth, labels, model_labels)
    _figures(evaluation, collar_s)
    _offer_thresholds(recording, [event for event in truth if event.label in labels], findings)
    return _verdict(truth, findings, evaluation)


def _read_collar(shown: ShownClip) -> float:
    """Draw the collar's slider, and tell where the edges are less certain than the collar."""
    collar_s = settings.slider(
        "Collar (s)",
        *(0.1, 1.0, COLLAR_S, 0.05),
        name="collar",
        help="An event is correct if its onset lies within this of the true one, and its offset "
        "within this or half of the true event's length, whichever is longer.",
    )
    timeline = shown.findings.timeline
    uncertain_s = (timeline.window_s + timeline.hop_s) / 2
    if collar_s < uncertain_s:
        which = "Where the sound has no clear edge, an event's" if shown.view.refine else "The"
        remedy = (
            "" if shown.view.refine else " Turn on “Edges from the sound”, or widen the collar."
        )
        st.caption(
            f"{which} edges lie on the grid of the windows, and are uncertain by up to "
            f"± {uncertain_s:.2f} s: more than the collar.{remedy}"
        )
    return collar_s


def _read_related() -> bool:
    return settings.toggle(
        "Accept broader and narrower classes",
        name="related",
        help="A found “Bird” then satisfies a true “Chirp, tweet”, and the other way round. Found "
        "events of classes that the list does not name are never false alarms.",
    )


def _remarks(
    given: Sequence[TrueEvent],
    truth: Sequence[TrueEvent],
    labels: Collection[str],
    model_labels: Collection[str],
) -> None:
    """Say what counts nowhere, and why."""
    unknown = unknown_labels(given, model_labels)
    if unknown:
        st.warning(
            text.escape_markdown(
                f"The model has no label for: {_named(unknown)}. "
                "Events with these labels are not counted."
            ),
            icon=":material/label_off:",
        )
    hidden = sorted({e.label for e in truth} - set(labels) - set(unknown))
    if hidden:
        st.info(
            text.escape_markdown(
                f"Not shown under these settings, and so not counted: {_named(hidden)}."
            ),
            icon=":material/visibility_off:",
        )


def _named(labels: Sequence[str]) -> str:
    """Name labels: the first ones, and how many more there are."""
    shown = ", ".join(text.shorten(label) for label in labels[:MAX_NAMED])
    n_more = len(labels) - MAX_NAMED
    return f"{shown} and {n_more:,} more" if n_more > 0 else shown


def _read(recording: Recording) -> Sequence[TrueEvent] | None:
    """Read the file beside the clip; None where there is none, or none that can be read."""
    is_demonstration = recording.digest == shared().demonstration.digest
    if is_demonstration and settings.toggle(
        "Compare with what was put into the demonstration clip", name="demonstration-truth"
    ):
        return demonstration_events()
    view, key = current().view, f"truth-{recording.digest[:16]}"
    st.file_uploader(
        "Drop a list of true events with their times: labels of Audacity, ELAN, Praat or Sonic "
        "Visualiser, tables of Raven, BirdNET or DCASE, JAMS, or any table",
        key=widgets.fresh_key(key),
        on_change=_take_truth,
        args=(recording, key),
    )
    for name, error in current().messages.show_failures(key):
        notices.show_error(error, about=name)
    truth_columns.ask(recording, key)
    given = view.truth.get(recording.digest)
    if given is None:
        return None
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"From **{text.escape_markdown(text.shorten(given.file_name))}**")
        st.button(
            "Remove the list",
            icon=":material/close:",
            key=f"remove-{key}",
            type="tertiary",
            on_click=view.forget,
            args=(recording.digest,),
        )
    for notice in given.notices:
        st.caption(text.escape_markdown(notice))
    return given.events


def _take_truth(recording: Recording, key: str) -> None:
    """Read a list of true events out of the uploader, and keep it beside the recording."""
    workspace = current()
    files = widgets.empty(key)
    if not files:
        return
    file = files[-1]
    try:
        truth_columns.take(recording, file.name, file.getvalue())
    except EarmarkError as error:
        workspace.messages.add_failure(key, file.name, error)


def _figures(evaluation: Evaluation, collar_s: float) -> None:
    kinds = {
        "Per second": evaluation.segments.overall,
        f"Per event (± {collar_s * 1000:.0f} ms)": evaluation.events.overall,
    }
    st.table({"": list(kinds), **_columns(list(kinds.values()))})
    near, alarms = evaluation.comparison.near_misses, evaluation.comparison.near_false_alarms
    if near or alarms:
        st.caption(
            f"Right class, edges off: {len(near):,} of the missed events, and {len(alarms):,} of "
            "the false alarms. They overlap an event of the same class, with edges beyond the "
            "collar."
        )
    with st.expander("By label"):
        st.dataframe(
            {
                "Label": list(evaluation.labels),
                **_columns([evaluation.segments.by_label[label] for label in evaluation.labels]),
            },
            hide_index=True,
        )
        st.caption("Counted per second.")


def _columns(counts: Sequence[Counts]) -> dict[str, list[str]]:
    """Precision, recall and F1 in words, a row each."""
    return {
        "Precision": [_share(each.precision) for each in counts],
        "Recall": [_share(each.recall) for each in counts],
        "F1": [_share(each.f1) for each in counts],
        "Correct": [str(each.tp) for each in counts],
        "Missed": [str(each.fn) for each in counts],
        "False alarms": [str(each.fp) for each in counts],
    }


def _share(value: float | None) -> str:
    return "none" if value is None else f"{value:.2f}"


def _offer_thresholds(recording: Recording, truth: Sequence[TrueEvent], findings: Findings) -> None:
    st.button(
        "Suggest thresholds",
        icon=":material/tune:",
        help="Finds for each true label the threshold with the best F1 per second in this clip, "
        "each label by itself.",
        on_click=_start_suggesting,
        args=(recording, truth, findings),
    )
    told = current().view.suggestions.get(recording.digest)
    if told is not None:
        rows = [f"- **{text.escape_markdown(label)}**: {words}" for label, words in told.items()]
        st.markdown("\n".join(rows) or "No other threshold does better in this clip.")
    st.caption(
        "Suggested thresholds are fitted to this clip alone and may not suit another one. They "
        "are in the sidebar, under Thresholds of single classes."
    )


def _start_suggesting(recording: Recording, truth: Sequence[TrueEvent], findings: Findings) -> None:
    tab, view = waiting(), current().view
    if view.suggesting is not None:
        tab.leave_job(view.suggesting.job)
    job = Job(
        partial(_suggestions, truth, findings), name="suggest", fair_queue=shared().fair_queue
    )
    view.suggesting = Suggesting(recording.digest, job)
    tab.wait_beside(job)


def _cancel_suggesting() -> None:
    tab, view = waiting(), current().view
    begun, view.suggesting = view.suggesting, None
    if begun is not None:
        tab.leave_job(begun.job)


def finish_suggesting(recording: Recording, findings: Findings) -> None:
    """Wait for the thresholds suggested for a recording, if they were asked for, and set them."""
    view = current().view
    begun = view.suggesting
    if begun is None or begun.digest != recording.digest:
        return
    if not begun.job.done:
        waiting().wait_beside(begun.job)  # again, where the connection was lost meanwhile
        with notices.beside_cancel(_cancel_suggesting, key="cancel-suggesting"):
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
    better = {label: best for label, best in found.items() if best.f1 > best.f1_before}
    view.suggestions[recording.digest] = {
        label: _told(best, findings, label) for label, best in better.items()
    }
    fitted = {label: best.threshold for label, best in better.items()}
    view.set_thresholds({**view.thresholds, **fitted})
    st.rerun()


def _suggestions(
    truth: Sequence[TrueEvent], findings: Findings, progress: Callable[[float], None]
) -> dict[str, Suggestion]:
    rules = findings.rules
    return suggest_thresholds(
        findings.timeline,
        truth,
        rules.threshold,
        thresholds=dict(rules.thresholds),
        offset_threshold=rules.offset_threshold,
        merge_gap_s=rules.merge_gap_s,
        min_duration_s=rules.min_duration_s,
        audible=findings.audible,
        progress=progress,
    )


def _told(best: Suggestion, findings: Findings, label: str) -> str:
    before, after = explanation_text.apart(findings.rules.onset_for(label), best.threshold)
    return f"{before} → {after}, F1 {best.f1_before:.2f} → {best.f1:.2f}"


def _verdict(truth: Sequence[TrueEvent], findings: Findings, evaluation: Evaluation) -> TruthMarks:
    comparison = evaluation.comparison
    hit = {place for _, place in comparison.hits}
    missed: dict[int, MarkState] = {
        **dict.fromkeys(comparison.misses, "missed"),
        **dict.fromkeys(comparison.near_misses, "edges off"),
    }
    wrong = {
        **dict.fromkeys(comparison.false_alarms, "false alarm"),
        **dict.fromkeys(comparison.near_false_alarms, "edges off"),
    }
    judged = set(evaluation.labels)
    places = {event: place for place, event in enumerate(findings.found)}
    return TruthMarks(
        marks=tuple(
            Mark(event.onset_s, event.offset_s, event.label, missed.get(place, "correct"))
            for place, event in enumerate(truth)
        ),
        judgements=tuple(
            wrong.get(places[event], "correct")
            if event.label in judged or places[event] in hit
            else ""
            for event in findings.events
        ),
    )
