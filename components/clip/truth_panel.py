"""Against the truth: a file of true events beside a clip, and how well what was found agrees."""

from collections.abc import Collection, Sequence
from dataclasses import replace

import streamlit as st

from components.clip import annotation, figures_table, true_clips, truth_columns
from components.player.shown_clip import NO_TRUTH, Mark, MarkState, ShownClip, TruthMarks
from components.style import text
from components.ui import callbacks, notices, settings, widgets
from components.view.findings import Findings
from components.workspace.choices import TruthList, TruthOfMany
from components.workspace.current import current
from components.workspace.recordings import Recording
from components.workspace.shared import shared
from models.errors import EarmarkError
from models.events.annotation import NumberedEvent, Review, ReviewCounts, count_reviews
from models.events.evaluation import COLLAR_S, Evaluation, evaluate, unknown_labels
from models.events.truth import TrueEvent

MAX_NAMED = 20
"""Labels that a remark names."""


def show(shown: ShownClip) -> TruthMarks:
    """Draw the panel, and return what the player is to show of it."""
    recording, findings = shown.recording, shown.findings
    model_labels = shown.analysis.timeline.labels
    st.header("Evaluation", anchor=False)
    given = _read(recording)
    if not true_clips.has_truth(current()):
        return NO_TRUTH
    collar_s, related = _read_collar(shown), _read_related()
    if given is None:
        return NO_TRUTH
    reviews = annotation.review(shown)
    counts = count_reviews(reviews)
    if counts.n_reviewed:
        _review(counts)
    truth = true_clips.shown_truth(given.events, findings.timeline.labels)
    labels = true_clips.shown_labels(given.labels, findings.timeline.labels) & set(findings.labels)
    # A broader class that more specific ones hide from view is found all the same.
    evaluation = evaluate(
        truth,
        findings.found,
        findings.timeline.labels,
        labels=labels,
        collar_s=collar_s,
        related=related,
    )
    _remarks(given.events, truth, labels, model_labels)
    _figures(evaluation, collar_s)
    verdict = _verdict(given.events, truth, findings, evaluation)
    return _without_unreviewed(verdict, reviews) if annotation.is_from_scratch(shown) else verdict


def _read_collar(shown: ShownClip) -> float:
    """Draw the collar's slider, and tell where the edges are less certain than the collar."""
    collar_s = settings.slider(
        "Tolerance of edges (collar, s)",
        *(0.1, 1.0, COLLAR_S, 0.05),
        name="collar",
        help="An event is correct if its onset lies within this of the true one, and its offset "
        "within this or half of the true event's length, whichever is longer.",
    )
    uncertain_s = true_clips.edge_uncertainty_s(shown.findings.timeline)
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


def _read(recording: Recording) -> TruthList | None:
    """Read the file beside the clip; None where there is none, or none that can be read."""
    view, key = current().view, f"truth-{recording.digest[:16]}"
    if recording.digest == shared().demonstration.digest:
        view.is_demonstration_true = settings.toggle(
            "Compare with what was put into the demonstration clip", name="demonstration-truth"
        )
        if view.is_demonstration_true and view.annotations.present(recording.digest) is None:
            return true_clips.truth_of(current(), recording)
    widgets.uploader(
        "Drop a list of true events with their times: labels of Audacity, ELAN, Praat or Sonic "
        "Visualiser, tables of Raven, BirdNET or DCASE, JAMS, or any table",
        key=key,
        take=callbacks.light(key, _take_truth, recording, key),
    )
    for name, error in current().messages.show_failures(key):
        notices.show_error(error, about=name)
    truth_columns.ask(recording, key)
    given, many = true_clips.truth_of(current(), recording), view.truth_of_many
    if given is None and many is None:
        return None
    with st.container(horizontal=True, vertical_alignment="center"):
        is_annotated = view.annotations.present(recording.digest) is not None
        st.caption(_annotated(given) if is_annotated else _source(given, many))
        st.button(
            "Remove the list",
            icon=":material/close:",
            key=f"remove-{key}",
            type="tertiary",
            on_click=view.remove_truth,
            args=(recording.digest,),
        )
    told = given or many
    for notice in () if told is None else told.notices:
        st.caption(text.escape_markdown(notice))
    return given


def _annotated(given: TruthList | None) -> str:
    n_events = 0 if given is None else len(given.events)
    count = "1 true event" if n_events == 1 else f"{n_events:,} true events"
    return f"**Annotated here**: {count}."


def _source(given: TruthList | None, many: TruthOfMany | None) -> str:
    """Say which list the true events are from, and which clips it is about."""
    if given is not None and (many is None or given.annotated is None):
        return f"From **{text.escape_markdown(text.shorten(given.file_name))}**"
    assert many is not None  # noqa: S101  # the caller has one of the two
    clips = current().recordings.all
    n_named = sum(many.find(one.name) is not None for one in clips)
    name = text.escape_markdown(text.shorten(many.file_name))
    told = f"**{name}** has {n_named:,} of the {len(clips):,} clips here"
    return f"{told}." if given is not None else f"{told}, and not this one."


def _take_truth(recording: Recording, key: str) -> None:
    """Read a list of true events out of the uploader, and keep it beside the recording."""
    workspace = current()  # before the uploader is emptied: see `widgets.uploader`
    files = widgets.take_files(key)
    if not files:
        return
    file = files[-1]
    try:
        truth_columns.take(workspace, recording, file.name, file.getvalue())
    except EarmarkError as error:
        workspace.messages.add_failure(key, file.name, error)


def _figures(evaluation: Evaluation, collar_s: float) -> None:
    if not evaluation.labels:
        st.info(
            "None of the list's labels is under evaluation, so there are no figures.",
            icon=":material/info:",
        )
        return
    kinds = {
        "Per second": evaluation.segments.overall,
        f"Per event (± {collar_s * 1000:.0f} ms)": evaluation.events.overall,
    }
    st.table({"": list(kinds), **figures_table.columns(list(kinds.values()))})
    st.caption(figures_table.EXPLANATION)
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
                **figures_table.columns(
                    [evaluation.segments.by_label[label] for label in evaluation.labels]
                ),
            },
            hide_index=True,
        )
        st.caption("Counted per second.")


def _review(counts: ReviewCounts) -> None:
    """Show the precision of what was reviewed, and what it means for the other figures."""
    st.markdown(f"**{annotation.summary(counts)}**")
    if counts.n_unreviewed:
        are = (
            "1 found event is"
            if counts.n_unreviewed == 1
            else f"{counts.n_unreviewed:,} found events are"
        )
        st.caption(
            f"{are} not reviewed. Those of the list's labels that match no true event count as "
            "false alarms in the figures below."
        )


def _without_unreviewed(verdict: TruthMarks, reviews: Sequence[Review]) -> TruthMarks:
    """Remove "false alarm" where the list is still being made, and the event was not reviewed."""
    judgements = (
        "" if judgement == "false alarm" and not review else judgement
        for judgement, review in zip(verdict.judgements, reviews, strict=True)
    )
    return replace(verdict, judgements=tuple(judgements))


def _verdict(
    given: Sequence[TrueEvent],
    truth: Sequence[TrueEvent],
    findings: Findings,
    evaluation: Evaluation,
) -> TruthMarks:
    """Judge the true events and the found ones; `truth` is `given` under the labels shown."""
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

    def state(place: int, label: str) -> MarkState:
        return missed.get(place, "correct") if label in judged else "not counted"

    places = {event: place for place, event in enumerate(findings.found)}
    return TruthMarks(
        marks=tuple(
            Mark(
                *(event.onset_s, event.offset_s, event.label, state(place, event.label)),
                number=own.number if isinstance(own, NumberedEvent) else place + 1,
                name=own.label,
            )
            for place, (own, event) in enumerate(zip(given, truth, strict=True))
        ),
        judgements=tuple(
            wrong.get(places[event], "correct")
            if event.label in judged or places[event] in hit
            else ""
            for event in findings.events
        ),
    )
