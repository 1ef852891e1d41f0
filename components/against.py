"""Against the truth: a file of true events beside a clip, and how well what was found agrees."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from components import notices, state, text
from components.findings import Findings
from components.player.data import Mark
from components.state import Recording
from models.demonstration import demonstration_events
from models.errors import EarmarkError
from models.evaluation import COLLAR_S, Counts, Evaluation, evaluate, suggest_thresholds
from models.truth import TrueEvent, read_truth


@dataclass(frozen=True)
class Verdict:
    """What the player shows of it.

    Parameters
    ----------
    truth : tuple of Mark
        True events, found or missed.
    judgements : tuple of str
        ``hit``, ``false alarm``, or nothing where the truth does not name an event's label; one
        for each event that was found.
    """

    truth: tuple[Mark, ...] = ()
    judgements: tuple[str, ...] = ()


def show(recording: Recording, findings: Findings) -> Verdict:
    """Draw the panel, and return what the player is to show of it."""
    st.subheader("Against the truth", anchor=False)
    truth = _read(recording)
    if truth is None:
        return Verdict()
    evaluation = evaluate(truth, findings.events, findings.timeline.labels)
    if evaluation.unknown_labels:
        names = ", ".join(evaluation.unknown_labels)
        st.warning(
            text.escape_markdown(
                f"The model has no label for: {names}. What has one of these counts nowhere."
            ),
            icon=":material/label_off:",
        )
    _figures(evaluation)
    _offer_thresholds(truth, findings)
    return _verdict(truth, findings, evaluation)


def _read(recording: Recording) -> Sequence[TrueEvent] | None:
    """Read the file beside the clip; None where there is none, or none that can be read."""
    is_demonstration = recording.digest == state.demonstration().digest
    if is_demonstration and st.toggle(
        "Compare with what was put into the demonstration clip", key="demonstration-truth"
    ):
        return demonstration_events()
    file = st.file_uploader(
        "Drop a list of what truly sounds in it, and when: Audacity labels, a DCASE event list or "
        "a Raven selection table",
        key=f"truth-{recording.digest[:16]}",
    )
    if file is None:
        return None
    try:
        return read_truth(file.getvalue(), file.name, clip_name=recording.name)
    except EarmarkError as error:
        notices.show_error(error, about=file.name)
        return None


def _figures(evaluation: Evaluation) -> None:
    kinds = {
        "Per second": evaluation.segments.overall,
        f"Per event (± {COLLAR_S * 1000:.0f} ms)": evaluation.events.overall,
    }
    st.table({"": list(kinds), **_columns(list(kinds.values()))})
    with st.expander("Label by label"):
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
        "Hits": [str(each.tp) for each in counts],
        "Missed": [str(each.fn) for each in counts],
        "False alarms": [str(each.fp) for each in counts],
    }


def _share(value: float | None) -> str:
    return "none" if value is None else f"{value:.2f}"


def _offer_thresholds(truth: Sequence[TrueEvent], findings: Findings) -> None:
    if st.button(
        "Suggest thresholds",
        icon=":material/tune:",
        help="Finds the threshold of each true label with the best F1 in this clip.",
    ):
        rules = findings.rules
        found = suggest_thresholds(
            findings.timeline,
            truth,
            rules.threshold,
            thresholds=dict(rules.thresholds),
            offset_threshold=rules.offset_threshold,
            merge_gap_s=rules.merge_gap_s,
            min_duration_s=rules.min_duration_s,
            audible=findings.audible,
        )
        # Rounded down, as the table shows it: rounded up, the best score itself would be lost.
        fitted = {label: int(100 * best.threshold) / 100 for label, best in found.items()}
        state.set_thresholds({**state.own_thresholds(), **fitted})
        st.rerun()
    st.caption(
        "Suggested thresholds are fitted to this clip alone: they say what would have been best "
        "here, and little about another one. They stand in the settings, under Thresholds of "
        "single classes."
    )


def _verdict(truth: Sequence[TrueEvent], findings: Findings, evaluation: Evaluation) -> Verdict:
    hit = {place for place, _ in evaluation.comparison.hits}
    wrong = set(evaluation.comparison.false_alarms)
    judged = set(evaluation.labels)
    return Verdict(
        truth=tuple(
            Mark(event.onset_s, event.offset_s, event.label, place in hit)
            for place, event in enumerate(truth)
        ),
        judgements=tuple(
            ("false alarm" if place in wrong else "hit") if event.label in judged else ""
            for place, event in enumerate(findings.events)
        ),
    )
