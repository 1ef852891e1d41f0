"""Everything that one visitor has on the server. Knows nothing of Streamlit."""

import secrets
from collections.abc import Callable, Sequence
from contextlib import ExitStack

from components.style import text
from components.view.settings import ModelChoice
from components.workspace.cache import BoundedCache
from components.workspace.exports import Exports
from components.workspace.files import ServedFiles
from components.workspace.limits import MB, Limits
from components.workspace.messages import Messages
from components.workspace.own_models import OwnModels
from components.workspace.recordings import PLACE, Recording, Recordings
from components.workspace.room import Room
from components.workspace.teaching import Teaching
from components.workspace.view import View
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
"""Random bytes in the addresses of a workspace: 192 bits cannot be guessed."""


class Workspace:
    """What one visitor has: recordings, models, a lesson, live sound, and what was chosen.

    Two tabs of one browser share it. No lock is held while work is done. All that takes memory
    counts in `n_bytes`, and reserves its part of `room` before it is added. What can be had again
    makes room: results, finished exports, files of removed models, the oldest steps of Undo.

    Parameters
    ----------
    limits : Limits
        Of the server.
    seats : Seats
        Of those who listen live.
    fair_queue : FairQueue
        The fair queue of long work.
    outer : Room, optional
        Bounds what all visitors have together.
    forget_results : callable
        Called with the digests of recordings that are gone from here: what was shared of their
        results goes, too, unless another workspace has them.

    Attributes
    ----------
    key : str
        Unguessable part of the addresses of its files and live scores.
    room : Room
        Bounds what it may take.
    recordings : Recordings
        What it looks at.
    analyses : BoundedCache of Job
        Analyses of its recordings, by digest and settings: work of other visitors, which evicts
        results from the shared cache, never costs this one what it has.
    classifiers : dict of Job
        Models that it opened, or failed to open; the most recently used comes last.
    cancelled : set
        Keys of analyses that are wanted no more until they are asked for again.
    files : ServedFiles
        What its browser may fetch.
    exports : Exports
        Files that were written for download.
    models : OwnModels
        Models that were brought or taught.
    teaching : Teaching
        The lesson.
    live : LiveSession
        Listening to the microphone.
    messages : Messages
        What is still to be shown.
    view : View
        Thresholds, truth and other choices about the recordings.
    settings : dict of str to tuple of str
        Settings of the pages that differ from their defaults, as texts (`components.ui.address`).
    """

    def __init__(
        self,
        limits: Limits,
        seats: Seats,
        fair_queue: FairQueue,
        outer: Room | None = None,
        forget_results: Callable[[Sequence[str]], None] = lambda _digests: None,
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
        )
        reserve = self.room.reserving
        self.recordings = Recordings(limits, reserve)
        self.analyses: BoundedCache[Job[Analysis]] = BoundedCache(
            limits.max_results, limits.max_results_bytes, analysis_bytes
        )
        self.cancelled: set[object] = set()
        self.classifiers: dict[tuple[ModelChoice, ModelFile | None], Job[SoundClassifier]] = {}
        self.files = ServedFiles()
        self.exports = Exports(fair_queue, limits.max_export_mb * MB, self.room.reservation)
        self.models = OwnModels(reserve)
        self.messages = Messages()
        self.teaching = Teaching(self.messages, fair_queue, reserve)
        self.live = LiveSession(seats, self._keep_session, limits.max_recorded_s, reserve=reserve)
        self.view = View()
        self.settings: dict[str, tuple[str, ...]] = {}

    @property
    def n_bytes(self) -> int:
        """Size of all that it holds, in bytes; results that it shares with others included."""
        return self.own_bytes + self.analyses.n_bytes

    @property
    def own_bytes(self) -> int:
        """Size of what it shares with no other workspace, in bytes."""
        return (
            self.recordings.n_bytes
            + self.models.n_bytes
            + self.teaching.n_bytes
            + self.live.n_bytes
            + self.exports.n_bytes
            + self.view.n_bytes
            + self._pictures_bytes
        )

    @property
    def max_results_bytes(self) -> int:
        """What its results may take beside all else that it holds, in bytes."""
        # Exports make room for them.
        beside = self._limits.max_workspace_mb * MB - self.own_bytes + self.exports.n_bytes
        return max(0, min(self._limits.max_results_bytes, beside))

    @property
    def _pictures_bytes(self) -> int:
        # The other files are those of recordings, results and examples, which count there.
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
        """What takes most of the room, of what its owner can remove."""
        held = {
            "recordings": self.recordings.n_bytes,
            "models": self.models.n_bytes,
            "examples on the page Teach": self.teaching.n_bytes,
            "lists of true events": self.view.n_bytes,
        }
        return max(held, key=lambda name: held[name])

    def _evict_result(self) -> bool:
        """Evict the result that was used longest ago; it is found out again when it is shown."""
        return self.analyses.evict_oldest(lambda job: job.done)

    def add_captured(self, recording: Recording) -> None:
        """Add what was recorded here, which cannot be had again: the oldest make room for it.

        Raises
        ------
        EarmarkError
            If it does not fit even alone; then all others stay.
        """
        n_bytes, recordings = len(recording.data), self.recordings
        if recordings.fits(recording, ()) and n_bytes <= self._free_without(recordings.all):
            while recordings.all and recordings.find(recording.digest) is None:
                fits = recordings.fits(recording, recordings.all)
                if fits and n_bytes <= self._free_without(()):
                    break
                self.remove_recording(recordings.all[0].digest)
        recordings.add(recording)

    def _free_without(self, removed: Sequence[Recording]) -> int:
        """Bytes that fit once recordings, and all that can be had again, are removed."""
        again = self.analyses.n_bytes + self.exports.n_bytes
        return self.room.free + again + sum(len(one.data) for one in removed)

    def remove_recording(self, digest: str) -> None:
        """Remove a recording with all that was made of it."""
        self.recordings.remove(digest)
        self.analyses.discard(lambda key: key[0] == digest)
        self.files.drop_group(digest)
        self.view.forget(digest)
        self._forget_results([digest])

    def capture(self, excerpt: Excerpt, words: str, remark: str = "") -> None:
        """Keep live sound as a recording, and look at it next; where there is no room, say so.

        Parameters
        ----------
        excerpt : Excerpt
            The sound.
        words : str
            Name it, before the time of day.
        remark : str
            What became of it, in a sentence, if anything did.
        """
        name, data = title(excerpt, words), wav_file(excerpt.clip)
        recording = Recording.from_bytes(name, data, excerpt.gaps, remark)
        try:
            self.add_captured(recording)
        except EarmarkError as error:
            self.messages.add_failure(PLACE, name, error)
        else:
            self.recordings.choose(recording.digest)

    def close(self) -> None:
        """Free everything, whatever of it fails."""
        digests = [recording.digest for recording in self.recordings.all]
        with ExitStack() as freeing:
            freeing.callback(self._forget_results, digests)
            freeing.callback(self.settings.clear)
            freeing.callback(self.teaching.clear)
            freeing.callback(self.models.clear)
            freeing.callback(self.classifiers.clear)
            freeing.callback(self.exports.close)
            freeing.callback(self.files.clear)
            freeing.callback(self.analyses.discard, lambda _key: True)
            freeing.callback(self.recordings.clear)
            freeing.callback(self.live.close)
            self.view = View()

    def _keep_session(self, excerpt: Excerpt) -> None:
        """Keep what a live session recorded, once it has ended."""
        kept_s, remark = excerpt.clip.duration_s, ""
        if excerpt.onset_s > 0:
            lasted, kept = text.duration(excerpt.onset_s + kept_s), text.duration(kept_s)
            remark = f"The session lasted {lasted}; the last {kept} of it are kept."
        self.capture(excerpt, "Live session", remark)


def analysis_bytes(job: Job[Analysis]) -> int:
    """Size of an analysis in bytes; 0 while it is not there."""
    return job.result().n_bytes if job.succeeded else 0
