"""What is in a clip, in one or two sentences.

Conventions
-----------
Of classes within each other the most specific is named (`taxonomy.most_specific`), and of classes
of the same times none that contains another. Classes are ranked by the time that they last times
their peak score; what lasts throughout comes first, the rest in the order of time, silence last. A
label stands for itself: "Bark at 0:01 and 0:03", not "a dog barks".
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from models.events import taxonomy
from models.events.boundaries import SILENCE
from models.events.event import Event
from models.events.totals import covered_s

MAX_NAMED = 4
"""Classes that are named; of the others the number is told."""

MINOR = 0.15
"""A class of less than this share of the first one's weight is left out."""

THROUGHOUT = 0.7
"""Share of the clip that a class has to last, beginning and ending near its ends, to be said to
last throughout."""

NEAR_END = 0.15
"""What is near an end of the clip, as a share of it."""

JOINED_S = 1.0
"""Events of a class with less than this between them are told of as one, in seconds."""

MOMENT_S = 2.0
"""An event up to this long is told by its beginning alone, in seconds."""

MAX_TIMES = 3
"""Times at which a class is said to sound; of more, their number is told."""

OTHERWISE = 0.85
"""Share of the clip that classes and silence have to take together for the rest to be silence."""

LEAST_SILENCE = 0.1
"""Share of the clip below which silence is not worth a word."""

_Span = tuple[float, float]


@dataclass(frozen=True)
class _Sounding:
    """When a class sounds, in seconds, ordered and apart."""

    label: str
    spans: tuple[_Span, ...]
    weight: float

    @property
    def lasts_s(self) -> float:
        return sum(offset_s - onset_s for onset_s, offset_s in self.spans)


def summarise(
    events: Iterable[Event], duration_s: float, *, guess: tuple[str, float] | None = None
) -> str:
    """Say what is in a clip.

    Parameters
    ----------
    events : iterable of Event
        What was found, of any classes.
    duration_s : float
        Length of the clip, in seconds.
    guess : (str, float), optional
        Label with the highest score anywhere but for Silence, and that score in [0, 1]: told where
        there are no events but of silence.

    Returns
    -------
    str
        One sentence with a full stop, such as "Speech throughout, with music from 0:42."

    Examples
    --------
    >>> from models import Event
    >>> from models.events.summary import summarise
    >>> bark = [Event(0.9, 1.3, "Bark", 0.8, 0.7), Event(3.1, 3.4, "Bark", 0.7, 0.6)]
    >>> summarise([*bark, Event(3.5, 9.0, "Silence", 1.0, 0.9)], duration_s=9.0)
    'Bark at 0:01 and 0:03; silence from 0:04.'
    >>> summarise([], duration_s=9.0, guess=("Bird", 0.21))
    'Unclear: the best guess is bird, with a score of 0.21.'
    """
    classes = _classes(taxonomy.most_specific(events))
    silent = [one for one in classes if one.label == SILENCE]
    sounding = [one for one in classes if one.label != SILENCE]
    if not sounding:
        return _without_sounds(silent, duration_s, guess)
    ranked = sorted(sounding, key=lambda one: -one.weight)
    ranked = [one for one in ranked if one.weight >= MINOR * ranked[0].weight]
    named = ranked[:MAX_NAMED]
    first = [one for one in named if _is_throughout(one, duration_s)]
    rest = sorted((one for one in named if one not in first), key=lambda one: one.spans)
    phrases = _phrases(rest, duration_s)
    if len(ranked) > len(named):
        more = len(ranked) - len(named)
        phrases.append(f"{more} more {'class' if more == 1 else 'classes'}")
    said = _listed(phrases)
    if first:
        lead = _listed(_names(one.label for one in first)) + " throughout"
        said = f"{lead}, with {said}" if phrases else lead
    else:
        said += _silence(silent, sounding, duration_s)
    return f"{said[0].upper()}{said[1:]}."


def name(label: str) -> str:
    """Write a label as it reads inside a sentence.

    Parameters
    ----------
    label : str
        As the model spells it.

    Returns
    -------
    str
        Its first name alone where it lists several, and without a capital unless it is a proper
        name: "smoke detector" for "Smoke detector, smoke alarm".
    """
    first, _, others = label.partition(", ")
    if first in ("Inside", "Outside"):
        return f"{first.lower()} ({others})" if others else first.lower()
    is_proper = first.split(" ")[0] in PROPER_NAMES or first[1:2].isupper()
    return first if is_proper else first[:1].lower() + first[1:]


PROPER_NAMES = frozenset({"Carnatic", "Christian", "Christmas", "French", "Hammond", "Middle"})
"""Words at the beginning of AudioSet's labels that keep their capital."""


def clock(seconds: float) -> str:
    """Write a time as ``0:03``, ``12:40`` or ``1:02:03``."""
    minutes, rest = divmod(math.floor(seconds + 0.5), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _classes(events: Iterable[Event]) -> list[_Sounding]:
    by_label: dict[str, list[Event]] = {}
    for event in sorted(events):
        by_label.setdefault(event.label, []).append(event)
    found = []
    for label, some in by_label.items():
        spans: list[_Span] = []
        for event in some:
            if spans and event.onset_s - spans[-1][1] < JOINED_S:
                spans[-1] = (spans[-1][0], max(spans[-1][1], event.offset_s))
            else:
                spans.append((event.onset_s, event.offset_s))
        weight = sum((event.offset_s - event.onset_s) * event.peak for event in some)
        found.append(_Sounding(label, tuple(spans), weight))
    return found


def _without_sounds(
    silent: Sequence[_Sounding], duration_s: float, guess: tuple[str, float] | None
) -> str:
    if silent and (_is_throughout(silent[0], duration_s) or guess is None):
        return f"Silence {_when(silent[0], duration_s)}."
    if guess is None:
        return "Nothing was recognised."
    label, score = guess
    said = f"Unclear: the best guess is {name(label)}, with a score of {score:.2f}"
    return f"{said}; otherwise silence." if silent else f"{said}."


def _is_throughout(one: _Sounding, duration_s: float) -> bool:
    near_s = NEAR_END * duration_s
    begins, ends = one.spans[0][0] <= near_s, one.spans[-1][1] >= duration_s - near_s
    return begins and ends and one.lasts_s >= THROUGHOUT * duration_s


def _phrases(classes: Iterable[_Sounding], duration_s: float) -> list[str]:
    """Say when classes sound, those of the same times together."""
    together: dict[str, list[str]] = {}
    for one in classes:
        together.setdefault(_when(one, duration_s), []).append(one.label)
    return [f"{_listed(_names(labels))} {when}" for when, labels in together.items()]


def _names(labels: Iterable[str]) -> list[str]:
    """Write labels of the same times, without those that contain another of them."""
    given = list(labels)
    broader = {one for label in given for one in taxonomy.ancestors(label)}
    return list(dict.fromkeys(name(label) for label in given if label not in broader))


def _when(one: _Sounding, duration_s: float) -> str:
    spans = one.spans
    if all(offset_s - onset_s <= MOMENT_S for onset_s, offset_s in spans):
        times = list(dict.fromkeys(clock(onset_s) for onset_s, _ in spans))
        if len(times) <= MAX_TIMES:
            return f"at {_listed(times)}"
    if len(spans) == 1:
        return _stretch(*spans[0], duration_s)
    begin_s, end_s = spans[0][0], spans[-1][1]
    if one.lasts_s >= (end_s - begin_s) / 2:
        return f"on and off {_stretch(begin_s, end_s, duration_s)}".removesuffix(" throughout")
    if len(spans) <= MAX_TIMES:
        return _listed([_stretch(*span, duration_s) for span in spans])
    return f"{len(spans)} times {_stretch(begin_s, end_s, duration_s)}".removesuffix(" throughout")


def _stretch(onset_s: float, offset_s: float, duration_s: float) -> str:
    near_s = min(1.0, NEAR_END * duration_s)
    from_start, to_end = onset_s <= near_s, offset_s >= duration_s - near_s
    if from_start and to_end:
        return "throughout"
    if from_start:
        return f"until {clock(offset_s)}"
    if to_end:
        return f"from {clock(onset_s)}"
    return f"from {clock(onset_s)} to {clock(offset_s)}"


def _silence(silent: Sequence[_Sounding], sounding: Sequence[_Sounding], duration_s: float) -> str:
    if not silent or silent[0].lasts_s < LEAST_SILENCE * duration_s:
        return ""
    spans = [*silent[0].spans, *(span for one in sounding for span in one.spans)]
    if covered_s(spans) >= OTHERWISE * duration_s:
        return "; otherwise silence"
    return f"; silence {_when(silent[0], duration_s)}"


def _listed(phrases: Sequence[str]) -> str:
    """Write a list; with a comma before its "and" where a phrase holds a list itself."""
    if len(phrases) < 2:
        return "".join(phrases)
    comma = "," if any(" and " in phrase for phrase in phrases) else ""
    return f"{', '.join(phrases[:-1])}{comma} and {phrases[-1]}"
