"""A true event, the limits of lists, and what their messages have in common."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from models.errors import TruthError
from models.events import taxonomy

MAX_TRUTH_BYTES = 4 << 20
"""Longest list that is read, in bytes: `MAX_ROWS` lines of 80 bytes and some more."""

MAX_ROWS = 50_000
"""Most lines of a list with events, of all recordings that it names."""

MAX_TRUE_EVENTS = 10_000
"""Most events of one recording: two in every three seconds of four hours. A page compares, lists
and draws them anew with each change: 50,000 took a second each time."""

MAX_INSTANT_S = 86_400.0
"""Latest end of an event, in seconds: a day, the longest clip that a server can be set up for."""

MAX_LINES = 4 * MAX_ROWS
"""Most lines of a list, empty ones and those of spectral selections included."""

MAX_COLUMNS = 100
"""Most fields in a line: Raven's tables have up to some seventy."""

ALLOWED = (
    "These lists can be read: Audacity's labels, DCASE and AudioSet-strong event lists, Raven's "
    "selection tables, other tables with columns of times and labels, ELAN's tab-delimited "
    "export, Praat's TextGrids, Sonic Visualiser's layers, JAMS, subtitles, and Earmark's exports."
)
REMEDY = "Export it again from the program that wrote it, as one of these."

_MAX_QUOTED = 40
_MAX_NAMED_ROWS = 5
_MID = re.compile(r"/[mgt]/\w+", re.ASCII)


@dataclass(frozen=True, order=True)
class TrueEvent:
    """A label with the time in which it truly sounds; ordered by onset.

    Parameters
    ----------
    onset_s, offset_s : float
        Beginning and end, in seconds from the recording's beginning; 0 or more, the end not
        before the beginning.
    label : str
        What sounds.
    """

    onset_s: float
    offset_s: float
    label: str


def checked_event(onset_s: float, offset_s: float, label: str, where: str) -> TrueEvent:
    """Create an event if its times are those of one.

    Parameters
    ----------
    onset_s, offset_s : float
        Beginning and end, in seconds.
    label : str
        Text of the label; AudioSet's ids become names.
    where : str
        Position in the list, as the beginning of a sentence.

    Raises
    ------
    TruthError
        If the event ends before it begins, begins before 0, or ends after `MAX_INSTANT_S`.
    """
    if not 0 <= onset_s <= offset_s:
        raise TruthError(
            f"{where} goes from {onset_s:g} s to {offset_s:g} s.",
            allowed="An event begins at 0 s or later, and ends when it begins or later.",
            remedy="Correct it there, and choose the list again.",
        )
    if offset_s > MAX_INSTANT_S:
        raise TruthError(
            f"{where} ends at {offset_s:,.0f}. Are these milliseconds, or samples?",
            allowed=f"Times are seconds, up to {MAX_INSTANT_S:,.0f}.",
            remedy="Export the list with times in seconds.",
        )
    if _MID.fullmatch(label):
        label = _names_by_mid().get(label, label)
    return TrueEvent(onset_s + 0.0, offset_s + 0.0, label)


@cache
def _names_by_mid() -> dict[str, str]:
    return {taxonomy.mid(label): label for label in taxonomy.labels()}


def told_without_label(wheres: Sequence[int], unit: str = "line") -> tuple[str, ...]:
    """Return the remark on entries without a label, as a tuple of none or one.

    Parameters
    ----------
    wheres : sequence of int
        Their numbers.
    unit : str
        What is numbered.
    """
    if not wheres:
        return ()
    count = len(wheres)
    numbers = ", ".join(f"{number:,}" for number in wheres[:_MAX_NAMED_ROWS])
    more = f" and {count - _MAX_NAMED_ROWS:,} more" if count > _MAX_NAMED_ROWS else ""
    if count == 1:
        return (f"1 event without a label was passed over: {unit} {numbers}.",)
    return (f"{count:,} events without a label were passed over: {unit}s {numbers}{more}.",)


def quoted(text: str) -> str:
    """Quote a text of a list, shortened."""
    return f"“{text if len(text) <= _MAX_QUOTED else text[: _MAX_QUOTED - 1] + '…'}”"


def list_named(name: str, *, start: bool = True) -> str:
    """Return what a message calls the list."""
    return quoted(name) if name else f"{'T' if start else 't'}he list"


def line_named(number: int, name: str) -> str:
    """Return what a message calls a line of the list."""
    return f"Line {number} of {list_named(name, start=False)}"


def too_long(arrived: str) -> TruthError:
    """Return the error for a list beyond a limit."""
    return TruthError(
        arrived,
        allowed=f"A list has up to {MAX_TRUE_EVENTS:,} events of a recording, {MAX_ROWS:,} of all, "
        f"{MAX_LINES:,} lines with the empty ones, and {MAX_TRUTH_BYTES:,} bytes.",
        remedy="Give the list of this one recording alone.",
    )


def check_number(n_events: int, name: str) -> None:
    """Check the number of events of one recording.

    Raises
    ------
    TruthError
        If there are more than `MAX_TRUE_EVENTS`.
    """
    if n_events > MAX_TRUE_EVENTS:
        raise too_long(f"{list_named(name)} has {n_events:,} events of one recording.")
