"""Reading of a list of true events, whatever program wrote it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.events.truth.columns import Columns
from models.events.truth.decoding import decode
from models.events.truth.event import TrueEvent
from models.events.truth.json_lists import read_json
from models.events.truth.recordings import recordings_of
from models.events.truth.sonic_visualiser import read_layers
from models.events.truth.subtitles import is_subtitles, read_subtitles
from models.events.truth.table import TruthTable, open_table, read_recordings, read_table
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


@dataclass(frozen=True)
class TruthsReading:
    """True events of any number of recordings, and what a user should know of their list.

    Parameters
    ----------
    events : dict of str to list of TrueEvent
        As of `read_truths`.
    notices : tuple of str
        Sentences, such as on rows that were passed over.
    """

    events: dict[str, list[TrueEvent]]
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


def read_truths(
    data: bytes, name: str = "", *, columns: Columns | None = None
) -> dict[str, list[TrueEvent]]:
    """Read a list of true events of any number of recordings.

    Parameters
    ----------
    data, name, columns
        As for `read_truth`.

    Returns
    -------
    dict of str to list of TrueEvent
        Events by the recording's name as the list has it, ordered by onset; empty for a recording
        in which nothing sounds. The key of a list that names no recording is "".

    Raises
    ------
    TruthError
        If the list is too long or of no known kind, or has a line that cannot be understood.
    """
    return read_truth_lists(data, name, columns=columns).events


def read_truth_lists(
    data: bytes, name: str = "", *, columns: Columns | None = None
) -> TruthsReading:
    """Read a list of any number of recordings, with what a user should know of it.

    Parameters
    ----------
    data, name, columns
        As for `read_truths`.

    Raises
    ------
    TruthError
        As `read_truths`.
    """
    text = decode(data, name)
    other = _read_other(text, name)
    if other is not None:
        events, notices = other
        return TruthsReading({"": sorted(events)}, notices)
    table = TruthTable(text, name)
    if next(table.rows(), None) is None:
        return TruthsReading({"": []})
    if columns is None:
        table, columns = open_table(text, name)
    return TruthsReading(*read_recordings(table, columns))


def truth_for(truths: Mapping[str, Sequence[TrueEvent]], clip_name: str) -> list[TrueEvent] | None:
    """Pick a clip's events by its name, as `read_truth` does.

    Parameters
    ----------
    truths : mapping of str to sequence of TrueEvent
        Result of `read_truths`.
    clip_name : str
        A file's name, compared as by `read_truth`.

    Returns
    -------
    list of TrueEvent or None
        Ordered by onset; None if the list does not name the clip.
    """
    chosen = recordings_of(truths.keys(), clip_name)
    return sorted(event for each in chosen for event in truths[each]) if chosen else None


def _read(
    text: str, name: str, clip_name: str, columns: Columns | None
) -> tuple[list[TrueEvent], tuple[str, ...]]:
    other = _read_other(text, name)
    if other is not None:
        return other
    table = TruthTable(text, name)
    if next(table.rows(), None) is None:
        return [], ()
    if columns is None:
        table, columns = open_table(text, name)
    return read_table(table, columns, clip_name)


def _read_other(text: str, name: str) -> tuple[list[TrueEvent], tuple[str, ...]] | None:
    """Read a list that is no table; None if it may be one."""
    start = text[:200].lstrip()
    if start.startswith("{"):
        return read_json(text, name)
    if start.startswith("<"):
        return read_layers(text, name)
    if is_textgrid(text):
        return read_textgrid(text, name), ()
    if is_subtitles(text):
        return read_subtitles(text, name)
    return None
