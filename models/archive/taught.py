"""Application of a taught classifier to the stored embeddings of an archive."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappush, heappushpop
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.archive.hits import Hit
from models.archive.querying import Among, Place, in_numbers
from models.archive.similarity import embeddings_of
from models.archive.store import ArchivedModel, ArchiveSnapshot, storage_errors
from models.audio.timing import frame_onsets_s
from models.errors import ModelError
from models.events import EventRules
from models.events.timeline import Timeline
from models.teaching.examples import sounds
from models.teaching.taught import TaughtClassifier

UNCERTAIN_SCORE = 0.5
"""Score of a taught class that says least: its classifier is trained with targets of 0 and 1."""

_BATCH_WINDOWS = 8192


def check_base(taught: TaughtClassifier, model: ArchivedModel) -> None:
    """Check that a classifier was taught on the embeddings that an archive has.

    Raises
    ------
    ModelError
        If its base is another model.
    """
    if taught.learnt.base_digest != model.sha256:
        raise ModelError(
            f"The classifier was taught on {taught.learnt.base or 'another model'}, the archive has"
            f" the embeddings of {model.name}.",
            allowed="Both have to be of the same model.",
            remedy=f"Teach the classes on {model.name}, or add the recordings to another archive.",
        )


def taught_timelines(
    snapshot: ArchiveSnapshot,
    taught: TaughtClassifier,
    places: Mapping[int, Place],
    numbers: Collection[int],
    progress: Callable[[float], None],
) -> Iterator[tuple[int, Timeline]]:
    """Compute the scores of some recordings, by their numbers, one after another.

    Yields
    ------
    int
        Number of the recording.
    Timeline
        Its scores.
    """
    model = snapshot.head.model
    if not numbers:
        return
    where = None if len(numbers) == len(places) else in_numbers(sorted(numbers))
    n_windows = max(1, snapshot.windows.count_rows(where))
    n_read = 0
    for number, rows in _recordings(snapshot, where):
        progress(n_read / n_windows)
        n_read += len(rows.embeddings)
        loud = sounds(rows.levels_dbfs.astype(np.float64))
        scores = taught.learnt.head.scores(rows.embeddings, loud)
        onsets_s = frame_onsets_s(len(scores), model.hop_samples, model.sample_rate)
        duration_s = places[number].duration_s
        yield (
            number,
            Timeline(scores, onsets_s, model.window_s, model.hop_s, taught.labels, duration_s),
        )
    progress(1.0)


def best_events(
    timelines: Iterator[tuple[int, Timeline]],
    places: Mapping[int, Place],
    labels: Sequence[str],
    min_score: float,
    limit: int,
    *,
    among: Among,
    uncertain_first: bool,
) -> list[Hit]:
    """Find the events with the highest scores, or with those nearest to 0.5, in many recordings.

    Returns
    -------
    list of Hit
        In this order.
    """
    best: list[tuple[float, int, Hit]] = []
    count = 0
    for number, timeline in timelines:
        for event in EventRules(min_score).find(timeline, labels=labels):
            place = places[number]
            hit = Hit(
                place.path,
                event.onset_s,
                event.offset_s,
                event.peak,
                event.label,
                place.started_at,
                number,
            )
            if not among.includes(hit.at):
                continue
            count += 1
            rank = -abs(event.peak - UNCERTAIN_SCORE) if uncertain_first else event.peak
            keep = heappush if len(best) < limit else heappushpop
            keep(best, (rank, -count, hit))
    return [hit for _, _, hit in sorted(best, reverse=True)]


@dataclass(frozen=True, eq=False)
class _Rows:
    """Windows of one recording, in order of their positions."""

    positions: NDArray[np.int32]
    levels_dbfs: NDArray[np.float32]
    embeddings: NDArray[np.float32]

    def joined(self, other: "_Rows") -> "_Rows":
        return _Rows(
            np.concatenate((self.positions, other.positions)),
            np.concatenate((self.levels_dbfs, other.levels_dbfs)),
            np.concatenate((self.embeddings, other.embeddings)),
        )


def _recordings(snapshot: ArchiveSnapshot, where: str | None) -> Iterator[tuple[int, _Rows]]:
    """Yield the windows of each recording, which are stored one after another."""
    current, held = -1, None
    for number, rows in _stretches(snapshot, where):
        if number == current and held is not None:
            held = held.joined(rows)
            continue
        if held is not None:
            yield current, held
        current, held = number, rows
    if held is not None:
        yield current, held


def _stretches(snapshot: ArchiveSnapshot, where: str | None) -> Iterator[tuple[int, _Rows]]:
    import pyarrow as pa

    columns = ["recording", "position", "level_dbfs", "embedding"]
    for batch in _batches(snapshot, columns, where):
        table = pa.Table.from_batches([batch])
        numbers = table["recording"].to_numpy()
        rows = _Rows(
            table["position"].to_numpy(), table["level_dbfs"].to_numpy(), embeddings_of(table)
        )
        ends = [*np.flatnonzero(np.diff(numbers)) + 1, len(numbers)]
        for start, end in zip([0, *ends[:-1]], ends, strict=True):
            part = slice(start, end)
            yield (
                int(numbers[start]),
                _Rows(rows.positions[part], rows.levels_dbfs[part], rows.embeddings[part]),
            )


def _batches(snapshot: ArchiveSnapshot, columns: Sequence[str], where: str | None) -> Iterator[Any]:
    with storage_errors("windows", "read"):
        query = snapshot.windows.search().select(list(columns))
        yield from (query if where is None else query.where(where)).to_batches(_BATCH_WINDOWS)
