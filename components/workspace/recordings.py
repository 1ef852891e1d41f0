"""Recordings of a workspace, and which of them is selected."""

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

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

    @property
    def size_bytes(self) -> int:
        """Size of the file, in bytes."""
        return len(self.data)

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


@dataclass(frozen=True)
class AwaitedRecording:
    """A recording of an opened session whose sound is not here.

    Parameters
    ----------
    name : str
        File name in the session: text to show.
    digest : str
        SHA-256 of its contents, in hexadecimal, by which it is recognised when it comes.
    size_bytes : int
        Size of the file, in bytes.
    gaps, remark, is_live
        As those of `Recording`.
    """

    name: str
    digest: str
    size_bytes: int
    gaps: tuple[Gap, ...] = ()
    remark: str = ""
    is_live: bool = False

    @property
    def n_bytes(self) -> int:
        """Approximate size in memory, in bytes."""
        return AWAITED_BYTES + 4 * (len(self.name) + len(self.remark)) + GAP_BYTES * len(self.gaps)

    def recognise(self, recording: Recording) -> Recording:
        """Return the recording that came, with what the session knows of it."""
        return replace(
            recording,
            name=self.name,
            gaps=self.gaps,
            remark=self.remark,
            is_live=self.is_live,
        )


AWAITED_BYTES, GAP_BYTES = 500, 200
"""Approximate memory of an awaited recording and of a gap, in bytes."""


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
        self._awaited: dict[str, AwaitedRecording] = {}
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
        """Total size of all files, and of what is known of awaited ones, in bytes."""
        awaited = sum(one.n_bytes for one in self.awaited)
        return sum(len(recording.data) for recording in self._all) + awaited

    @property
    def awaited(self) -> tuple[AwaitedRecording, ...]:
        """Recordings of opened sessions whose sounds have not come."""
        return tuple(self._awaited.values())

    @property
    def selected(self) -> Recording | None:
        """The recording that is shown: the chosen one, or else the newest."""
        everything = self._all
        chosen = next((one for one in everything if one.digest == self._chosen), None)
        return chosen or (everything[-1] if everything else None)

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

        An awaited one gets the name that the session knows it by.

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
            awaited = self._awaited.pop(recording.digest, None)
            if awaited is not None:
                recording = awaited.recognise(recording)
            digests = [one.digest for one in others]
            at = digests.index(before) if before in digests else len(others)
            self._all = (*others[:at], recording, *others[at:])

    def wait_for(self, awaited: AwaitedRecording) -> None:
        """Note a recording whose sound has to be brought, unless it is here.

        Raises
        ------
        EarmarkError
            If the workspace or the server has no room.
        """
        with self._reserve(awaited.n_bytes), self._lock:
            if all(one.digest != awaited.digest for one in self._all):
                self._awaited[awaited.digest] = awaited

    def stop_waiting(self) -> None:
        """Forget the awaited recordings."""
        with self._lock:
            self._awaited = {}

    def remove(self, digest: str) -> None:
        """Remove the recording with this digest, if there is one."""
        with self._lock:
            self._all = tuple(one for one in self._all if one.digest != digest)

    def fits(self, recording: Recording, others: Sequence[Recording]) -> bool:
        """Whether a recording is within the limits beside `others`."""
        n_bytes = sum(len(one.data) for one in others) + len(recording.data)
        return len(others) < self._limits.max_clips and n_bytes <= self._limits.max_clips_bytes

    def clear(self) -> None:
        """Remove all recordings, and forget the awaited ones."""
        with self._lock:
            self._all, self._awaited = (), {}


def _too_many(limits: Limits) -> RecordingError:
    return RecordingError(
        "There is no room for another recording.",
        allowed=f"At most {limits.max_clips:,} clips, and {limits.max_clips_mb:,} MB of them in "
        "all, can be on the page at a time.",
        remedy="Remove some under Add or remove sounds, and add this one again.",
    )
