"""Check of an archive: its tables against each other, and the recordings against the tables."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from models.archive.hits import Fault
from models.archive.querying import rows_of
from models.archive.scanning import FileState
from models.archive.store import ArchiveSnapshot
from models.archive.writing import KnownRecording, KnownRecordings
from models.registry.catalog import sha256_of


def find_faults(
    snapshot: ArchiveSnapshot | None, *, contents: bool, progress: Callable[[float], None]
) -> list[Fault]:
    """Find faults; see `Archive.verify`."""
    if snapshot is None:
        return []
    faults = list(_of_tables(snapshot))
    known = KnownRecordings(snapshot.recordings, where="reason = ''")
    for place, recording in enumerate(known.by_path.values()):
        progress(place / len(known.by_path))
        reason = _of_file(recording, contents=contents)
        if reason:
            faults.append(Fault(recording.path, reason))
    progress(1.0)
    return faults


def _of_tables(snapshot: ArchiveSnapshot) -> Iterator[Fault]:
    columns = ("recording", "path", "digest", "n_windows")
    recordings = rows_of(snapshot.recordings, "reason = ''", columns).to_pylist()
    stored = _counted(snapshot.windows)
    for row in recordings:
        found = stored.pop(row["recording"], 0)
        if found != row["n_windows"]:
            yield Fault(row["path"], f"It has {found} of {row['n_windows']} windows. Add it again.")
    events = _counted(snapshot.events).keys() - {row["recording"] for row in recordings}
    if stored or events:
        yield Fault("", "There are windows or events of recordings that are not in the archive.")
    for column in ("recording", "path", "digest"):
        values = Counter(row[column] for row in recordings)
        twice = [value for value, count in values.items() if count > 1]
        if twice:
            yield Fault("", f"The {column} {twice[0]} is there {values[twice[0]]} times.")


def _counted(table: Any) -> dict[int, int]:  # noqa: ANN401 - lancedb.table.Table
    counted = rows_of(table, None, ("recording",))["recording"].value_counts().to_pylist()
    return {row["values"]: row["counts"] for row in counted}


def _of_file(recording: KnownRecording, *, contents: bool) -> str:
    """Say what is wrong with a recording; nothing if it is as it was."""
    path = Path(recording.path)
    try:
        if not contents and FileState.of(path) == recording.state:
            return ""
        is_same = sha256_of(path) == recording.digest
    except OSError as error:
        return (
            f"It cannot be read: {error.strerror or error}. If it was moved, add the folder where"
            " it is now."
        )
    return "" if is_same else "It has changed since it was added. Add it again."
