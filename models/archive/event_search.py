"""Search for the events of a class."""

from collections.abc import Callable, Sequence

from models.archive.hits import Hit
from models.archive.querying import Place, class_index, read_places, rows_of
from models.archive.store import ArchiveSnapshot
from models.archive.tables import EVENT_THRESHOLD
from models.errors import SettingError

Among = Callable[[dict[int, Place], Sequence[str]], str | None]
"""Writes the condition of a query, from the recordings and further conditions."""


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

    model = snapshot.head.model
    _check_score(min_score)
    terms = [] if label is None else [f"class_index = {class_index(model, label)}"]
    # Scores are compared in float32, their own precision.
    terms.append(f"peak >= CAST({min_score!r} AS FLOAT)")
    places = read_places(snapshot)
    columns = ["recording", "class_index", "onset_s", "offset_s", "peak"]
    found = rows_of(snapshot.events, among(places, terms), columns)
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


def _check_score(min_score: float) -> None:
    if not EVENT_THRESHOLD <= min_score <= 1:
        guess = " Is it in percent?" if 1 < min_score <= 100 else ""
        raise SettingError(
            f"min_score is {min_score:g}.{guess}",
            allowed=f"Events are stored from a score of {EVENT_THRESHOLD:g}, up to 1.",
            remedy="Choose a score in that range; 0.4 is usual.",
        )
