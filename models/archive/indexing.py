"""Indices of an archive, made when they pay.

Conventions
-----------
Scalar indices on class and time are small and always made. A vector index (IVF-PQ) takes a minute
for each million windows; below `INDEXED_WINDOWS` comparing every window is fast enough, and exact.
"""

import math
from datetime import timedelta
from typing import Any

from models.archive.store import ArchiveSnapshot, Store
from models.archive.tables import EVENTS, WINDOWS

INDEXED_WINDOWS = 100_000
"""Number of windows from which a vector index pays: 27 hours at a hop of 0.96 s."""

SUB_VECTORS = 64
"""Number of bytes of an embedding in the index."""

_SCALAR = {EVENTS: {"class_index": "bitmap", "at": "tree"}, WINDOWS: {"recording": "tree"}}
_WAIT = timedelta(hours=6)


def build_indices(store: Store) -> None:
    """Make the indices that pay and are missing, and commit.

    Raises
    ------
    ArchiveError
        If the archive cannot be written.
    """
    snapshot = store.snapshot()
    if snapshot is None or not _missing(snapshot):
        return
    with store.writing(snapshot.head.model) as transaction:
        for name, columns in _SCALAR.items():
            table = transaction.tables[name]
            for column in columns.keys() - _indexed(table):
                table.create_index(column, config=_scalar_index(columns[column]))
        windows = transaction.tables[WINDOWS]
        if _wants_vector_index(windows):
            config = _vector_index(windows.count_rows())
            windows.create_index("embedding", config=config, wait_timeout=_WAIT)


def _scalar_index(kind: str) -> Any:  # noqa: ANN401 - lancedb.index.Bitmap or BTree
    from lancedb.index import Bitmap, BTree

    return Bitmap() if kind == "bitmap" else BTree()


def _vector_index(n_windows: int) -> Any:  # noqa: ANN401 - lancedb.index.IvfPq
    from lancedb.index import IvfPq

    n_partitions = max(1, round(math.sqrt(n_windows) / 2))
    return IvfPq(distance_type="cosine", num_partitions=n_partitions, num_sub_vectors=SUB_VECTORS)


def _missing(snapshot: ArchiveSnapshot) -> bool:
    tables = {EVENTS: snapshot.events, WINDOWS: snapshot.windows}
    has_all = all(columns.keys() <= _indexed(tables[name]) for name, columns in _SCALAR.items())
    return not has_all or _wants_vector_index(snapshot.windows)


def _wants_vector_index(windows: Any) -> bool:  # noqa: ANN401 - lancedb.table.Table
    return windows.count_rows() >= INDEXED_WINDOWS and "embedding" not in _indexed(windows)


def _indexed(table: Any) -> set[str]:  # noqa: ANN401 - lancedb.table.Table
    return {column for index in table.list_indices() for column in index.columns}
