"""Application of a taught classifier to the stored embeddings of an archive."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heappush, heappushpop
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.archive.hits import Hit
from models.archive.querying import Place
from models.archive.similarity import embeddings_of
from models.archive.store import ArchivedModel, ArchiveSnapshot, storage_errors
from models.audio.timing import frame_onsets_s
from models.errors import ModelError
from models.events import EventRules
from models.events.timeline import Timeline
from models.teaching.examples import sounds
from models.teaching.taught import TaughtClassifier

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
    places: dict[int, Place],
    progress: Callable[[float], None],
) -> Iterator[tuple[int, Timeline]]:
    """Compute the scores of every recording, one after another.

    Yields
    ------
    int
        Number of the recording.
    Timeline
        Its scores.
    """
    model = snapshot.head.model
    n_windows = max(1, snapshot.windows.count_rows())
    n_read = 0
    for number, rows in _recordings(snapshot):
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
    places: dict[int, Place],
    labels: Sequence[str],
    min_score: float,
    limit: int,
) -> list[Hit]:
    """Find the events with the highest scores in many recordings, best first."""
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
            count += 1
            keep = heappush if len(best) < limit else heappushpop
            keep(best, (event.peak, -count, hit))
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


def _recordings(snapshot: ArchiveSnapshot) -> Iterator[tuple[int, _Rows]]:
    """Yield the windows of each recording, which are stored one after another."""
    current, held = -1, None
    for number, rows in _stretches(snapshot):
        if number == current and held is not None:
            held = held.joined(rows)
            continue
        if held is not None:
            yield current, held
        current, held = number, rows
    if held is not None:
        yield current, held


def _stretches(snapshot: ArchiveSnapshot) -> Iterator[tuple[int, _Rows]]:
    import pyarrow as pa

    columns = ["recording", "position", "level_dbfs", "embedding"]
    for batch in _batches(snapshot, columns):
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


def _batches(snapshot: ArchiveSnapshot, columns: Sequence[str]) -> Iterator[Any]:
    with storage_errors("windows", "read"):
        batches = snapshot.windows.search().select(list(columns)).to_batches(_BATCH_WINDOWS)
        yield from batches
