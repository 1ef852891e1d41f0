"""What is in a clip, in one or two sentences.

Conventions
-----------
Of classes within each other the most specific is named (`taxonomy.most_specific`). Classes are
ranked by the time that they last times their peak score. Those that share most of their time are
one sound, and are told of together; of them none that contains another. What lasts throughout comes
first, the rest in the order of time, silence last. A second sentence names classes for which the
first has no room. A label stands for itself: "Bark at 0:01 and 0:03", not "a dog barks".
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from models.events import taxonomy
from models.events.boundaries import SILENCE
from models.events.event import Event
from models.events.totals import covered_s

MAX_SOUNDS = 3
"""Sounds that are told with their times."""

MAX_NAMES = 3
"""Classes that are named of one sound."""

MAX_OTHERS = 3
"""Classes that the second sentence names; of the others it tells the number."""

SAME_SOUND = 0.5
"""Share of the time of two classes that both of them take, from which on they are one sound."""

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

MAX_MOMENTS, MAX_STRETCHES = 3, 2
"""Moments, or stretches, of a class that are told; of more, their number is."""

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
        One or two sentences with full stops, such as "Speech throughout, with music from 0:42.
        Also guitar and singing."

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
    sounds = _sounds(ranked, duration_s)
    told = sounds[:MAX_SOUNDS]
    throughout = [one for one in told if _is_throughout(one[0], duration_s)]
    rest = sorted((one for one in told if one not in throughout), key=lambda one: one[0].spans)
    said = _listed([f"{_listed(_names(one))} {_when(one[0], duration_s)}" for one in rest])
    if throughout:
        lead = _listed([named for one in throughout for named in _names(one)]) + " throughout"
        said = f"{lead}, with {said}" if rest else lead
    else:
        said += _silence(silent, sounding, duration_s)
    return f"{said[0].upper()}{said[1:]}.{_others(sounds)}"


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
        return f"Silence {_stretches(silent[0], duration_s)}."
    if guess is None:
        return "Nothing was recognised."
    label, score = guess
    said = f"Unclear: the best guess is {name(label)}, with a score of {score:.2f}"
    return f"{said}; otherwise silence." if silent else f"{said}."


def _is_throughout(one: _Sounding, duration_s: float) -> bool:
    near_s = NEAR_END * duration_s
    begins, ends = one.spans[0][0] <= near_s, one.spans[-1][1] >= duration_s - near_s
    return begins and ends and one.lasts_s >= THROUGHOUT * duration_s


def _sounds(classes: Iterable[_Sounding], duration_s: float) -> list[list[_Sounding]]:
    """Group classes that share most of their time, each with the first one of a group."""
    groups: list[list[_Sounding]] = []
    for one in classes:
        when = _when(one, duration_s)
        for group in groups:
            if _overlap(group[0], one) >= SAME_SOUND or _when(group[0], duration_s) == when:
                group.append(one)
                break
        else:
            groups.append([one])
    return groups


def _overlap(one: _Sounding, other: _Sounding) -> float:
    """Share of the time of two classes that both of them take."""
    either_s = covered_s([*one.spans, *other.spans])
    both_s = covered_s(one.spans) + covered_s(other.spans) - either_s
    return both_s / either_s


def _names(sound: Sequence[_Sounding]) -> list[str]:
    """Name the first classes of a sound, without those that contain another of them."""
    broader = {label for one in sound for label in taxonomy.ancestors(one.label)}
    names = (name(one.label) for one in sound if one.label not in broader)
    return list(dict.fromkeys(names))[:MAX_NAMES]


def _others(sounds: Sequence[Sequence[_Sounding]]) -> str:
    """Name sounds for which the first sentence has no room, in a sentence of their own."""
    named = [names[0] for names in map(_names, sounds[MAX_SOUNDS:])]
    names = list(dict.fromkeys(named))
    n_more = len(names) - MAX_OTHERS
    if n_more > 1:  # a single one is named in place of its number
        names = [*names[:MAX_OTHERS], f"{n_more} more"]
    return f" Also {_listed(names)}." if names else ""


def _when(one: _Sounding, duration_s: float) -> str:
    spans = one.spans
    if all(_is_moment(span) for span in spans):
        times = list(dict.fromkeys(clock(onset_s) for onset_s, _ in spans))
        if len(times) <= MAX_MOMENTS:
            return f"at {_listed(times)}"
    if len(spans) <= MAX_STRETCHES:
        return _listed(
            [
                f"at {clock(span[0])}" if _is_moment(span) else _stretch(*span, duration_s)
                for span in spans
            ]
        )
    begin_s, end_s = spans[0][0], spans[-1][1]
    often = "on and off" if one.lasts_s >= (end_s - begin_s) / 2 else f"{len(spans)} times"
    return f"{often} {_stretch(begin_s, end_s, duration_s)}".removesuffix(" throughout")


def _stretches(silent: _Sounding, duration_s: float) -> str:
    """Say when there is silence: it is no moment, however short."""
    if len(silent.spans) > MAX_STRETCHES:
        return _when(silent, duration_s)
    return _listed([_stretch(*span, duration_s) for span in silent.spans])


def _is_moment(span: _Span) -> bool:
    return span[1] - span[0] <= MOMENT_S


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
    return f"; silence {_stretches(silent[0], duration_s)}"


def _listed(phrases: Sequence[str]) -> str:
    """Write a list; with a comma before its "and" where a phrase holds a list itself."""
    if len(phrases) < 2:
        return "".join(phrases)
    comma = "," if any(" and " in phrase for phrase in phrases) else ""
    return f"{', '.join(phrases[:-1])}{comma} and {phrases[-1]}"
