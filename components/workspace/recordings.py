"""Recordings of a workspace, and which of them is selected."""

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from components.workspace.limits import Limits
from components.workspace.room import Reserve
from models.errors import RecordingError
from models.live import Gap

PLACE = "recordings"
"""Place of the messages about recordings that could not be added."""


@dataclass(frozen=True, eq=False)
class Recording:
    """A file as it came in, identified by its digest.

    Parameters
    ----------
    name : str
        File name given by the visitor: text to show, never a path to open.
    data : bytes
        Contents of the file.
    digest : str
        SHA-256 of `data`, in hexadecimal.
    gaps : tuple of Gap
        Stretches lost between microphone and server, which are silent here.
    remark : str
        A sentence about a change on the way here, such as truncation; empty if there is none.
    is_live : bool
        Whether it was captured from a live session.
    """

    name: str
    data: bytes
    digest: str
    gaps: tuple[Gap, ...] = ()
    remark: str = ""
    is_live: bool = False

    @classmethod
    def from_bytes(
        cls,
        name: str,
        data: bytes,
        gaps: tuple[Gap, ...] = (),
        remark: str = "",
        *,
        is_live: bool = False,
    ) -> "Recording":
        """Create a recording from a file's bytes; parameters as for the class."""
        digest = hashlib.sha256(data).hexdigest()
        return cls(name, data, digest, gaps, remark, is_live)


class Recordings:
    """Recordings in the order of arrival, without duplicates. Thread-safe.

    Parameters
    ----------
    limits : Limits
        Limits on number and total size.
    reserve : callable
        Context manager that reserves the bytes of another recording, such as `Room.reserving`.
    """

    def __init__(self, limits: Limits, reserve: Reserve) -> None:
        self._lock = threading.Lock()
        self._limits = limits
        self._reserve = reserve
        self._all: tuple[Recording, ...] = ()
        self._chosen: str | None = None

    def __len__(self) -> int:
        """Return the number of recordings."""
        return len(self._all)

    @property
    def all(self) -> tuple[Recording, ...]:
        """All recordings, the oldest first."""
        return self._all

    @property
    def n_bytes(self) -> int:
        """Total size of all files, in bytes."""
        return sum(len(recording.data) for recording in self._all)

    @property
    def chosen(self) -> str | None:
        """Digest of the selected recording; None before one was selected."""
        return self._chosen

    def choose(self, digest: str) -> None:
        """Select the recording with this digest."""
        self._chosen = digest

    def find(self, digest: str) -> Recording | None:
        """Find a recording by its digest."""
        return next((one for one in self._all if one.digest == digest), None)

    def add(self, recording: Recording, *, before: str | None = None) -> None:
        """Add a recording; a recording with the same bytes is kept as it is.

        Parameters
        ----------
        recording : Recording
            The recording to add.
        before : str, optional
            Digest of the recording before which it is inserted; by default it is appended.

        Raises
        ------
        EarmarkError
            If the number or total size of recordings would exceed its limit, or the workspace or
            the server has no room.
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
        """Remove the recording with this digest, if there is one."""
        with self._lock:
            self._all = tuple(one for one in self._all if one.digest != digest)

    def fits(self, recording: Recording, others: Sequence[Recording]) -> bool:
        """Whether a recording is within the limits beside `others`."""
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
