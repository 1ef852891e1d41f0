"""Which recordings of ESC-10 there are, of which class and in which fold.

Conventions
-----------
Two layouts are understood:

- ESC-50 as its author publishes it: ``meta/esc50.csv``, with the columns ``filename``, ``fold``,
  ``category`` and ``esc10``, beside the folder ``audio``. Of its clips only ESC-10's are taken.
- one folder for each of ESC-10's ten categories, whose files' names begin with the fold and a
  hyphen.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from models.errors import RecordingError
from models.starter.classes import ESC10_LABELS


@dataclass(frozen=True)
class Recording:
    """One recording with its truth.

    Parameters
    ----------
    path : Path
        Its file.
    label : str
        What sounds in it: one of the ten labels of ESC-10's classes.
    fold : int
        The part of the data set that it belongs to, 1 to 5. Fragments of one original recording
        are all in the same.
    """

    path: Path
    label: str
    fold: int


def read_recordings(folder: Path) -> list[Recording]:
    """List ESC-10's recordings in a folder.

    Parameters
    ----------
    folder : Path
        Of either layout.

    Returns
    -------
    list of Recording
        In the order of their paths.

    Raises
    ------
    RecordingError
        If the folder has neither layout, or its list is damaged.
    """
    table = folder / "meta" / "esc50.csv"
    found = _from_table(folder, table) if table.is_file() else _from_folders(folder)
    recordings = sorted(found, key=lambda recording: recording.path)
    if not recordings:
        raise RecordingError(
            f"No recording of ESC-10 was found in {folder}.",
            allowed="ESC-50's folder with meta/esc50.csv and audio/, or a folder for each category"
            f" ({', '.join(ESC10_LABELS)}) whose files are named FOLD-NAME.",
            remedy="Give the folder into which ESC-50 was unpacked.",
        )
    return recordings


def _from_table(folder: Path, table: Path) -> Iterator[Recording]:
    with table.open(newline="", encoding="utf-8") as lines:
        yield from (
            _from_row(folder, row) for row in csv.DictReader(lines) if row.get("esc10") == "True"
        )


def _from_row(folder: Path, row: dict[str, str]) -> Recording:
    try:
        path = folder / "audio" / row["filename"]
        return Recording(path, ESC10_LABELS[row["category"]], int(row["fold"]))
    except (KeyError, ValueError) as error:
        raise RecordingError(
            f"A line of meta/esc50.csv cannot be read: {row}.",
            allowed="Each has filename, fold, category and esc10, as in ESC-50.",
            remedy="Fetch ESC-50 again.",
        ) from error


def _from_folders(folder: Path) -> Iterator[Recording]:
    for category, label in ESC10_LABELS.items():
        for path in (folder / category).glob("[1-5]-*"):
            yield Recording(path, label, int(path.name[0]))
