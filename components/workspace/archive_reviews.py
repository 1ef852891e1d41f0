"""What a visitor does with archives: the sounds to look for, and reviews of what was found."""

import hashlib
import threading
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from components.workspace.cache import BoundedCache
from models.archive import Hit
from models.audio import Clip
from models.jobs.job import Job

MAX_REVIEWS = 2_000
"""Maximum number of reviews of one archive that are kept, the latest ones."""

MAX_EXCERPTS, MAX_EXCERPTS_BYTES = 60, 20_000_000
"""Maximum number and total size, in bytes, of excerpts kept: those of six pages of results."""

MAX_PLAYERS = 20
"""Maximum number of lists whose answered requests are noted. A tab has one until it is reloaded."""

_BYTES_PER_REVIEW = 500  # of a hit with its path


@dataclass(frozen=True)
class Sound:
    """A sound to look for in an archive.

    Parameters
    ----------
    key : str
        Identifies it.
    name : str
        Where it comes from: text to show.
    load : callable
        Decodes it, at YAMNet's sample rate.
    """

    key: str
    name: str
    load: Callable[[], Clip] = field(compare=False)


@dataclass(frozen=True, eq=False)
class HitSound:
    """The sound of a hit, to hear and to see.

    Parameters
    ----------
    sound : bytes
        A WAV file.
    picture : bytes
        Levels of its spectrogram, one byte each, by bands from the lowest up.
    columns : int
        Number of levels of each band.
    """

    sound: bytes
    picture: bytes
    columns: int

    @cached_property
    def digest(self) -> str:
        """Identifies the sound: archives may have the same place in recordings of one number."""
        return hashlib.sha256(self.sound).hexdigest()

    @property
    def n_bytes(self) -> int:
        """Size, in bytes."""
        return len(self.sound) + len(self.picture)


class ArchiveReviews:
    """Reviews, excerpts, and the latest search of a visitor. Thread-safe.

    Attributes
    ----------
    sound : Sound or None
        A sound that another page has handed over to look for.
    question, job : hashable and Job
        The latest search, and the job that answers it; None before the first.
    excerpts : BoundedCache of Job
        Excerpts by archive and hit.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reviews: dict[str, dict[Hit, bool]] = {}
        self._handed: dict[str, dict[Hit, str]] = {}
        self._answered: dict[str, int] = {}  # the latest list last
        self.sound: Sound | None = None
        self.question: Hashable = None
        self.job: Job[Any] | None = None
        self.excerpts: BoundedCache[Job[HitSound]] = BoundedCache(
            MAX_EXCERPTS,
            MAX_EXCERPTS_BYTES,
            lambda job: job.result().n_bytes if job.succeeded else 0,
        )

    @property
    def n_bytes(self) -> int:
        """Total size in bytes."""
        with self._lock:
            count = sum(len(reviews) for reviews in self._reviews.values())
            count += sum(len(handed) for handed in self._handed.values())
        return self.excerpts.n_bytes + count * _BYTES_PER_REVIEW

    def review(self, archive: str, hit: Hit, accepted: bool | None) -> None:
        """Accept or reject a hit of an archive; None takes a review back."""
        with self._lock:
            reviews = self._reviews.setdefault(archive, {})
            reviews.pop(hit, None)
            if accepted is not None:
                reviews[hit] = accepted
            _keep_latest(reviews)

    def hand(self, archive: str, hits: Iterable[Hit], label: str) -> None:
        """Note that hits of an archive became examples of a class on the page Teach."""
        with self._lock:
            handed = self._handed.setdefault(archive, {})
            for hit in hits:
                handed.pop(hit, None)
                handed[hit] = label
            _keep_latest(handed)

    def handed(self, archive: str) -> dict[Hit, str]:
        """Return the hits of an archive that became examples, with their classes."""
        with self._lock:
            return dict(self._handed.get(archive, {}))

    @property
    def answers(self) -> list[dict[str, Any]]:
        """For each list in a browser, the number of its latest request that was answered."""
        with self._lock:
            answered = self._answered.items()
            return [{"player": player, "number": number} for player, number in answered]

    def answered(self, player: str) -> int:
        """Return the number of a list's latest request that was answered; 0 without any."""
        return self._answered.get(player, 0)

    def answer(self, player: str, number: int) -> None:
        """Note that the requests of a list up to a number are answered."""
        with self._lock:
            self._answered.pop(player, None)
            self._answered[player] = number
            while len(self._answered) > MAX_PLAYERS:
                self._answered.pop(next(iter(self._answered)))

    def of(self, archive: str) -> dict[Hit, bool]:
        """Return the reviews of an archive: whether each hit was accepted."""
        with self._lock:
            return dict(self._reviews.get(archive, {}))

    def forget_recording(self, digest: str) -> None:
        """Drop what holds the contents of a recording: a sound to look for, and the search."""
        if self.sound is not None and self.sound.key.startswith(digest):
            self.sound = None
        self.question = self.job = None

    def forget(self, archive: str) -> None:
        """Take back all reviews of an archive."""
        with self._lock:
            self._reviews.pop(archive, None)


def _keep_latest(of_hits: dict[Hit, Any]) -> None:
    for oldest in list(of_hits)[:-MAX_REVIEWS]:
        del of_hits[oldest]
