"""Tables of events: fields separated by tabs, semicolons, commas or bars.

Conventions
-----------
Audacity's label tracks, DCASE's and AudioSet's event lists, Raven's selection tables, ELAN's and
Sonic Visualiser's exports. Lines of Audacity that begin with a backslash have the frequencies of
the line before and are passed over; a selection of Raven has a row for each view and counts once.
Fields not between tabs are quoted as in CSV (RFC 4180). Nothing is guessed: a row
whose times cannot be understood is refused by its number, and with it the list. A row without a
label is passed over, and told. The apostrophes with which Earmark's exports escape formulas are
taken off labels and recordings' names again.

crowsetta (with pandera and pydantic) and soundevent (with pydantic) read one program's form each,
by a file's path, without limits.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain, islice

from models.errors import TruthError
from models.events.truth.columns import LABEL_EXAMPLES, Columns, by_header, by_values
from models.events.truth.event import (
    ALLOWED,
    MAX_COLUMNS,
    MAX_LINES,
    MAX_ROWS,
    REMEDY,
    TrueEvent,
    check_number,
    checked_event,
    line_named,
    list_named,
    quoted,
    told_without_label,
    too_long,
)
from models.events.truth.recordings import choose_recordings
from models.events.truth.times import read_time
from models.untrusted.formulas import unescape_formulas

PREVIEWED_ROWS = 8
"""Rows of a table whose columns are unknown that are shown."""

_SAMPLED_ROWS = 200
_MAX_HEADER_ROW = 5
_MAX_SEPARATORS = 20 * MAX_COLUMNS
_LINE_END = re.compile("\r\n|\n|\r")
_SCORE = re.compile(r" \((?:0\.\d\d|1\.00)\)$", re.ASCII)
"""What `export.audacity_labels` writes behind a label."""

_SEPARATOR_LINE = re.compile(r"sep=([\t;,|])(?:\r\n|\n|\r)")
"""First line of a CSV file that tells Excel the separator, if it is one of those supported."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table.

    Parameters
    ----------
    number : int
        Number of its line, from 1.
    fields : sequence of str
        Its fields.
    """

    number: int
    fields: Sequence[str]

    def field(self, column: int | None) -> str:
        """Return a field without surrounding white space; empty where there is none."""
        if column is None or column >= len(self.fields):
            return ""
        return self.fields[column].strip()


class UnknownColumns(TruthError):  # noqa: N818  # a question
    """A table whose columns have to be named.

    Attributes
    ----------
    rows : tuple of tuple of str
        Its first rows.
    """

    rows: tuple[tuple[str, ...], ...] = ()


class TruthTable:
    """A list of events as rows of fields, split anew in each pass.

    Parameters
    ----------
    text : str
        Content of the list.
    name : str
        Name of the list, for messages.
    delimiter : str, optional
        Separator of fields; by default the first of `delimiters`.

    Raises
    ------
    TruthError
        If it has more than `MAX_LINES` lines.
    """

    def __init__(self, text: str, name: str, delimiter: str | None = None) -> None:
        if told := _SEPARATOR_LINE.match(text):
            text, delimiter = "\n" + text[told.end() :], told[1]
        self.name = name
        self._text = text
        self._lines = _LINE_END.split(text, maxsplit=MAX_LINES)
        if len(self._lines) > MAX_LINES:
            raise too_long(f"{list_named(name)} has more than {MAX_LINES:,} lines.")
        self.delimiters = [delimiter] if delimiter else _delimiters_of(self._lines)
        self.delimiter = self.delimiters[0]

    def rows(self) -> Iterator[Row]:
        """Generate the rows that say something.

        Raises
        ------
        TruthError
            If a row has more than `MAX_COLUMNS` fields, or quotes a field that does not end.
        """
        for row in self._tabbed() if self.delimiter == "\t" else self._quoted():
            if len(row.fields) > MAX_COLUMNS:
                raise self._too_wide(row.number)
            if row.fields[0].strip() != "\\" and any(map(str.strip, row.fields)):
                yield row

    def _bounded(self, lines: Iterable[str]) -> Iterator[str]:
        for number, line in enumerate(lines, start=1):
            # Separators within quotes do not count, so this only bounds what `csv` takes apart.
            if line.count(self.delimiter) > _MAX_SEPARATORS:
                raise self._too_wide(number)
            yield line

    def _too_wide(self, number: int) -> TruthError:
        return TruthError(
            f"{line_named(number, self.name)} has more than {MAX_COLUMNS} fields.",
            allowed=ALLOWED,
            remedy=REMEDY,
        )

    def _tabbed(self) -> Iterator[Row]:
        # Split in each pass: millions of fields kept would take twenty times the list's own memory.
        for number, line in enumerate(self._lines, start=1):
            if line and not line.isspace():
                yield Row(number, line.split("\t", MAX_COLUMNS))

    def _quoted(self) -> Iterator[Row]:
        # `newline=""` keeps line ends within quotes as they are, and a lone CR ends a line, too.
        source = self._bounded(io.StringIO(self._text, newline=""))
        reader = csv.reader(source, delimiter=self.delimiter, skipinitialspace=True)
        number = 1
        try:
            for fields in reader:
                if fields:
                    yield Row(number, fields)
                number = reader.line_num + 1
        except csv.Error as error:
            raise TruthError(
                f"{line_named(number, self.name)} is no row of CSV: {error}.",
                allowed=ALLOWED,
                remedy=REMEDY,
            ) from None


def _delimiters_of(lines: Sequence[str]) -> list[str]:
    """Return the separators that a table may have: those of its first lines, tabs first."""
    seen = list(islice((line for line in lines if line.strip()), _MAX_HEADER_ROW))
    found = [delimiter for delimiter in "\t;,|" if any(delimiter in line for line in seen)]
    return found or ["\t"]


def open_table(text: str, name: str) -> tuple[TruthTable, Columns]:
    """Read a text as a table, with the first separator that gives columns which are known.

    Raises
    ------
    TruthError
        As `find_columns`, for the likeliest separator.
    """
    table = TruthTable(text, name)
    try:
        return table, find_columns(table)
    except TruthError:
        for delimiter in table.delimiters[1:]:
            other = TruthTable(text, name, delimiter)
            with suppress(TruthError):
                return other, find_columns(other)
        raise


def find_columns(table: TruthTable) -> Columns:
    """Find what the columns of a table mean, by its header or by its values.

    Raises
    ------
    UnknownColumns
        If neither tells.
    """
    sample = list(islice(table.rows(), _SAMPLED_ROWS))
    for row in sample[:_MAX_HEADER_ROW]:
        fields = [_unquote(field.strip()).lstrip("#").strip() for field in row.fields]
        columns = by_header(fields)
        if columns is not None and columns.labels:
            return columns
        if columns is not None:
            raise _unknown(
                table,
                f"No column of {list_named(table.name, start=False)} has labels: "
                f"{quoted(', '.join(fields))}.",
                f"It is called {LABEL_EXAMPLES}, for example, in any case.",
            )
    stripped = [
        [field.strip() for field in row.fields]
        for row in sample
        if not row.fields[0].lstrip('"').startswith("#")
    ]
    columns = by_values(stripped, is_tabbed=table.delimiter == "\t")
    if columns is None:
        first = next(table.rows())
        hint = "" if len(first.fields) > 1 else ", without a tab, semicolon, comma or bar"
        arrived = f"{line_named(first.number, table.name)} is {quoted(' '.join(first.fields))}"
        raise _unknown(table, f"{arrived}{hint}.", ALLOWED)
    return columns


def _unknown(table: TruthTable, arrived: str, allowed: str) -> TruthError:
    rows = tuple(tuple(row.fields) for row in islice(table.rows(), PREVIEWED_ROWS))
    if max(map(len, rows)) < 2:
        return TruthError(arrived, allowed=allowed, remedy=REMEDY)
    error = UnknownColumns(
        arrived,
        allowed=allowed,
        remedy="Name the columns by a header such as onset, offset, label, or say on the page "
        "which is which.",
    )
    error.rows = rows
    return error


def signature(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return what tables of the same columns have in common: their first row, where it has names.

    Parameters
    ----------
    rows : sequence of sequence of str
        Rows of an `UnknownColumns`.
    """
    first = tuple(rows[0])
    if any(read_time(field.strip()) is not None for field in first):
        return (str(len(first)),)
    return first


def read_table(
    table: TruthTable, columns: Columns, clip_name: str
) -> tuple[list[TrueEvent], tuple[str, ...]]:
    """Read the events of a table.

    Parameters
    ----------
    table : TruthTable
        The list.
    columns : Columns
        What its columns mean.
    clip_name : str
        Name of the recording, as in `read_truth`.

    Returns
    -------
    list of TrueEvent
        In the order of the rows.
    tuple of str
        What was passed over.

    Raises
    ------
    TruthError
        As `read_truth`.
    """
    n_rows, recordings = 0, set[str]()
    for n_rows, row in enumerate(_data(table, columns), start=1):  # noqa: B007
        recordings.add(row.field(columns.recording))
    if n_rows > MAX_ROWS:
        raise too_long(f"{list_named(table.name)} has {n_rows:,} lines.")
    recordings.discard("")
    rows = _data(table, columns)
    if len(recordings) > 1:
        chosen = choose_recordings(recordings, clip_name, table.name)
        rows = (row for row in rows if row.field(columns.recording) in chosen)
    else:
        columns = replace(columns, file_offset=None)
    events, without_label = _events(rows, columns, table.name)
    return events, told_without_label(without_label)


def read_recordings(
    table: TruthTable, columns: Columns
) -> tuple[dict[str, list[TrueEvent]], tuple[str, ...]]:
    """Read the events of all recordings that a table names.

    Parameters
    ----------
    table : TruthTable
        The list.
    columns : Columns
        What its columns mean.

    Returns
    -------
    dict of str to list of TrueEvent
        As `models.events.truth.read_truths`.
    tuple of str
        What was passed over.

    Raises
    ------
    TruthError
        As `models.events.truth.read_truths`.
    """
    groups: dict[str, list[Row]] = {}
    for number, row in enumerate(_data(table, columns), start=1):
        if number > MAX_ROWS:
            raise too_long(f"{list_named(table.name)} has more than {MAX_ROWS:,} lines.")
        groups.setdefault(row.field(columns.recording), []).append(_narrowed(row, columns))
    named = groups.keys() - {""}
    if len(named) <= 1:  # a row without the name belongs to that recording, too
        groups = {next(iter(named), ""): list(chain.from_iterable(groups.values()))}
        columns = replace(columns, file_offset=None)
    found: dict[str, list[TrueEvent]] = {}
    without_label: list[int] = []
    for recording, rows in groups.items():
        if recording or not named:
            events, numbers = _events(iter(rows), columns, table.name)
            found[recording] = sorted(events)
            without_label += numbers
    return found, told_without_label(sorted(without_label))


def _narrowed(row: Row, columns: Columns) -> Row:
    """Return a row with the fields that are read: those of all rows would take much memory."""
    read = {columns.onset, columns.offset, columns.duration, columns.file_offset}
    read |= {columns.selection, *columns.labels}
    fields = [field if place in read else "" for place, field in enumerate(row.fields)]
    return Row(row.number, fields[: 1 + max(place for place in read if place is not None)])


def _data(table: TruthTable, columns: Columns) -> Iterator[Row]:
    """Generate the rows of events: those below the header, without comments."""
    is_below = not columns.has_header
    for row in table.rows():
        if is_below and not row.fields[0].startswith(("#", '"#')):
            yield row
        elif not is_below:
            is_below = read_time(row.field(columns.onset)) is None and _is_header(row, columns)


def _is_header(row: Row, columns: Columns) -> bool:
    """Whether a row above the events has names in the columns that are read."""
    return len(row.fields) > max(columns.onset, *columns.labels)


def _events(rows: Iterator[Row], columns: Columns, name: str) -> tuple[list[TrueEvent], list[int]]:
    """Return the events of rows, and the numbers of those without a label."""
    events: list[TrueEvent] = []
    without_label: list[int] = []
    seen: set[tuple[str, ...]] = set()
    read = (columns.onset, columns.offset, columns.duration, *columns.labels)
    n_events = 0
    for row in rows:
        fields = tuple(row.field(column) for column in read)
        if not any(fields):
            continue  # a recording's name alone: it was listened to, and nothing sounds in it
        if columns.selection is not None:
            key = (row.field(columns.selection), *fields)
            if key in seen:
                continue
            seen.add(key)
        n_events += 1
        check_number(n_events, name)
        onset_s, offset_s = _span_s(row, columns, name)
        labels = [label for place in columns.labels if (label := _label(row, place, columns))]
        # A row without a label is checked, too: a broken line is not passed over.
        checked = [
            checked_event(onset_s, offset_s, label, line_named(row.number, name))
            for label in labels or [""]
        ]
        events += checked if labels else []
        without_label += [] if labels else [row.number]
    check_number(len(events), name)
    return events, without_label


def _span_s(row: Row, columns: Columns, name: str) -> tuple[float, float]:
    def time_s(column: int) -> float:
        return _time_s(row, row.field(column), name) * columns.unit_s

    onset_s = time_s(columns.onset)
    if columns.duration is not None:
        return onset_s, onset_s + time_s(columns.duration)
    offset_s = onset_s if columns.offset is None else time_s(columns.offset)
    if columns.file_offset is not None:  # Raven counts several files from the first one's beginning
        length_s = offset_s - onset_s
        onset_s = time_s(columns.file_offset)
        offset_s = onset_s + length_s
    return onset_s, offset_s


def _label(row: Row, place: int, columns: Columns) -> str:
    label = row.field(place)
    if columns.has_header:
        label = _unquote(label).strip()
    elif columns.onset == 0:
        label = _SCORE.sub("", label)
    return unescape_formulas(label).strip()


def _time_s(row: Row, text: str, name: str) -> float:
    seconds = read_time(_unquote(text).strip())
    if seconds is not None:
        return seconds
    raise TruthError(
        f"{line_named(row.number, name)} has {quoted(text) if text else 'nothing'} where a time "
        "belongs.",
        allowed="Times are seconds, such as 1.5 or 1,5, or hours, minutes and seconds, such as "
        "00:00:01.5.",
        remedy="Correct that line, or export the list again.",
    )


def _unquote(text: str) -> str:
    """Text of a field that a CSV writer put into quotation marks, because it has some."""
    is_quoted = len(text) > 1 and text[0] == text[-1] == '"'
    return text[1:-1].replace('""', '"') if is_quoted else text
