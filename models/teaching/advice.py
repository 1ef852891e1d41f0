"""Advice on the examples of a taught classifier.

The advice is derived from the examples and the assessment, without running a model.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from models.teaching.assessment import Assessment
from models.teaching.examples import SILENT_DBFS, Example

FEW = 5
"""Number of examples below which a class is reported as having too few. With 5 examples per class,
97 % of ESC-10's held-out clips are classified correctly, with 1 example 88 %."""

UNBALANCED = 4
"""Largest ratio of the example counts of two classes that is not reported. Training weights all
classes equally; beyond this ratio the smallest class is represented by too few sounds."""

CLIPPED = 0.001
"""Share of samples at full scale from which an example is reported as clipped, in [0, 1]. Loud
peaks also touch full scale, but for less than a thousandth of the time."""

QUIET_DBFS = -50.0
"""Level of the loudest window below which an example is reported as quiet, in dBFS. The quietest
example of ESC-10 has -47 dBFS."""

CONFUSED = 0.2
"""Share of a class's examples classified as one other class from which the two are reported, in
[0, 1]."""

Kind = Literal[
    "few",
    "unbalanced",
    "twice",
    "contradiction",
    "clipped",
    "silent",
    "quiet",
    "one go",
    "confused",
]


@dataclass(frozen=True)
class Advice:
    """One suggestion for better examples.

    Parameters
    ----------
    kind : str
        Kind of the suggestion.
    text : str
        The finding and the remedy, in two sentences.
    examples : tuple of int
        Indices of the examples concerned; empty if the suggestion concerns a whole class.
    """

    kind: Kind
    text: str
    examples: tuple[int, ...] = ()


def advise(examples: Sequence[Example], assessment: Assessment | None) -> tuple[Advice, ...]:
    """Suggest better examples for a taught classifier.

    Parameters
    ----------
    examples : sequence of Example
        The training examples. Synthesised examples are ignored.
    assessment : Assessment or None
        Cross-validation results on these examples.

    Returns
    -------
    tuple of Advice
        The most important first; empty if nothing is found.
    """
    given = [(at, one) for at, one in enumerate(examples) if not one.synthesised]
    return (
        *_on_repetitions(given),
        *_on_numbers(given),
        *_on_sound(given),
        *_on_confusions(assessment),
    )


def _on_repetitions(given: Sequence[tuple[int, Example]]) -> Iterator[Advice]:
    for digest, count in Counter(example.digest for _, example in given).items():
        if count == 1:
            continue
        same = tuple(at for at, example in given if example.digest == digest)
        labels = list(
            dict.fromkeys(example.label for _, example in given if example.digest == digest)
        )
        if len(labels) > 1:
            text = f"The same sound is an example of {_listed(labels)}. Leave it in one of them."
            yield Advice("contradiction", text, same)
        else:
            text = (
                f"{labels[0]} has the same sound {count} times. It teaches nothing new: leave one."
            )
            yield Advice("twice", text, same)


def _on_numbers(given: Sequence[tuple[int, Example]]) -> Iterator[Advice]:
    heard = [example for _, example in given if not example.is_silent]
    counts = Counter(example.label for example in heard)
    for label, count in counts.items():
        recordings = {example.recording for example in heard if example.label == label}
        if count < FEW:
            text = f"{label} has {_counted(count)}. Add some until there are {FEW} or more."
            yield Advice("few", text)
        if len(recordings) == 1 and count > 1:
            text = (
                f"All {count} examples of {label} were recorded in one go. Add some of another"
                " day, place or microphone, or the place may be learnt instead of the sound."
            )
            yield Advice("one go", text)
    if counts and max(counts.values()) > UNBALANCED * min(counts.values()):
        most, least = max(counts, key=counts.__getitem__), min(counts, key=counts.__getitem__)
        text = (
            f"{most} has {_counted(counts[most])}, {least} only {counts[least]}. Add some to the"
            " smaller ones rather than to the larger."
        )
        yield Advice("unbalanced", text)


def _on_sound(given: Sequence[tuple[int, Example]]) -> Iterator[Advice]:
    found: tuple[tuple[Kind, list[tuple[int, Example]], str, str], ...] = (
        (
            "silent",
            [(at, one) for at, one in given if one.is_silent],
            f"silent (under {_level(SILENT_DBFS)}), and nothing was learnt",
            "Leave out what is silent, or record it louder.",
        ),
        (
            "quiet",
            [(at, one) for at, one in given if not one.is_silent and one.level_dbfs < QUIET_DBFS],
            f"very quiet (under {_level(QUIET_DBFS)})",
            "Record closer to the microphone.",
        ),
        (
            "clipped",
            [(at, one) for at, one in given if one.clipped >= CLIPPED],
            "overdriven, with peaks cut off",
            "Record at a lower level.",
        ),
    )
    for kind, about, what, remedy in found:
        for label, count in Counter(example.label for _, example in about).items():
            own = tuple(at for at, example in about if example.label == label)
            verb = "is" if count == 1 else "are"
            yield Advice(kind, f"Of {label}, {_counted(count)} {verb} {what}. {remedy}", own)


def _on_confusions(assessment: Assessment | None) -> Iterator[Advice]:
    if assessment is None:
        return
    for row, label in enumerate(assessment.labels):
        total = int(assessment.confusion[row].sum())
        for column, other in enumerate(assessment.labels):
            taken = int(assessment.confusion[row, column])
            if column != row and taken > 1 and taken >= CONFUSED * total:
                about = tuple(
                    one.example
                    for one in assessment.mistakes
                    if (one.label, one.heard_as) == (label, other)
                )
                text = (
                    f"{taken} of {total} examples of {label} were taken for {other}. Listen to"
                    " them; if they are right, add more that show the difference."
                )
                yield Advice("confused", text, about)


def _counted(count: int) -> str:
    return "1 example" if count == 1 else f"{count} examples"


def _level(dbfs: float) -> str:
    return f"{dbfs:g} dBFS".replace("-", "−")


def _listed(labels: Sequence[str]) -> str:
    return f"{', '.join(labels[:-1])} and {labels[-1]}"
