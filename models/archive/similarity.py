"""Search by example: windows of an archive that sound like given ones.

Conventions
-----------
The query is the mean of the positive examples, less a part of the mean of the negative ones and of
the archive's average window, all at unit length (Rocchio, 1971). The average is what all recordings
have in common, such as hum and wind. Candidates are the windows at the smallest angle to the query,
which an index finds; the average is then subtracted from them, too. A result's score is the cosine
of its angle to the query, 1 for an example itself. An example of several windows is represented by
the one whose embedding is strongest, usually that of the sound itself.

On ESC-50 with YAMNet (1,401 clips, four draws per class), precision at 10 with one and five
examples was 0.59 and 0.64 for the mean of an example's windows, 0.75 and 0.83 for the strongest
one, and 0.75 and 0.85 less the average, when a hit had all windows that adjoin; with `SAME_SOUND`
of `models.archive.querying` it is 0.78 and 0.89.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.archive.hits import Hit
from models.archive.querying import rows_of
from models.archive.store import ArchiveSnapshot, storage_errors
from models.errors import SettingError

AVERAGE_SHARE = 0.8
"""Part of the archive's average that is subtracted."""

NEGATIVE_SHARE = 0.5
"""Part of the negative examples' mean that is subtracted."""

_SAMPLED_WINDOWS = 2048
_SHORTEST = 1e-6


def strongest(embeddings: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Return the embedding with the largest sum, at unit length.

    Parameters
    ----------
    embeddings : ndarray, shape (n_windows, n_values)
        The windows of an example.
    """
    values = np.asarray(embeddings, np.float32)
    return unit(values[int(np.argmax(values.sum(axis=1)))])


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale vectors, in the last axis, to unit length; zeros stay zeros."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: NDArray[np.float32] = (vectors / np.maximum(lengths, _SHORTEST)).astype(np.float32)
    return scaled


def make_query(
    positive: Sequence[NDArray[np.float32]],
    negative: Sequence[NDArray[np.float32]],
    average: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Combine examples to a query of unit length.

    Parameters
    ----------
    positive, negative : sequence of ndarray of float32, shape (n_values,)
        Examples at unit length; at least one positive.
    average : ndarray of float32, shape (n_values,)
        Mean of the archive's embeddings at unit length.
    """
    query = np.mean(positive, axis=0) - AVERAGE_SHARE * average
    if negative:
        query = query - NEGATIVE_SHARE * (np.mean(negative, axis=0) - AVERAGE_SHARE * average)
    return unit(query)


def average_window(snapshot: ArchiveSnapshot) -> NDArray[np.float32]:
    """Return the mean of the embeddings at unit length, of windows evenly spread."""
    n_windows = snapshot.windows.count_rows()
    places = np.unique(np.linspace(0, n_windows - 1, _SAMPLED_WINDOWS).astype(np.int64))
    with storage_errors("windows", "read"):
        sampled = snapshot.windows.take_offsets(places.tolist()).select(["embedding"]).to_arrow()
    mean: NDArray[np.float32] = unit(embeddings_of(sampled)).mean(axis=0)
    return mean


def embeddings_of(table: Any) -> NDArray[np.float32]:  # noqa: ANN401 - pyarrow.Table
    """Return the embeddings of rows, float32 of shape (n_rows, n_values)."""
    column = table["embedding"].combine_chunks()
    size = column.type.list_size
    values: NDArray[np.float16] = column.flatten().to_numpy(zero_copy_only=False)
    return values.reshape(-1, size).astype(np.float32)


def embeddings_of_hit(snapshot: ArchiveSnapshot, hit: Hit) -> NDArray[np.float32]:
    """Return the stored embeddings of the windows of a hit.

    Raises
    ------
    SettingError
        If the archive has no such windows.
    """
    model = snapshot.head.model
    first = int(hit.onset_s / model.hop_s + 1e-6)
    last = max(first, int(hit.offset_s / model.hop_s - 1e-6))
    where = f"recording = {int(hit.recording)} AND position BETWEEN {first} AND {last}"
    found = rows_of(snapshot.windows, where, ("embedding",))
    if not found.num_rows:
        raise SettingError(
            f"The archive has no windows of the hit at {hit.onset_s:.2f} s in {hit.path}.",
            allowed="Hits belong to the archive that found them, until their recording changes.",
            remedy="Search again.",
        )
    return embeddings_of(found)


def nearest(
    snapshot: ArchiveSnapshot,
    query: NDArray[np.float32],
    average: NDArray[np.float32],
    where: str | None,
    count: int,
    *,
    exact: bool = False,
) -> list[tuple[int, int, float]]:
    """Find the windows nearest to a query.

    Parameters
    ----------
    snapshot : ArchiveSnapshot
        The tables.
    query, average : ndarray of float32, shape (n_values,)
        Of unit length; and the mean of the archive's embeddings at unit length.
    where : str or None
        Condition on windows.
    count : int
        Number of windows.
    exact : bool
        Whether to compare with every window, although there is an index.

    Returns
    -------
    list of (int, int, float)
        Recording, position and score of each, best first.
    """
    search = snapshot.windows.search(query, vector_column_name="embedding")
    search = search.distance_type("cosine")
    search = search.select(["recording", "position", "embedding", "_distance"])
    if where is not None:
        search = search.where(where, prefilter=True)
    if exact:
        search = search.bypass_vector_index()
    else:
        search = search.nprobes(PROBES).refine_factor(REFINED)
    with storage_errors("windows", "read"):
        found = search.limit(count).to_arrow()
    if not found.num_rows:
        return []
    scores = unit(unit(embeddings_of(found)) - AVERAGE_SHARE * average) @ query
    order = np.argsort(-scores, kind="stable")
    recordings, positions = (found[name].to_numpy()[order] for name in ("recording", "position"))
    return list(zip(recordings.tolist(), positions.tolist(), scores[order].tolist(), strict=True))


PROBES = 32
"""Number of partitions of the index that are searched."""

REFINED = 8
"""Number of candidates for each result, whose stored embeddings are compared."""
