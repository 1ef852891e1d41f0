"""Workspace: all server-side state of one visitor, independent of Streamlit."""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from components.style import text
from components.view.settings import ModelChoice
from components.workspace.archive_reviews import ArchiveReviews
from components.workspace.cache import BoundedCache
from components.workspace.callbacks import Callbacks
from components.workspace.choices import View
from components.workspace.exports import Exports
from components.workspace.files import ServedFiles
from components.workspace.limits import MB, Limits
from components.workspace.messages import Messages
from components.workspace.own_models import OwnModels
from components.workspace.recent_classes import RecentClasses
from components.workspace.recordings import PLACE, Recording, Recordings
from components.workspace.room import Room
from components.workspace.teaching import Teaching
from components.workspace.waiting import Waiting
from models.analysis import Analysis
from models.audio.playback import wav_file
from models.errors import EarmarkError, SettingError
from models.inference import SoundClassifier
from models.jobs.fair_queue import FairQueue
from models.jobs.job import Job
from models.live import Excerpt, LiveSession, Seats
from models.live.session import title
from models.registry.local_models import ModelFile

KEY_BYTES = 24
"""Number of random bytes in a workspace's key; 192 bits cannot be guessed."""


@dataclass(frozen=True, eq=False)
class OpenedSettings:
    """Settings of a session that a tab has opened.

    Parameters
    ----------
    tab : Waiting
        The tab.
    settings : mapping of str to tuple of str
        Settings as texts; an empty one is the default.
    """

    tab: Waiting
    settings: Mapping[str, tuple[str, ...]]


class Workspace:
    """State of one visitor: recordings, results, models, lesson, live session and settings.

    All tabs of one browser share it. No lock is held during long work. Everything that takes memory
    counts in `n_bytes`, and is reserved in `room` before it is added. To free memory, the room
    evicts files of removed models, finished exports, results and the oldest steps of Undo.

    Parameters
    ----------
    limits : Limits
        Limits of the server.
    seats : Seats
        Seats of concurrent live sessions.
    fair_queue : FairQueue
        Queue of long jobs.
    outer : Room, optional
        Memory budget of all visitors.
    forget_results : callable
        Called with the digests of removed recordings, to drop their shared results unless another
        workspace has the same recordings.
    export_queue : FairQueue, optional
        Queue of exports; by default that of all long jobs.

    Attributes
    ----------
    key : str
        Unguessable part of the addresses of its files and live scores.
    room : Room
        Memory budget of the workspace.
    network : str or None
        The network that its visitor connects from, whose share of the memory it counts for; None
        if it is unknown or this machine.
    recordings : Recordings
        Its recordings.
    analyses : BoundedCache of Job
        Analyses of its recordings, by digest and settings; they are kept when other visitors' work
        evicts them from the shared cache.
    classifiers : dict of Job
        Jobs of models that it opened, or failed to open; the most recently used is last.
    cancelled : set
        Keys of analyses that the visitor cancelled and has not requested again.
    files : ServedFiles
        Files that its browser may fetch.
    exports : Exports
        Files written for download.
    models : OwnModels
        Uploaded and taught models.
    teaching : Teaching
        The lesson and its training.
    live : LiveSession
        The live session.
    messages : Messages
        Messages that are still to be shown.
    recent_classes : RecentClasses
        Classes that were chosen last.
    view : View
        Thresholds, true events and other choices about the recordings.
    archive_reviews : ArchiveReviews
        Searches of archives, and reviews of what they found.
    settings : dict of str to tuple of str
        Settings of the pages that differ from their defaults (`components.ui.address`).
    opened : OpenedSettings or None
        Settings of a session that was opened, until its tab has taken them over.
    """

    def __init__(
        self,
        limits: Limits,
        seats: Seats,
        fair_queue: FairQueue,
        outer: Room | None = None,
        forget_results: Callable[[Sequence[str]], None] = lambda _digests: None,
        export_queue: FairQueue | None = None,
    ) -> None:
        self.key = secrets.token_urlsafe(KEY_BYTES)
        self._limits = limits
        self._forget_results = forget_results
        self.room = Room(
            limits.max_workspace_mb * MB,
            lambda: self.n_bytes,
            self._refusal,
            (
                lambda: self.models.evict_removed(),
                lambda: self.exports.evict_oldest(),
                self._evict_result,
                lambda: self.teaching.forget_oldest_change(),
            ),
            outer,
            group_of=lambda: self.network,
        )
        self.network: str | None = None
        reserve = self.room.reserving
        self.recordings = Recordings(limits, reserve)
        self.analyses: BoundedCache[Job[Analysis]] = BoundedCache(
            # All clips of the page at a time, and some more under settings before.
            limits.max_clips + limits.max_results,
            limits.max_results_bytes,
            analysis_bytes,
        )
        self.cancelled: set[object] = set()
        self.classifiers: dict[tuple[ModelChoice, ModelFile | None], Job[SoundClassifier]] = {}
        self.files = ServedFiles()
        self.exports = Exports(
            export_queue or fair_queue, limits.max_export_mb * MB, self.room.reservation
        )
        self.models = OwnModels(reserve)
        self.messages = Messages()
        self.recent_classes = RecentClasses()
        self.callbacks = Callbacks()
        self.teaching = Teaching(self.messages, fair_queue, reserve)
        self.live = LiveSession(seats, self._keep_session, limits.max_recorded_s, reserve=reserve)
        self.view = View()
        self.archive_reviews = ArchiveReviews()
        self.settings: dict[str, tuple[str, ...]] = {}
        self.opened: OpenedSettings | None = None

    @property
    def n_bytes(self) -> int:
        """Total size in bytes, including results shared with other workspaces."""
        return self.own_bytes + self.analyses.n_bytes

    @property
    def own_bytes(self) -> int:
        """Size in bytes, without results shared with other workspaces."""
        return (
            self.recordings.n_bytes
            + self.models.n_bytes
            + self.teaching.n_bytes
            + self.live.n_bytes
            + self.exports.n_bytes
            + self.view.n_bytes
            + self.archive_reviews.n_bytes
            + self._pictures_bytes
        )

    @property
    def max_results_bytes(self) -> int:
        """Maximum total size of its results beside everything else that it holds, in bytes."""
        # Finished exports are evicted for results.
        beside = self._limits.max_workspace_mb * MB - self.own_bytes + self.exports.n_bytes
        return max(0, min(self._limits.max_results_bytes, beside))

    @property
    def _pictures_bytes(self) -> int:
        # Audio files belong to recordings, results and examples, which count them.
        return sum(len(one.data) for one in self.files.all if not one.mime_type.startswith("audio"))

    def _refusal(self, n_bytes: int) -> EarmarkError:
        return SettingError(
            f"This takes {text.size(n_bytes)} more, and {text.size(self.n_bytes)} are held "
            "already.",
            allowed=f"A visitor may have {self._limits.max_workspace_mb:,} MB on this server.",
            remedy=f"Remove {self._largest}, or choose Forget everything.",
        )

    @property
    def _largest(self) -> str:
        """Name of the largest part that the visitor can remove."""
        held = {
            "recordings": self.recordings.n_bytes,
            "models": self.models.n_bytes,
            "examples on the page Teach": self.teaching.n_bytes,
            "lists of true events": self.view.n_bytes,
        }
        return max(held, key=lambda name: held[name])

    def _evict_result(self) -> bool:
        """Evict the least recently used result; it is computed again when it is shown."""
        return self.analyses.evict_oldest(lambda job: job.done)

    def add_captured(self, recording: Recording) -> Recording:
        """Add a recording from the microphone; remove the oldest recordings if there is no room.

        Returns
        -------
        Recording
            As it is in the workspace.

        Raises
        ------
        EarmarkError
            If it does not fit even alone; then all others are kept.
        """
        n_bytes, recordings = len(recording.data), self.recordings
        if recordings.fits(recording, ()) and n_bytes <= self._free_without(recordings.all):
            while recordings.all and recordings.find(recording.digest) is None:
                fits = recordings.fits(recording, recordings.all)
                if fits and n_bytes <= self._free_without(()):
                    break
                self.remove_recording(recordings.all[0].key)
        return recordings.add(recording)

    def _free_without(self, removed: Sequence[Recording]) -> int:
        """Return the free bytes after removing recordings and evicting results and exports."""
        again = self.analyses.n_bytes + self.exports.n_bytes
        return self.room.free + again + sum(len(one.data) for one in removed)

    def remove_recordings(self, keys: Iterable[str]) -> None:
        """Remove recordings by their keys."""
        for key in keys:
            self.remove_recording(key)

    def remove_recording(self, key: str) -> None:
        """Remove a recording, and with the last of its contents the results, files and choices."""
        digest = key.partition("-")[0]
        self.recordings.remove(key)
        self.callbacks.clear()
        if self.recordings.find(digest) is not None:
            return
        self.analyses.discard(lambda key: key[0] == digest)
        self.files.drop_group(digest)
        self.view.forget(digest)
        self.archive_reviews.forget_recording(digest)
        self._forget_results([digest])

    def capture(self, excerpt: Excerpt, words: str, remark: str = "") -> None:
        """Add live audio as a recording and select it; add a failure message if there is no room.

        Parameters
        ----------
        excerpt : Excerpt
            The audio.
        words : str
            First part of its name, before the time of day.
        remark : str
            A sentence about truncation; empty if there is none.
        """
        name, data = title(excerpt, words), wav_file(excerpt.clip)
        recording = Recording.from_bytes(name, data, excerpt.gaps, remark, is_live=True)
        try:
            added = self.add_captured(recording)
        except EarmarkError as error:
            self.messages.add_failure(PLACE, name, error)
        else:
            self.recordings.choose(added.key)

    def close(self) -> None:
        """Free all parts, even if one of them raises."""
        digests = [recording.digest for recording in self.recordings.all]
        with ExitStack() as freeing:
            freeing.callback(self._forget_results, digests)
            freeing.callback(self.settings.clear)
            freeing.callback(self.teaching.clear)
            freeing.callback(self.models.clear)
            freeing.callback(self.classifiers.clear)
            freeing.callback(self.exports.close)
            freeing.callback(self.files.clear)
            freeing.callback(self.callbacks.clear)
            freeing.callback(self.analyses.discard, lambda _key: True)
            freeing.callback(self.recordings.clear)
            freeing.callback(self.live.close)
            self.view = View()
            self.archive_reviews = ArchiveReviews()

    def _keep_session(self, excerpt: Excerpt) -> None:
        """Add the recording of a live session that has ended."""
        kept_s, remark = excerpt.clip.duration_s, ""
        if excerpt.onset_s > 0:
            lasted, kept = text.duration(excerpt.onset_s + kept_s), text.duration(kept_s)
            remark = f"The session lasted {lasted}; the last {kept} of it are kept."
        self.capture(excerpt, "Live session", remark)


def analysis_bytes(job: Job[Analysis]) -> int:
    """Return the size of an analysis in bytes; 0 until its job has succeeded."""
    return job.result().n_bytes if job.succeeded else 0
