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

    Two tabs of one browser share it. No lock is held while work is done.

    Parameters
    ----------
    limits : Limits
        Of the server.
    seats : Seats
        Of those who listen live.
    fair_queue : FairQueue
        The fair queue of long work.
    has_room : callable
        Whether the server has room for so many bytes more, in all workspaces together.
    forget_results : callable
        Called with the digests of recordings that are gone from here: what was shared of their
        results goes, too, unless another workspace has them.

    Attributes
    ----------
    key : str
        Unguessable part of the addresses of its files and live scores.
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
        has_room: Callable[[int], bool] = lambda _n_bytes: True,
        forget_results: Callable[[Sequence[str]], None] = lambda _digests: None,
    ) -> None:
        self.key = secrets.token_urlsafe(KEY_BYTES)
        self._limits = limits
        self._has_room = has_room
        self._forget_results = forget_results
        self.recordings = Recordings(limits, self.reserve)
        self.analyses: BoundedCache[Job[Analysis]] = BoundedCache(
            limits.max_results, limits.max_results_bytes, analysis_bytes
        )
        self.cancelled: set[object] = set()
        self.classifiers: dict[tuple[ModelChoice, ModelFile | None], Job[SoundClassifier]] = {}
        self.files = ServedFiles()
        self.exports = Exports(fair_queue, limits.max_export_mb * MB)
        self.models = OwnModels()
        self.messages = Messages()
        self.teaching = Teaching(self.messages, fair_queue)
        self.live = LiveSession(seats, self._keep_session, limits.max_recorded_s)
        self.view = View()
        self.settings: dict[str, tuple[str, ...]] = {}

    @property
    def n_bytes(self) -> int:
        """Size of all that it holds, in bytes; results that it shares with others included."""
        return (
            self.recordings.n_bytes
            + self.analyses.n_bytes
            + self.models.n_bytes
            + self.teaching.n_bytes
            + self.live.n_bytes
        )

    def reserve(self, n_bytes: int) -> None:
        """Make sure that there is room for so many bytes more.

        Raises
        ------
        SettingError
            If the workspace, or all of them together, would exceed the operator's limits.
        """
        if not self._fits_here(n_bytes):
            raise SettingError(
                f"This takes {text.size(n_bytes)} more, and {text.size(self.n_bytes)} are held "
                "already.",
                allowed=f"A visitor may have {self._limits.max_workspace_mb:,} MB on this server.",
                remedy="Remove recordings or models, or choose Forget everything.",
            )
        if not self._has_room(n_bytes):
            raise SettingError(
                "This server's memory for visitors is full.",
                allowed=f"All of them together may have {self._limits.max_workspaces_mb:,} MB.",
                remedy="Try again in some minutes, when others have left.",
            )

    def _fits_here(self, n_bytes: int) -> bool:
        return self.n_bytes + n_bytes <= self._limits.max_workspace_mb * MB

    def add_captured(self, recording: Recording) -> None:
        """Add what was recorded here, which cannot be had again: the oldest make room for it.

        Raises
        ------
        EarmarkError
            If it does not fit even alone; then all others stay.
        """
        n_bytes, recordings = len(recording.data), self.recordings
        if recordings.fits(recording, ()) and self._fits_here(n_bytes - recordings.n_bytes):
            while recordings.all and recordings.find(recording.digest) is None:
                if recordings.fits(recording, recordings.all) and self._fits_here(n_bytes):
                    break
                self.remove_recording(recordings.all[0].digest)
        recordings.add(recording)

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
