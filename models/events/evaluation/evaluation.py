"""Everything about how events agree with the truth, in one call."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from models.events import Event
from models.events.evaluation.matching import (
    COLLAR_S,
    PERCENTAGE_OF_LENGTH,
    Comparison,
    compare,
    event_based,
    related_labels,
)
from models.events.evaluation.metrics import TIME_RESOLUTION_S, Agreement, segment_based
from models.events.truth import TrueEvent


@dataclass(frozen=True)
class Evaluation:
    """All that is known of how events agree with the truth.

    Parameters
    ----------
    labels : tuple of str
        Labels under evaluation.
    unknown_labels : tuple of str
        Labels of the truth that the model does not have, in alphabetical order. Their events count
        nowhere: they cannot be heard.
    segments, events : Agreement
        Segment-based and event-based figures.
    comparison : Comparison
        Which events are hits, misses and false alarms. Events with labels that are not under
        evaluation are none of them.
    """

    labels: tuple[str, ...]
    unknown_labels: tuple[str, ...]
    segments: Agreement
    events: Agreement
    comparison: Comparison


def evaluate(
    truth: Sequence[TrueEvent],
    estimated: Sequence[Event],
    model_labels: Collection[str],
    *,
    labels: Collection[str] | None = None,
    time_resolution_s: float = TIME_RESOLUTION_S,
    collar_s: float = COLLAR_S,
    percentage_of_length: float = PERCENTAGE_OF_LENGTH,
    evaluate_offset: bool = True,
    related: bool = False,
) -> Evaluation:
    """Compare events with what truly sounds.

    Parameters
    ----------
    truth : sequence of TrueEvent
        What truly sounds.
    estimated : sequence of Event
        What was heard.
    model_labels : collection of str
        What the model can hear.
    labels : collection of str, optional
        Labels under evaluation; by default those of the truth that the model has.
    time_resolution_s : float
        Length of a segment, in seconds, at least 0.01.
    collar_s : float
        Leeway of onsets, and the least of offsets, in seconds.
    percentage_of_length : float
        Leeway of an offset as a share of the true event's length, in [0, 1].
    evaluate_offset : bool
        Whether an event-based hit needs the right offset, too.
    related : bool
        Whether broader and narrower labels of AudioSet's taxonomy count as right, too: a found
        "Bird" for a true "Chirp, tweet".

    Returns
    -------
    Evaluation
        Figures, and which events are which.

    Raises
    ------
    SettingError
        If a value lies outside its range.

    Examples
    --------
    >>> from models import Event, TrueEvent
    >>> from models.events.evaluation import evaluate
    >>> truth = [TrueEvent(1.0, 2.0, "Dog"), TrueEvent(4.0, 5.0, "Dog")]
    >>> found = [Event(1.1, 2.1, "Dog", 0.9, 0.7), Event(7.0, 8.0, "Dog", 0.4, 0.3)]
    >>> evaluation = evaluate(truth, found, model_labels=["Dog"])
    >>> counts = evaluation.events.overall
    >>> counts.tp, counts.fp, counts.fn, counts.f1
    (1, 1, 1, 0.5)
    """
    unknown = unknown_labels(truth, model_labels)
    if labels is None:
        labels = {event.label for event in truth} - set(unknown)
    chosen = tuple(sorted(set(labels)))
    comparison = compare(
        truth,
        estimated,
        labels=chosen,
        related=related,
        collar_s=collar_s,
        percentage_of_length=percentage_of_length,
        evaluate_offset=evaluate_offset,
    )
    return Evaluation(
        labels=chosen,
        unknown_labels=unknown,
        segments=segment_based(
            truth,
            estimated,
            chosen,
            time_resolution_s=time_resolution_s,
            related_to=related_labels if related else lambda _label: (),
        ),
        events=event_based(truth, estimated, chosen, comparison),
        comparison=comparison,
    )


def unknown_labels(truth: Iterable[TrueEvent], model_labels: Collection[str]) -> tuple[str, ...]:
    """Labels of the truth that the model does not have, in alphabetical order."""
    return tuple(sorted({event.label for event in truth} - set(model_labels)))
