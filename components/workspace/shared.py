"""Process-wide state shared by all visitors: limits, fair queue, seats, registry and caches.

It is not in Streamlit's caches, because a browser can empty those by the message ``clear_cache``.
"""

import hashlib
import threading
from collections.abc import Hashable, Sequence
from functools import cached_property
from typing import Any

from components.view.findings import ShownScores
from components.view.picture import SpectrogramFile
from components.workspace import operator
from components.workspace.cache import BoundedCache
from components.workspace.limits import MB, Limits
from components.workspace.recordings import Recording
from components.workspace.registry import Registry
from components.workspace.room import SHARE, Room
from components.workspace.waiting import Waiting
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
"""Maximum number of concurrent decoder processes per unit of `Limits.max_analyses`."""

EXPORTS_AT_ONCE = 1
"""Number of exports that are written at once. Most of each is Python, which one thread at a time
runs, so a second one finishes no sooner, and live streams and analyses wait for both."""

MAX_CLASSIFIERS = 4
"""Number of models kept open; each holds 9 MB per core. A page uses four at most: two that are
compared, and their substitutes."""

MAX_DESCRIPTIONS = 64
"""Number of model descriptions kept, 20 kB each, most of it labels."""

MAX_PORTRAITS = 8
"""Number of pictures kept, each with the scores it shows: 2 MB for ten minutes, and additionally
the size of the analysis if the scores are smoothed or rolled up."""

MAX_SPECTROGRAMS = 16
"""Number of spectrograms kept that visitors chose an axis or a range for: at most 2 MB each, before
compression."""


class Shared:
    """State that lives as long as the process.

    All memory used for visitors is reserved in `room`: workspaces, cached results, scores being
    computed, exports and uploads. To free memory, results that no workspace holds are evicted
    first, then workspaces without a connection are closed, the one disconnected longest ago first.

    Parameters
    ----------
    limits : Limits
        Limits configured by the operator.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.fair_queue = FairQueue(limits.max_analyses, _group)
        self.export_queue = FairQueue(EXPORTS_AT_ONCE, _group)
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
        self.shown_scores: BoundedCache[ShownScores] = BoundedCache(
            MAX_PORTRAITS, limits.max_results_bytes, lambda one: one.n_bytes
        )
        self.spectrograms: BoundedCache[Job[SpectrogramFile]] = BoundedCache(
            MAX_SPECTROGRAMS, limits.max_results_bytes, _spectrogram_bytes
        )
        self.concordances: BoundedCache[Concordance] = BoundedCache(
            MAX_PORTRAITS, limits.max_results_bytes, _concordance_bytes
        )

        self.room = Room(
            limits.max_workspaces_mb * MB,
            self._count,
            self._refusal,
            (
                self.shown_scores.evict_oldest,
                lambda: self.spectrograms.evict_oldest(lambda job: job.done),
                self.concordances.evict_oldest,
                self._evict_result,
                self.registry.close_longest_left,
            ),
            held_by=self._held_by,
            share_refusal=self._share_refusal,
            harmless=4,  # the caches
            evictable=self.registry.left_bytes,
        )
        isolate_decoding(
            at_once=DECODERS_PER_ANALYSIS * limits.max_analyses, reserve=self.room.copying
        )

    @cached_property
    def demonstration(self) -> Recording:
        """The demonstration clip, created on first use."""
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
            self.export_queue,
        )

    def _count(self) -> int:
        """Return the bytes held for visitors; results shared by several workspaces count once."""
        workspaces = self.registry.all
        results = {id(job): job for job in self.analyses.values}
        results |= {id(job): job for one in workspaces for job in one.analyses.values}
        return (
            sum(one.own_bytes for one in workspaces)
            + sum(map(analysis_bytes, results.values()))
            + self.shown_scores.n_bytes
            + self.spectrograms.n_bytes
            + self.concordances.n_bytes
        )

    def _held_by(self, network: Hashable) -> int:
        """Return the bytes that the workspaces of a network have."""
        return sum(one.room.n_bytes for one in self.registry.all if one.network == network)

    def _share_refusal(self) -> EarmarkError:
        return SettingError(
            "Your address has its share of this server's memory for visitors.",
            allowed=f"One address may have {SHARE} times as much as stays free for others, of "
            f"{self.limits.max_workspaces_mb:,} MB in all.",
            remedy="Remove recordings, models or examples that you need no more, or try again when "
            "other visitors have left.",
        )

    def _evict_result(self) -> bool:
        """Evict the least recently used result that no workspace holds."""
        held = {id(job) for one in self.registry.all for job in one.analyses.values}
        return self.analyses.evict_oldest(lambda job: job.done and id(job) not in held)

    def _refusal(self, _n_bytes: int) -> EarmarkError:
        return SettingError(
            "This server's memory for visitors is full.",
            allowed=f"All of them together may have {self.limits.max_workspaces_mb:,} MB.",
            remedy="Remove recordings, models or examples that you no longer need, or try again in "
            "some minutes, when others have left.",
        )

    def _forget_results(self, digests: Sequence[str]) -> None:
        """Drop the cached results of recordings that no workspace has any more."""
        gone = {digest for digest in digests if not self.registry.holds(digest)}
        self.analyses.discard(lambda key: key[0] in gone)
        self.shown_scores.discard(lambda key: key[0] in gone)
        self.spectrograms.discard(lambda key: key[0] in gone)
        self.concordances.discard(lambda key: key[0][0][0] in gone)


_lock = threading.Lock()
_shared: Shared | None = None


def shared() -> Shared:
    """Return the shared state of this process; the first call creates it.

    Raises
    ------
    SettingError
        If a configured limit is invalid; the next call reads the limits again.
    """
    global _shared
    with _lock:
        if _shared is None:
            _shared = Shared(operator.read_limits())
        return _shared


def reset() -> None:
    """Close and drop the shared state, as at the end of the process."""
    global _shared
    with _lock:
        before, _shared = _shared, None
    if before is not None:
        before.close()


def _group(who: Hashable) -> Hashable:
    return who.group if isinstance(who, Waiting) else who


def _counted(max_entries: int) -> "BoundedCache[Job[Any]]":
    """Create a cache that is bounded in entries only."""
    return BoundedCache(max_entries, 0, lambda _value: 0)


def _spectrogram_bytes(job: Job[SpectrogramFile]) -> int:
    return len(job.result().data) if job.succeeded else 0


def _concordance_bytes(found: Concordance) -> int:
    return found.aligned.a.scores.nbytes + found.aligned.b.scores.nbytes
