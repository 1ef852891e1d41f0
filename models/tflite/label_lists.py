"""Label lists: what the columns of the scores are called.

Conventions
-----------
A list is text in UTF-8, one label for each score, in their order. Three forms are understood:

- a label in each line;
- as Teachable Machine writes it, each line numbered from 0: ``0 Background Noise``;
- CSV: one column; or a number and a label; or columns with a header, one of which is called
  ``display_name``, ``label``, ``labels``, ``name``, ``class_name`` or ``class``, such as YAMNet's
  ``index,mid,display_name``. Where a column ``index`` counts from 0, it says the order.

All labels differ, and none is empty: an event is known by its label.
"""

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from models.errors import ModelError

LIST_LIMIT_BYTES = 1 << 20
"""Longest label list that is read. YAMNet's has 6230 bytes for 521 labels; at that length this
holds 87,000 labels, four times as many as the largest set in common use (ImageNet-21k)."""

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
"""Names of lists beside a model's file, the first one first: those that name the model come
before those that may be for any model in the folder."""

# LIST_LIMIT_BYTES holds fewer than ten million lines, so no number of a line has more digits.
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
    """Labels, and where they came from.

    Parameters
    ----------
    labels : tuple of str
        One for each score, all different, none empty.
    source : {'packed', 'beside', 'given', 'yamnet', 'numbered'}
        Packed into the model's file, in a file beside it, given by the caller, known of YAMNet, or
        mere numbers.
    file_name : str
        Of the list, where it was read.

    Raises
    ------
    ModelError
        If there are none, or some are empty or repeated.
    """

    labels: tuple[str, ...]
    source: Source
    file_name: str = ""

    def __post_init__(self) -> None:
        _check(self.labels, self.file_name)


def numbered(n_classes: int) -> LabelList:
    """Make labels for classes that nobody named: ``Class 0``, ``Class 1``, ..."""
    return LabelList(tuple(f"Class {index}" for index in range(n_classes)), "numbered")


def beside(path: Path) -> LabelList | None:
    """Read the label list that lies beside a model's file; None where there is none.

    Parameters
    ----------
    path : Path
        The model's file. Its list is the first of ``<stem>.txt``, ``<stem>.csv``,
        ``<stem>_labels.txt``, ``<stem>_labels.csv``, ``<stem>_class_map.csv``, ``labels.txt``,
        ``labels.csv`` and ``class_map.csv`` in the same folder.

    Raises
    ------
    ModelError
        If there is one and it cannot be understood.
    """
    for pattern in _BESIDE:
        candidate = path.with_name(pattern.format(stem=path.stem))
        if candidate.is_file():
            return read_list(candidate, "beside")
    return None


def read_list(path: Path, source: Source = "given") -> LabelList:
    """Read a label list that is a file of its own.

    Raises
    ------
    ModelError
        If it cannot be read or understood.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LIST_LIMIT_BYTES + 1)
    except OSError as error:
        raise refused(f"The label list {path.name} cannot be read: {error.strerror}.") from error
    return parse_list(content, path.name, source)


def parse_list(content: bytes, file_name: str, source: Source) -> LabelList:
    """Understand a label list.

    Parameters
    ----------
    content : bytes
        The whole list.
    file_name : str
        Its name: where it ends in ``.csv`` it is a table, else lines.
    source : str
        As in `LabelList`.

    Raises
    ------
    ModelError
        If it is too long, not UTF-8, empty, or has empty or repeated labels.
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
    """Make the error of a list that is not understood."""
    return ModelError(arrived, allowed=_ALLOWED, remedy=_REMEDY)


def _of_lines(text: str) -> tuple[str, ...]:
    # Not `splitlines`, which would also break at rarer characters that a label may hold.
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
