"""Label lists: parsing and validation.

Conventions
-----------
A list is UTF-8 text with one label per score, in their order. Three forms are supported:

- one label per line;
- the form of Teachable Machine, with lines numbered from 0: ``0 Background Noise``;
- CSV: one column; or a number and a label; or columns with a header, one of which is called
  ``display_name``, ``label``, ``labels``, ``name``, ``class_name`` or ``class``, such as YAMNet's
  ``index,mid,display_name``. A first column ``index``, from 0, determines the order.

Labels are unique and not empty: an event is identified by its label.
"""

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from models.errors import ModelError

LIST_LIMIT_BYTES = 1 << 20
"""Largest label list, in bytes. YAMNet's has 6230 bytes for 521 labels; at that average length the
limit is 87,000 labels, four times as many as the largest set in common use (ImageNet-21k)."""

MAX_LABEL_LENGTH = 200
"""Longest label, in characters: five times AudioSet's longest, 40."""

Source = Literal["packed", "beside", "given", "yamnet", "numbered"]

_BESIDE = (
    "{stem}.txt",
    "{stem}.csv",
    "{stem}_labels.txt",
    "{stem}_labels.csv",
    "{stem}_class_map.csv",
    "labels.txt",
    "labels.csv",
    "class_map.csv",
)
"""Names of lists beside a model's file, in order of precedence: those with the name of the model
precede those that may belong to any model in the folder."""

# A list of LIST_LIMIT_BYTES has fewer than ten million lines, so line numbers have 7 digits at
# most.
_NUMBERED = re.compile(r"(\d{1,7})\s+(\S.*)", re.ASCII)
_LABEL_COLUMNS = ("display_name", "label", "labels", "name", "class_name", "class")
_INDEX_COLUMN = "index"
_ALLOWED = (
    "A label list has one different label for each score, in UTF-8: a .txt with one in each"
    " line, or a .csv with a column display_name or label."
)
_REMEDY = "Mend the list, or take it away to have the classes numbered."


@dataclass(frozen=True)
class LabelList:
    """Labels and their origin.

    Parameters
    ----------
    labels : tuple of str
        One per score, unique, not empty.
    source : {'packed', 'beside', 'given', 'yamnet', 'numbered'}
        Origin: packed into the model's file, a file beside it, given by the caller, YAMNet's
        labels, or numbers.
    file_name : str
        Name of the label file; empty if there is none.

    Raises
    ------
    ModelError
        If there are no labels, or some are empty, too long or repeated.
    """

    labels: tuple[str, ...]
    source: Source
    file_name: str = ""

    def __post_init__(self) -> None:
        _check(self.labels, self.file_name)


def numbered(n_classes: int) -> LabelList:
    """Create numbered labels: ``Class 0``, ``Class 1``, ...

    Examples
    --------
    >>> numbered(2).labels
    ('Class 0', 'Class 1')
    """
    return LabelList(tuple(f"Class {index}" for index in range(n_classes)), "numbered")


def beside(path: Path) -> LabelList | None:
    """Read the label list beside a model's file; None if there is none.

    Parameters
    ----------
    path : Path
        The model's file. Its list is the first of ``<stem>.txt``, ``<stem>.csv``,
        ``<stem>_labels.txt``, ``<stem>_labels.csv``, ``<stem>_class_map.csv``, ``labels.txt``,
        ``labels.csv`` and ``class_map.csv`` in the same folder.

    Raises
    ------
    ModelError
        If the list cannot be read or parsed.
    """
    for pattern in _BESIDE:
        candidate = path.with_name(pattern.format(stem=path.stem))
        if candidate.is_file():
            return read_list(candidate, "beside")
    return None


def read_list(path: Path, source: Source = "given") -> LabelList:
    """Read a label list from a file.

    Raises
    ------
    ModelError
        If it cannot be read or parsed.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LIST_LIMIT_BYTES + 1)
    except OSError as error:
        raise refused(f"The label list {path.name} cannot be read: {error.strerror}.") from error
    return parse_list(content, path.name, source)


def parse_list(content: bytes, file_name: str, source: Source) -> LabelList:
    """Parse a label list.

    Parameters
    ----------
    content : bytes
        The whole list.
    file_name : str
        Name of the file: a list that ends in ``.csv`` is parsed as CSV, others by lines.
    source : str
        As in `LabelList`.

    Raises
    ------
    ModelError
        If the list is too long, malformed, not UTF-8, empty, or has empty, too long or repeated
        labels.

    Examples
    --------
    >>> parse_list(b"0 Background Noise", "labels.txt", "given").labels
    ('Background Noise',)
    """
    if len(content) > LIST_LIMIT_BYTES:
        raise refused(
            f"The label list {file_name} has more than {LIST_LIMIT_BYTES:,} bytes,"
            " the most that is read."
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise refused(f"The label list {file_name} is not UTF-8 ({error}).") from error
    is_table = file_name.lower().endswith(".csv")
    labels = _of_table(text, file_name) if is_table else _of_lines(text)
    return LabelList(labels, source, file_name)


def refused(arrived: str) -> ModelError:
    """Return the error for a list that cannot be parsed."""
    return ModelError(arrived, allowed=_ALLOWED, remedy=_REMEDY)


def _of_lines(text: str) -> tuple[str, ...]:
    # Not `splitlines`, which also splits at rarer characters that a label may contain.
    lines = [line.strip() for line in text.rstrip().split("\n")]
    numbered_lines = [_NUMBERED.fullmatch(line) for line in lines]
    counted = [int(match[1]) for match in numbered_lines if match]
    if counted == list(range(len(lines))):
        return tuple(match[2] for match in numbered_lines if match)
    return tuple(lines)


def _of_table(text: str, file_name: str) -> tuple[str, ...]:
    try:
        rows = [row for row in csv.reader(io.StringIO(text), strict=True) if row]
    except csv.Error as error:
        raise refused(f"The label list {file_name} is no CSV ({error}).") from error
    rows = [[cell.strip() for cell in row] for row in rows]
    header = [cell.lower() for cell in rows[0]] if rows else []
    named = [header.index(name) for name in _LABEL_COLUMNS if name in header]
    if named:
        column, rows = named[0], rows[1:]
    elif len(header) <= 2:
        column = len(header) - 1
    else:
        raise refused(f"The label list {file_name} has the columns {', '.join(header)}.")
    if any(len(row) != len(header) for row in rows):
        raise refused(f"The rows of the label list {file_name} differ in length.")
    if _INDEX_COLUMN in header[:1] or (len(header) == 2 and not named):
        rows = _in_order(rows, file_name)
    return tuple(row[column] for row in rows)


def _in_order(rows: list[list[str]], file_name: str) -> list[list[str]]:
    """Sort rows by their first column, which has to count from 0."""
    by_index = {row[0]: row for row in rows}
    wanted = [str(index) for index in range(len(rows))]
    if set(by_index) != set(wanted):
        raise refused(f"The first column of the label list {file_name} does not count from 0.")
    return [by_index[index] for index in wanted]


def _check(labels: tuple[str, ...], file_name: str) -> None:
    which = f"The label list {file_name}" if file_name else "The list of labels"
    if labels in ((), ("",)):
        raise refused(f"{which} is empty.")
    seen: dict[str, int] = {}
    for number, label in enumerate(labels, start=1):
        if not label:
            raise refused(f"{which} has nothing as its label {number}.")
        if len(label) > MAX_LABEL_LENGTH:
            raise refused(
                f"{which} has {len(label):,} characters in its label {number};"
                f" {MAX_LABEL_LENGTH} is the most that is read."
            )
        if label in seen:
            raise refused(f"{which} has {label!r} as its labels {seen[label]} and {number}.")
        seen[label] = number
