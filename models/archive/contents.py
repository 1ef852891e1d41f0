"""Summary of an archive's content."""

from collections import Counter, defaultdict
from datetime import date
from pathlib import Path
from typing import Any

from models.archive.hits import ArchiveSummary
from models.archive.querying import read_places, rows_of
from models.archive.store import ArchiveSnapshot, Store


def summarise(store: Store) -> ArchiveSummary:
    """Count what an archive has; see `Archive.summary`."""
    snapshot = store.snapshot()
    size_bytes = None if store.folder is None else _size_bytes(store.folder)
    if snapshot is None:
        return ArchiveSummary(size_bytes=size_bytes)
    places = read_places(snapshot)
    by_day: defaultdict[date, float] = defaultdict(float)
    for place in places.values():
        if place.started_at is not None:
            by_day[place.started_at.date()] += place.duration_s / 3600
    return ArchiveSummary(
        recordings=len(places),
        failed=snapshot.recordings.count_rows("reason <> ''"),
        hours=sum(place.duration_s for place in places.values()) / 3600,
        windows=snapshot.windows.count_rows(),
        events=snapshot.events.count_rows(),
        classes=_counts(snapshot),
        hours_by_day=dict(sorted(by_day.items())),
        size_bytes=size_bytes,
        model=snapshot.head.model.name,
    )


def _counts(snapshot: ArchiveSnapshot) -> dict[str, int]:
    column: Any = rows_of(snapshot.events, None, ("class_index",))["class_index"]
    counted = Counter({row["values"]: row["counts"] for row in column.value_counts().to_pylist()})
    labels = snapshot.head.model.labels
    return {labels[index]: count for index, count in counted.most_common()}


def _size_bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
