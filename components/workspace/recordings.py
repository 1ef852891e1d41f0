"""The recordings of a workspace, and which of them is looked at."""

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from components.workspace.limits import Limits
from components.workspace.room import Reserve
from models.errors import RecordingError
from models.live import Gap

PLACE = "recordings"
"""Where on the page it is told that one could not be added."""


@dataclass(frozen=True, eq=False)
class Recording:
    """A file as it came in, with the digest that stands for it.

    Parameters
    ----------
    name : str
        As its owner calls it: text to show, never a path to open.
    data : bytes
        The file.
    digest : str
        SHA-256 of `data`, in hexadecimal.
    gaps : tuple of Gap
        Stretches that were lost on the way from the microphone, and are silent here.
    remark : str
        What became of it on its way here, in a sentence; empty where nothing did.
    """

    name: str
    data: bytes
    digest: str
    gaps: tuple[Gap, ...] = ()
    remark: str = ""

    @classmethod
    def from_bytes(
        cls, name: str, data: bytes, gaps: tuple[Gap, ...] = (), remark: str = ""
    ) -> "Recording":
        """Make a recording of a file's bytes; parameters as for the class."""
        return cls(name, data, hashlib.sha256(data).hexdigest(), gaps, remark)


class Recordings:
    """Recordings in the order in which they came, without duplicates. Safe on any thread.

    Parameters
    ----------
    limits : Limits
        How many there may be, and how large.
    reserve : callable
        Reserves the bytes of another recording, as `Room.reserving` does.
    """

    def __init__(self, limits: Limits, reserve: Reserve) -> None:
        self._lock = threading.Lock()
        self._limits = limits
        self._reserve = reserve
        self._all: tuple[Recording, ...] = ()
        self._chosen: str | None = None

    def __len__(self) -> int:
        """How many there are."""
        return len(self._all)

    @property
    def all(self) -> tuple[Recording, ...]:
        """All recordings, the oldest first."""
        return self._all

    @property
    def n_bytes(self) -> int:
        """Size of all files together, in bytes."""
        return sum(len(recording.data) for recording in self._all)

    @property
    def chosen(self) -> str | None:
        """Digest of the recording that is looked at; None before one was chosen."""
        return self._chosen

    def choose(self, digest: str) -> None:
        """Look at a recording, known by its digest, from now on."""
        self._chosen = digest

    def find(self, digest: str) -> Recording | None:
        """Find a recording by its digest."""
        return next((one for one in self._all if one.digest == digest), None)

    def add(self, recording: Recording, *, before: str | None = None) -> None:
        """Add a recording; one with the same bytes stays as it is.

        Parameters
        ----------
        recording : Recording
            To be added.
        before : str, optional
            Digest of the recording before which it is put; at the end where there is none.

        Raises
        ------
        EarmarkError
            If there are too many, they would be too large together, or the workspace or the server
            has no room.
        """
        if self.find(recording.digest) is not None:
            return
        with self._reserve(len(recording.data)), self._lock:
            others = [one for one in self._all if one.digest != recording.digest]
            if not self.fits(recording, others):
                raise _too_many(self._limits)
            digests = [one.digest for one in others]
            at = digests.index(before) if before in digests else len(others)
            self._all = (*others[:at], recording, *others[at:])

    def remove(self, digest: str) -> None:
        """Remove a recording; nothing happens where it is gone already."""
        with self._lock:
            self._all = tuple(one for one in self._all if one.digest != digest)

    def fits(self, recording: Recording, others: Sequence[Recording]) -> bool:
        """Whether there may be a recording beside others."""
        n_bytes = sum(len(one.data) for one in others) + len(recording.data)
        return len(others) < self._limits.max_clips and n_bytes <= self._limits.max_clips_bytes

    def clear(self) -> None:
        """Remove all recordings."""
        with self._lock:
            self._all = ()


def _too_many(limits: Limits) -> RecordingError:
    return RecordingError(
        "There is no room for another recording.",
        allowed=f"At most {limits.max_clips:,} clips, and {limits.max_clips_mb:,} MB of them in "
        "all, can be on the page at a time.",
        remedy="Remove some under Add or remove sounds, and add this one again.",
    )
