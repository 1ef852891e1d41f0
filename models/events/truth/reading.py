"""Reading of a list of true events, whatever program wrote it."""

from dataclasses import dataclass

from models.events.truth.columns import Columns
from models.events.truth.decoding import decode
from models.events.truth.event import TrueEvent
from models.events.truth.json_lists import read_json
from models.events.truth.sonic_visualiser import read_layers
from models.events.truth.subtitles import is_subtitles, read_subtitles
from models.events.truth.table import TruthTable, open_table, read_table
from models.events.truth.textgrid import is_textgrid, read_textgrid


@dataclass(frozen=True)
class TruthReading:
    """True events, and what a user should know of their list.

    Parameters
    ----------
    events : tuple of TrueEvent
        Ordered by onset.
    notices : tuple of str
        Sentences, such as on rows that were passed over.
    """

    events: tuple[TrueEvent, ...]
    notices: tuple[str, ...] = ()


def read_truth(
    data: bytes, name: str = "", *, clip_name: str = "", columns: Columns | None = None
) -> list[TrueEvent]:
    """Read a list of true events.

    Parameters
    ----------
    data : bytes
        The list as a file's content; at most `MAX_TRUTH_BYTES`.
    name : str
        What the list's file is called, for messages. What kind of list it is, its content tells.
    clip_name : str
        Whose events to pick from a list that names several recordings: a file's name, whose
        folder does not matter, nor its extension where no name fits with it. A list that names
        one recording is taken as this clip's, whatever it is called.
    columns : Columns, optional
        What the columns of a table mean; by default its header or its values tell.

    Returns
    -------
    list of TrueEvent
        Ordered by onset; empty if the list is. Events without a label are not among them.

    Raises
    ------
    TruthError
        If the list is too long or of no known kind, has a line that cannot be understood, or
        names several recordings of which none, or no single one, is the clip.
    UnknownColumns
        If it is a table whose columns have to be named.

    Examples
    --------
    >>> read_truth(b"onset,offset,label" + bytes([10]) + b"0.5,1.25,Dog")
    [TrueEvent(onset_s=0.5, offset_s=1.25, label='Dog')]
    """
    return list(read_truth_list(data, name, clip_name=clip_name, columns=columns).events)


def read_truth_list(
    data: bytes, name: str = "", *, clip_name: str = "", columns: Columns | None = None
) -> TruthReading:
    """Read a list of true events, with what a user should know of it.

    Parameters
    ----------
    data, name, clip_name, columns
        As for `read_truth`.

    Raises
    ------
    TruthError
        As `read_truth`.
    """
    events, notices = _read(decode(data, name), name, clip_name, columns)
    return TruthReading(tuple(sorted(events)), notices)


def _read(
    text: str, name: str, clip_name: str, columns: Columns | None
) -> tuple[list[TrueEvent], tuple[str, ...]]:
    start = text[:200].lstrip()
    if start.startswith("{"):
        return read_json(text, name)
    if start.startswith("<"):
        return read_layers(text, name)
    if is_textgrid(text):
        return read_textgrid(text, name), ()
    if is_subtitles(text):
        return read_subtitles(text, name)
    table = TruthTable(text, name)
    if next(table.rows(), None) is None:
        return [], ()
    if columns is None:
        table, columns = open_table(text, name)
    return read_table(table, columns, clip_name)
