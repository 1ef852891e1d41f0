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
from components.workspace.room import Room
from components.workspace.workspace import Workspace, analysis_bytes
from models.analysis import Analysis
from models.audio import isolate_decoding
from models.demonstration import demonstration_recording
from models.errors import EarmarkError, SettingError
from models.events.concordance import Concordance
from models.inference import ModelDescription, SoundClassifier
from models.jobs.fair_queue import FairQueue
from models.jobs.job import Job
from models.live import Seats

DECODERS_PER_ANALYSIS = 2
"""Decoder processes at once, for each of `Limits.max_analyses`."""

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

    All that visitors have, or have done for them, takes its bytes from `room`: workspaces, results
    kept for all, scores under way, exports and uploads. Results that no workspace holds go first
    for it, then the workspaces without a connection, the longest left first.

    Parameters
    ----------
    limits : Limits
        What the operator allows.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        isolate_decoding(at_once=DECODERS_PER_ANALYSIS * limits.max_analyses)
        self.fair_queue = FairQueue(limits.max_analyses)
        self.seats = Seats(limits.max_listeners)
        self.registry = Registry(
            self._make_workspace,
            60 * limits.workspace_minutes,
            max_count=limits.max_workspaces,
            max_per_address=limits.max_workspaces_per_address,
        )
        self.classifiers: BoundedCache[Job[SoundClassifier]] = _counted(MAX_CLASSIFIERS)
        self.descriptions: BoundedCache[Job[ModelDescription]] = _counted(MAX_DESCRIPTIONS)
        self.window_times: BoundedCache[Job[tuple[float, ...]]] = _counted(MAX_DESCRIPTIONS)
        self.analyses: BoundedCache[Job[Analysis]] = BoundedCache(
            limits.max_results, limits.max_results_bytes, analysis_bytes
        )
        self.portraits: BoundedCache[Portrait] = BoundedCache(
            MAX_PORTRAITS, limits.max_results_bytes, lambda one: one.n_bytes
        )
        self.concordances: BoundedCache[Concordance] = BoundedCache(
            MAX_PORTRAITS, limits.max_results_bytes, _concordance_bytes
        )

        self.room = Room(
            limits.max_workspaces_mb * MB,
            self._count,
            self._refusal,
            (
                self.portraits.evict_oldest,
                self.concordances.evict_oldest,
                self._evict_result,
                self.registry.close_longest_left,
            ),
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
            self.room,
            self._forget_results,
        )

    def _count(self) -> int:
        """Count what is held for visitors; what several of them share counts once."""
        workspaces = self.registry.all
        results = {id(job): job for job in self.analyses.values}
        results |= {id(job): job for one in workspaces for job in one.analyses.values}
        return (
            sum(one.own_bytes for one in workspaces)
            + sum(map(analysis_bytes, results.values()))
            + self.portraits.n_bytes
            + self.concordances.n_bytes
        )

    def _evict_result(self) -> bool:
        """Evict the result used longest ago of those that no workspace holds."""
        held = {id(job) for one in self.registry.all for job in one.analyses.values}
        return self.analyses.evict_oldest(lambda job: job.done and id(job) not in held)

    def _refusal(self, _n_bytes: int) -> EarmarkError:
        return SettingError(
            "This server's memory for visitors is full.",
            allowed=f"All of them together may have {self.limits.max_workspaces_mb:,} MB.",
            remedy="Remove recordings, models or examples that you need no more, or try again in "
            "some minutes, when others have left.",
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
