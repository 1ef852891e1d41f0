"""Search for the events of a class, and their count by the hour."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np

from models.archive.hits import Hit
from models.archive.querying import Among, Place, class_index, read_places, rows_of
from models.archive.store import ArchiveSnapshot
from models.archive.tables import EVENT_THRESHOLD
from models.errors import SettingError


def find(
    snapshot: ArchiveSnapshot,
    label: str | None,
    *,
    min_score: float,
    limit: int | None,
    among: Among,
) -> list[Hit]:
    """Find events, highest score first; see `Archive.events`."""
    import pyarrow as pa

    model, places = snapshot.head.model, read_places(snapshot)
    columns = ("recording", "class_index", "onset_s", "offset_s", "peak")
    found = _rows(snapshot, places, label, min_score, among, columns)
    order = [("peak", "descending"), ("recording", "ascending"), ("onset_s", "ascending")]
    ordered = found.sort_by(order)
    rows = pa.Table.to_pylist(ordered if limit is None else ordered.slice(0, limit))
    return [
        Hit(
            path=places[row["recording"]].path,
            onset_s=row["onset_s"],
            offset_s=row["offset_s"],
            score=row["peak"],
            label=model.labels[row["class_index"]],
            started_at=places[row["recording"]].started_at,
            recording=row["recording"],
        )
        for row in rows
    ]


def count_by_hour(
    snapshot: ArchiveSnapshot, label: str | None, *, min_score: float, among: Among
) -> dict[datetime, int]:
    """Count events by the hour in which they begin; see `Archive.activity`."""
    found = _rows(snapshot, read_places(snapshot), label, min_score, among, ("at",))
    times = found["at"].drop_null().to_numpy().astype("datetime64[h]")
    hours, counts = np.unique(times, return_counts=True)
    return dict(zip(hours.astype(datetime).tolist(), counts.tolist(), strict=True))


def _rows(
    snapshot: ArchiveSnapshot,
    places: Mapping[int, Place],
    label: str | None,
    min_score: float,
    among: Among,
    columns: tuple[str, ...],
) -> Any:  # noqa: ANN401 - pyarrow.Table
    """Read the events of a class that reach a score."""
    _check_score(min_score)
    model = snapshot.head.model
    terms = [] if label is None else [f"class_index = {class_index(model, label)}"]
    # Scores are compared in float32, their own precision.
    terms.append(f"peak >= CAST({min_score!r} AS FLOAT)")
    return rows_of(snapshot.events, among.condition(places, terms), columns)


def _check_score(min_score: float) -> None:
    if not EVENT_THRESHOLD <= min_score <= 1:
        guess = " Is it in percent?" if 1 < min_score <= 100 else ""
        raise SettingError(
            f"min_score is {min_score:g}.{guess}",
            allowed=f"Events are stored from a score of {EVENT_THRESHOLD:g}, up to 1.",
            remedy="Choose a score in that range; 0.4 is usual.",
        )
