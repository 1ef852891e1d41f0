"""Figures of several clips: pooled over all events, and as the mean of the labels."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from models.events.evaluation.evaluation import Evaluation
from models.events.evaluation.metrics import Agreement, Counts, together


@dataclass(frozen=True)
class Means:
    """Means of the labels' figures (macro average), each in [0, 1].

    A label without the figure counts in none of its means: one that was never found has no
    precision. Its F1 is 0, where sed_eval leaves it out.

    Parameters
    ----------
    precision, recall, f1 : float or None
        None if no label has the figure.
    """

    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True)
class Pooled:
    """Figures of several clips.

    Parameters
    ----------
    clips : mapping of str to Evaluation
        Figures of each clip, by its name.
    segments, events : Agreement
        Counts of all clips together: for all labels (micro average), and for each.
    n_edges_off : int
        How many of the missed true events overlap an estimated event of their label.
    """

    clips: Mapping[str, Evaluation]
    segments: Agreement
    events: Agreement
    n_edges_off: int


def macro(agreement: Agreement) -> Means:
    """Average the figures of all labels, each label counting once."""
    counts = agreement.by_label.values()
    return Means(
        precision=_mean(each.precision for each in counts),
        recall=_mean(each.recall for each in counts),
        f1=_mean(each.f1 for each in counts),
    )


def pool(clips: Mapping[str, Evaluation]) -> Pooled:
    """Add up the counts of several clips.

    Parameters
    ----------
    clips : mapping of str to Evaluation
        Figures of each clip. A label counts in those clips where it is under evaluation.

    Returns
    -------
    Pooled
        Labels in alphabetical order.
    """
    return Pooled(
        clips=dict(clips),
        segments=add([one.segments for one in clips.values()]),
        events=add([one.events for one in clips.values()]),
        n_edges_off=sum(len(one.comparison.near_misses) for one in clips.values()),
    )


def add(agreements: Sequence[Agreement]) -> Agreement:
    """Add up counts, label by label; labels in alphabetical order."""
    labels = sorted({label for one in agreements for label in one.by_label})
    return together({label: _sum(agreements, label) for label in labels})


def _sum(agreements: Sequence[Agreement], label: str) -> Counts:
    counts = [one.by_label[label] for one in agreements if label in one.by_label]

    def total(part: Callable[[Counts], int]) -> int:
        return sum(map(part, counts))

    return Counts(total(lambda one: one.tp), total(lambda one: one.fp), total(lambda one: one.fn))


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
