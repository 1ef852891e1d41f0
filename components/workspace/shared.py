"""What all visitors share: limits, the fair queue, seats, the registry, and caches.

It lives as long as the process, and not in Streamlit's caches, which a visitor's browser can
empty by the message ``clear_cache``.
"""

import hashlib
import threading
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from components.view.portrait import Portrait
from components.workspace import operator
from components.workspace.cache import BoundedCache
from components.workspace.limits import MB, Limits
from components.workspace.recordings import Recording
from components.workspace.registry import Registry
from components.workspace.workspace import Workspace, analysis_bytes
from models.analysis import Analysis
from models.audio import isolate_decoding
from models.demonstration import demonstration_recording
from models.events.concordance import Concordance
from models.inference import ModelDescription, SoundClassifier
from models.jobs.fair_queue import FairQueue
from models.jobs.job import Job
from models.live import Seats

MAX_CLASSIFIERS = 4
"""Models kept open: each holds 9 MB per core. A page uses four at most: two that are compared,
and what stands in for them."""

MAX_DESCRIPTIONS = 64
"""Descriptions of models kept: 20 KB each, most of it labels."""

MAX_PORTRAITS = 8
"""Pictures kept, each with the scores as they are shown: 2 MB for ten minutes, and as much again
as the analysis where they are smoothed or rolled up."""


class Shared:
    """Everything that lives as long as the process.

    Parameters
    ----------
    limits : Limits
        What the operator allows.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        isolate_decoding(at_once=4 * limits.max_analyses)  # three lent turns for each
        self.fair_queue = FairQueue(limits.max_analyses)
        self.seats = Seats(limits.max_listeners)
        self.registry = Registry(
            self._make_workspace,
            60 * limits.workspace_minutes,
            limits.max_workspaces_mb * MB,
            max_count=limits.max_workspaces,
            max_per_address=limits.max_workspaces_per_address,
        )
        self.classifiers: BoundedCache[Job[SoundClassifier]] = _counted(MAX_CLASSIFIERS)
        self.descriptions: BoundedCache[Job[ModelDescription]] = _counted(MAX_DESCRIPTIONS)
        self.analyses: BoundedCache[Job[Analysis]] = BoundedCache(
            limits.max_results, limits.max_results_bytes, analysis_bytes
        )
        self.portraits: BoundedCache[Portrait] = BoundedCache(
            MAX_PORTRAITS, limits.max_results_bytes, lambda one: one.n_bytes
        )
        self.concordances: BoundedCache[Concordance] = BoundedCache(
            MAX_PORTRAITS, limits.max_results_bytes, _concordance_bytes
        )

    @cached_property
    def demonstration(self) -> Recording:
        """The demonstration clip, made once."""
        data = demonstration_recording()
        return Recording("Demonstration.wav", data, hashlib.sha256(data).hexdigest())

    def close(self) -> None:
        """Close all workspaces."""
        self.registry.close()

    def _make_workspace(self) -> Workspace:
        return Workspace(
            self.limits,
            self.seats,
            self.fair_queue,
            lambda n_bytes: self.registry.has_room(n_bytes),
            self._forget_results,
        )

    def _forget_results(self, digests: Sequence[str]) -> None:
        """Drop what is shared of recordings that no workspace has any more."""
        gone = {digest for digest in digests if not self.registry.holds(digest)}
        self.analyses.discard(lambda key: key[0] in gone)
        self.portraits.discard(lambda key: key[0] in gone)
        self.concordances.discard(lambda key: key[0][0][0] in gone)


_lock = threading.Lock()
_shared: Shared | None = None


def shared() -> Shared:
    """Return what this process's visitors share; made by the first who asks.

    Raises
    ------
    SettingError
        If a configured limit is wrong; limits are read again the next time.
    """
    global _shared
    with _lock:
        if _shared is None:
            _shared = Shared(operator.read_limits())
        return _shared


def reset() -> None:
    """Forget all of it, as at the end of the process."""
    global _shared
    with _lock:
        before, _shared = _shared, None
    if before is not None:
        before.close()


def _counted(max_entries: int) -> "BoundedCache[Job[Any]]":
    """Make a cache that is bounded in entries alone."""
    return BoundedCache(max_entries, 0, lambda _value: 0)


def _concordance_bytes(found: Concordance) -> int:
    return found.aligned.a.scores.nbytes + found.aligned.b.scores.nbytes
