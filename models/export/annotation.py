"""Events as the tables of annotation programs: Audacity's labels, Raven's selections.

Conventions
-----------
Both are tab-separated, one event in each line, and know no quotes: a tab or a line break within a
label becomes a space. What a spreadsheet would calculate is escaped (see `models.formulas`).
"""

from collections.abc import Callable, Iterable, Iterator

from models.audio.flow import SAMPLE_RATE
from models.events import Event, taxonomy
from models.export.provenance import Provenance
from models.export.values import SCORE_DECIMALS, caption, one_line, seconds
from models.formulas import escape_formulas

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

# A class says nothing of frequencies, so a selection spans all that the clip holds: from 0 to
# half of the model's sample rate (Nyquist).
_LOW_HZ, _HIGH_HZ = 0, SAMPLE_RATE // 2


def audacity_labels(events: Iterable[Event]) -> str:
    """Events as an Audacity label track: onset, offset and a text such as ``Speech (0.97)``.

    Audacity's manual ("Importing and Exporting Labels") allows no header; no events make an empty
    file. `truth.read_truth` takes the score off again.
    """
    return "".join(audacity_lines(events))


def audacity_lines(events: Iterable[Event]) -> Iterator[str]:
    """Lines of `audacity_labels`."""
    return (
        f"{seconds(event.onset_s)}\t{seconds(event.offset_s)}\t{escape_formulas(caption(event))}\n"
        for event in events
    )


def raven_table(
    events: Iterable[Event], provenance: Provenance, mid: Callable[[str], str] = taxonomy.mid
) -> str:
    """Events as a selection table of Raven (Cornell's K. Lisa Yang Center).

    Parameters
    ----------
    events : iterable of Event
        What was found.
    provenance : Provenance
        Its clip's name goes into every row.
    mid : callable
        Gives AudioSet's id of a label, empty where it has none.

    Returns
    -------
    str
        A header, `RAVEN_COLUMNS`, and one row for each event, selections counted from 1.
    """
    return "".join(raven_lines(events, provenance, mid))


def raven_lines(
    events: Iterable[Event], provenance: Provenance, mid: Callable[[str], str] = taxonomy.mid
) -> Iterator[str]:
    """Lines of `raven_table`."""
    path = escape_formulas(one_line(provenance.clip_name))
    yield "\t".join(RAVEN_COLUMNS) + "\n"
    for number, event in enumerate(events, start=1):
        onset, offset = seconds(event.onset_s), seconds(event.offset_s)
        place = (f"{number}\tSpectrogram 1\t1", onset, offset, f"{_LOW_HZ}\t{_HIGH_HZ}")
        label = escape_formulas(one_line(event.label))
        meaning = (label, mid(event.label), f"{event.peak:.{SCORE_DECIMALS}f}")
        yield "\t".join((*place, *meaning, path, onset)) + "\n"
