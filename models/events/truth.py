"""Lists of true events, from the tools that write them.

Conventions
-----------
Three kinds of list are told apart by what is in them, never by a file's name:

- Audacity's label track: onset, offset, text; lines that begin with a backslash go on with the
  frequencies of the line before ("spectral selection") and are passed over;
- DCASE's event list: onset, offset, label, with or without a header that names ``onset``,
  ``offset`` and ``event_label``, and before them, if at all, the recording's name (without a
  header also name and scene, as in TUT Sound Events);
- Raven's selection table, whose header has ``Begin Time (s)`` and ``End Time (s)``; one selection
  has a row for each view, and counts once.

All are tab-separated UTF-8, with or without a byte order mark, with any line ends. Times are
seconds from the recording's beginning with a decimal point. Nothing is guessed: a line that
cannot be understood is refused by its number, and with it the list. The apostrophes with
which Earmark's exports escape formulas are taken off labels and recordings' names again.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from models.errors import TruthError
from models.formulas import unescape_formulas

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

_MAX_TIME_CHARACTERS = 40
"""Longest time that is parsed: float64 has 17 significant digits, and what else is written of it
fits in 8 characters more."""

_ALLOWED = (
    "Three kinds of list can be read: Audacity's labels (onset, offset and text with tabs "
    "between), DCASE's event lists (the same, or with a header) and Raven's selection tables."
)
_EXPORT = "Export it again from Audacity (File, Export Other, Export Labels) or from Raven."

_LINE_END = re.compile("\r\n|\n|\r")
# A digit can be matched in one way alone in each of these, or a failure would take quadratic time.
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)
_SCORE = re.compile(r" \((?:0\.\d\d|1\.00)\)$", re.ASCII)
"""What `export.audacity_labels` writes behind a label."""

_LABEL_COLUMNS = ("event_label", "label", "annotation", "annotations", "tag", "tags", "species")
_RECORDING_COLUMNS = ("filename", "file", "begin file", "begin path")
_MAX_QUOTED = 40


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


@dataclass(frozen=True)
class _Layout:
    """Which columns mean what, counted from 0."""

    onset: int
    offset: int
    label: int
    recording: int | None = None
    file_offset: int | None = None
    selection: int | None = None
    header: bool = False


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    text: str

    @property
    def fields(self) -> list[str]:
        return self.text.split("\t")

    def field(self, column: int | None) -> str:
        if column is None:
            return ""
        # Split each time: millions of fields kept would take twenty times the list's own memory.
        fields = self.text.split("\t", column + 1)
        return fields[column].strip() if column < len(fields) else ""


def read_truth(data: bytes, name: str = "", *, clip_name: str = "") -> list[TrueEvent]:
    """Read a list of true events.

    Parameters
    ----------
    data : bytes
        The list as a file's content; at most `MAX_TRUTH_BYTES`.
    name : str
        What the list's file is called, for messages.
    clip_name : str
        Whose events to pick from a list that names several recordings: a file's name, whose
        folder does not matter, nor its extension where no name fits with it. A list that names
        one recording is taken as this clip's, whatever it is called.

    Returns
    -------
    list of TrueEvent
        Ordered by onset; empty if the list is.

    Raises
    ------
    TruthError
        If the list is too long, is none of the three kinds, has a line that cannot be understood,
        or names several recordings of which none, or no single one, is the clip.
    """
    lines = _lines(_decode(data, name), name)
    if not lines:
        return []
    layout = _layout(lines, name)
    rows = lines[1:] if layout.header else lines
    if len(rows) > MAX_ROWS:
        raise _too_long(f"{_of(name)} has {len(rows):,} lines.")
    recordings = {line.field(layout.recording) for line in rows} - {""}
    if len(recordings) > 1:
        chosen = _choose(recordings, clip_name, name)
        rows = [line for line in rows if line.field(layout.recording) in chosen]
    if len(rows) > MAX_TRUE_EVENTS:
        raise _too_long(f"{_of(name)} has {len(rows):,} lines of one recording.")
    within_file = layout.file_offset is not None and len(recordings) > 1
    return sorted(_events(rows, layout, name, within_file=within_file))


def _decode(data: bytes, name: str) -> str:
    if len(data) > MAX_TRUTH_BYTES:
        raise _too_long(f"{_of(name)} has {len(data):,} bytes.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        utf_16 = data[:2] in (b"\xff\xfe", b"\xfe\xff")
        kind = "is text in UTF-16" if utf_16 else "is not text in UTF-8"
        raise TruthError(
            f"{_of(name)} {kind}.",
            allowed="Lists of true events are text in UTF-8.",
            remedy="Save it again as UTF-8, or choose the list instead of the recording.",
        ) from None
    if "\0" in text:
        raise TruthError(
            f"{_of(name)} is no text: it has zero bytes in it.", allowed=_ALLOWED, remedy=_EXPORT
        )
    return text


def _lines(text: str, name: str) -> list[_Line]:
    """Lines that say something, with their numbers."""
    texts = _LINE_END.split(text, maxsplit=MAX_LINES)
    if len(texts) > MAX_LINES:
        raise _too_long(f"{_of(name)} has more than {MAX_LINES:,} lines.")
    lines: list[_Line] = []
    for number, line_text in enumerate(texts, start=1):
        if not line_text or line_text.isspace():
            continue
        line = _Line(number, line_text)
        if line_text.count("\t") >= MAX_COLUMNS:
            raise TruthError(
                f"{_at(line, name)} has more than {MAX_COLUMNS} fields.",
                allowed=_ALLOWED,
                remedy=_EXPORT,
            )
        if line_text != "\\" and not line_text.startswith("\\\t"):
            lines.append(line)
    return lines


def _layout(lines: Sequence[_Line], name: str) -> _Layout:
    first = lines[0]
    columns = [_unquote(field.strip()).casefold() for field in first.fields]
    for onset, offset in (("begin time (s)", "end time (s)"), ("onset", "offset")):
        if onset in columns and offset in columns:
            return _headed(columns, columns.index(onset), columns.index(offset), name)
    for line in lines:
        for column in range(min(3, len(line.fields) - 1)):
            if _like_number(line.field(column)) and _like_number(line.field(column + 1)):
                recording = 0 if column else None
                return _Layout(column, column + 1, column + 2, recording)
        if any(map(str.strip, line.fields[1:])):
            break
    hint = "" if len(first.fields) > 1 else ", without a tab"
    raise TruthError(
        f"{_at(first, name)} is {_quoted(' '.join(first.fields))}{hint}.",
        allowed=_ALLOWED,
        remedy=_EXPORT,
    )


def _headed(columns: list[str], onset: int, offset: int, name: str) -> _Layout:
    def find(*names: str) -> int | None:
        return next((columns.index(each) for each in names if each in columns), None)

    label = find(*_LABEL_COLUMNS)
    if label is None:
        raise TruthError(
            f"No column of {_of(name, start=False)} has labels: {_quoted(', '.join(columns))}.",
            allowed=f"It is called one of {', '.join(_LABEL_COLUMNS)}, in any case.",
            remedy="Rename the column that says what sounds, for example to Label.",
        )
    return _Layout(
        onset,
        offset,
        label,
        recording=find(*_RECORDING_COLUMNS),
        file_offset=find("file offset (s)"),
        selection=find("selection"),
        header=True,
    )


def _choose(recordings: set[str], clip_name: str, name: str) -> set[str]:
    """Those of several recordings' names that mean the clip."""
    wanted = _base(clip_name)
    if wanted:
        stem = _stem(clip_name)
        same = {each for each in recordings if _base(each) == wanted}
        chosen = same or {each for each in recordings if _stem(each) == stem}
        if chosen:
            return chosen
    told = _quoted(", ".join(sorted(recordings)))
    missing = f", and {_quoted(clip_name)} is none of them" if wanted else ""
    raise TruthError(
        f"{_of(name)} names {len(recordings)} recordings{missing}: {told}.",
        allowed="A list of several recordings has to name the one that is shown.",
        remedy="Give the list of this recording, or the recording the name it has in the list.",
    )


def _events(
    rows: Sequence[_Line], layout: _Layout, name: str, *, within_file: bool
) -> Iterator[TrueEvent]:
    seen: set[tuple[str, ...]] = set()
    columns = (layout.onset, layout.offset, layout.label)
    for line in rows:
        fields = tuple(line.field(column) for column in columns)
        if not any(fields):
            continue  # a recording's name alone: it was listened to, and nothing sounds in it
        if layout.selection is not None:
            key = (line.field(layout.selection), *fields)
            if key in seen:
                continue
            seen.add(key)
        yield _event(line, layout, name, within_file=within_file)


def _event(line: _Line, layout: _Layout, name: str, *, within_file: bool) -> TrueEvent:
    onset_s, offset_s = (
        _time_s(line, line.field(column), name) for column in (layout.onset, layout.offset)
    )
    if within_file:  # Raven counts a table of several files from the first one's beginning
        onset_s, length_s = _time_s(line, line.field(layout.file_offset), name), offset_s - onset_s
        offset_s = onset_s + length_s
    if not 0 <= onset_s <= offset_s:
        raise TruthError(
            f"{_at(line, name)} goes from {onset_s:g} s to {offset_s:g} s.",
            allowed="An event begins at 0 s or later, and ends when it begins or later.",
            remedy="Mend that line.",
        )
    if offset_s > MAX_INSTANT_S:
        raise TruthError(
            f"{_at(line, name)} ends at {offset_s:,.0f}. Are these milliseconds, or samples?",
            allowed=f"Times are seconds, up to {MAX_INSTANT_S:,.0f}.",
            remedy="Export the list with times in seconds.",
        )
    return TrueEvent(onset_s + 0.0, offset_s + 0.0, _label(line, layout, name))


def _label(line: _Line, layout: _Layout, name: str) -> str:
    label = line.field(layout.label)
    if layout.header:
        label = _unquote(label).strip()
    elif layout.onset == 0:
        label = _SCORE.sub("", label)
    label = unescape_formulas(label).strip()
    if not label:
        raise TruthError(
            f"{_at(line, name)} has no label.",
            allowed="Every event says what sounds.",
            remedy="Write a label there, spelled as the model spells it, or remove the line.",
        )
    return label


def _time_s(line: _Line, text: str, name: str) -> float:
    is_short = len(text) <= _MAX_TIME_CHARACTERS
    if is_short and _NUMBER.fullmatch(text):
        return float(text)
    if is_short and _DECIMAL_COMMA.fullmatch(text):
        raise TruthError(
            f"{_at(line, name)} has the time {_quoted(text)}, with a decimal comma.",
            allowed="Times are seconds with a decimal point, such as 1.5.",
            remedy="Replace the commas in the times by points, or export the list with a number "
            "format that has points.",
        )
    raise TruthError(
        f"{_at(line, name)} has {_quoted(text) if text else 'nothing'} where a time belongs.",
        allowed="Times are seconds with a decimal point, such as 1.5.",
        remedy="Mend that line, or export the list again.",
    )


def _like_number(text: str) -> bool:
    is_short = len(text) <= _MAX_TIME_CHARACTERS
    return is_short and bool(_NUMBER.fullmatch(text) or _DECIMAL_COMMA.fullmatch(text))


def _unquote(text: str) -> str:
    """Text of a field that a CSV writer put into quotation marks, because it has some."""
    quoted = len(text) > 1 and text[0] == text[-1] == '"'
    return text[1:-1].replace('""', '"') if quoted else text


def _base(name: str) -> str:
    return unescape_formulas(name.strip()).replace("\\", "/").rsplit("/", 1)[-1].casefold()


def _stem(name: str) -> str:
    return _base(name).rsplit(".", 1)[0]


def _quoted(text: str) -> str:
    return f"“{text if len(text) <= _MAX_QUOTED else text[: _MAX_QUOTED - 1] + '…'}”"


def _of(name: str, *, start: bool = True) -> str:
    return _quoted(name) if name else f"{'T' if start else 't'}he list"


def _at(line: _Line, name: str) -> str:
    return f"Line {line.number} of {_of(name, start=False)}"


def _too_long(arrived: str) -> TruthError:
    return TruthError(
        arrived,
        allowed=f"A list has up to {MAX_TRUE_EVENTS:,} events of a recording, {MAX_ROWS:,} of all, "
        f"{MAX_LINES:,} lines with the empty ones, and {MAX_TRUTH_BYTES:,} bytes.",
        remedy="Give the list of this one recording alone.",
    )
