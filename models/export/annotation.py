"""Annotation tables: Audacity label tracks and Raven selection tables.

Conventions
-----------
Both are tab-separated, one event per line, without quoting: a tab or a line break within a label
becomes a space. Text that a spreadsheet would evaluate is escaped: `models.untrusted.formulas`.
"""

from collections.abc import Callable, Iterable, Iterator

from models.audio.flow import SAMPLE_RATE
from models.events import Event, taxonomy
from models.export.provenance import Provenance
from models.export.values import SCORE_DECIMALS, caption, one_line, seconds
from models.untrusted.formulas import escape_formulas

RAVEN_COLUMNS = (
    "Selection",
    "View",
    "Channel",
    "Begin Time (s)",
    "End Time (s)",
    "Low Freq (Hz)",
    "High Freq (Hz)",
    "Label",
    "MID",
    "Score",
    "Begin Path",
    "File Offset (s)",
)
"""Columns of a selection table: Raven's own, and Label, MID (AudioSet's id) and Score."""

# A class has no frequency range, so a selection spans 0 to half of the model's sample rate
# (Nyquist).
_LOW_HZ, _HIGH_HZ = 0, SAMPLE_RATE // 2


def audacity_labels(events: Iterable[Event]) -> str:
    r"""Format events as an Audacity label track: onset, offset and text such as ``Speech (0.97)``.

    Audacity's manual ("Importing and Exporting Labels") allows no header; without events the file
    is empty. `truth.read_truth` removes the score again.

    Examples
    --------
    >>> from models import Event
    >>> from models.export import audacity_labels
    >>> audacity_labels([Event(0.0, 1.0, "Dog", peak=0.75, mean=0.5)])
    '0.000000\t1.000000\tDog (0.75)\n'
    """
    return "".join(audacity_lines(events))


def audacity_lines(events: Iterable[Event]) -> Iterator[str]:
    """Yield the lines of `audacity_labels`."""
    return (
        f"{seconds(event.onset_s)}\t{seconds(event.offset_s)}\t{escape_formulas(caption(event))}\n"
        for event in events
    )


def raven_table(
    events: Iterable[Event], provenance: Provenance, mid: Callable[[str], str] = taxonomy.mid
) -> str:
    """Format events as a selection table of Raven (Cornell's K. Lisa Yang Center).

    Parameters
    ----------
    events : iterable of Event
        The events of one clip.
    provenance : Provenance
        Its clip's name is part of every row.
    mid : callable
        Maps a label to AudioSet's id, empty if it has none.

    Returns
    -------
    str
        A header, `RAVEN_COLUMNS`, and one row for each event, selections numbered from 1.
    """
    return "".join(raven_lines(events, provenance, mid))


def raven_lines(
    events: Iterable[Event], provenance: Provenance, mid: Callable[[str], str] = taxonomy.mid
) -> Iterator[str]:
    """Yield the lines of `raven_table`."""
    path = escape_formulas(one_line(provenance.clip_name))
    yield "\t".join(RAVEN_COLUMNS) + "\n"
    for number, event in enumerate(events, start=1):
        onset, offset = seconds(event.onset_s), seconds(event.offset_s)
        place = (f"{number}\tSpectrogram 1\t1", onset, offset, f"{_LOW_HZ}\t{_HIGH_HZ}")
        label = escape_formulas(one_line(event.label))
        meaning = (label, mid(event.label), f"{event.peak:.{SCORE_DECIMALS}f}")
        yield "\t".join((*place, *meaning, path, onset)) + "\n"
