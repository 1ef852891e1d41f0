"""Recordings of a workspace, and which of them is selected."""

import hashlib
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from components.workspace.limits import Limits
from components.workspace.room import Reserve
from models.errors import RecordingError
from models.live import Gap

PLACE = "recordings"
"""Place of the messages about recordings that could not be added."""


@dataclass(frozen=True, eq=False)
class Recording:
    """A file as it came in.

    The digest identifies its contents, the key identifies it in its workspace: the same file may be
    there under several names.

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
    copy : int
        0, or a number that tells it from recordings with the same contents in its workspace.
    """

    name: str
    data: bytes
    digest: str
    gaps: tuple[Gap, ...] = ()
    remark: str = ""
    is_live: bool = False
    copy: int = 0

    @property
    def key(self) -> str:
        """Identifies it in its workspace: its digest, with the number of a copy."""
        return f"{self.digest}-{self.copy}" if self.copy else self.digest

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
    """Recordings in the order of arrival, each name and contents once. Thread-safe.

    Recordings with the same contents share the bytes.

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
        return _total(self._all) + awaited

    @property
    def awaited(self) -> tuple[AwaitedRecording, ...]:
        """Recordings of opened sessions whose sounds have not come."""
        return tuple(self._awaited.values())

    @property
    def selected(self) -> Recording | None:
        """The recording that is shown: the chosen one, or else the newest."""
        everything = self._all
        chosen = next((one for one in everything if one.key == self._chosen), None)
        if chosen is None and self.chosen is not None:
            chosen = self.find(self.chosen)
        return chosen or (everything[-1] if everything else None)

    @property
    def chosen(self) -> str | None:
        """Digest of the selected recording; None before one was selected."""
        return self._chosen and self._chosen.partition("-")[0]

    @property
    def chosen_key(self) -> str | None:
        """Key of the selected recording; None before one was selected."""
        return self._chosen

    def choose(self, key: str) -> None:
        """Select the recording with this key."""
        self._chosen = key

    def find(self, digest: str) -> Recording | None:
        """Find a recording by its digest: the first of those with the same contents."""
        return next((one for one in self._all if one.digest == digest), None)

    def add(self, recording: Recording, *, before: str | None = None) -> Recording:
        """Add a recording; one of the same name and contents is kept as it is.

        An awaited one gets the name that the session knows it by.

        Parameters
        ----------
        recording : Recording
            The recording to add.
        before : str, optional
            Key of the recording before which it is inserted; by default it is appended.

        Returns
        -------
        Recording
            As it is in the workspace.

        Raises
        ------
        EarmarkError
            If the number or total size of recordings would exceed its limit, or the workspace or
            the server has no room.
        """
        known = self._known(recording)
        if known is not None:
            return known
        n_bytes = 0 if self.find(recording.digest) else len(recording.data)
        with self._reserve(n_bytes), self._lock:
            known = self._known(recording)
            if known is not None:
                return known
            if not self.fits(recording, self._all):
                raise _too_many(self._limits)
            awaited = self._awaited.pop(recording.digest, None)
            if awaited is not None:
                recording = awaited.recognise(recording)
            added = self._as_copy(recording)
            keys = [one.key for one in self._all]
            at = keys.index(before) if before in keys else len(keys)
            self._all = (*self._all[:at], added, *self._all[at:])
            return added

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

    def remove(self, key: str) -> None:
        """Remove the recording with this key, if there is one."""
        with self._lock:
            self._all = tuple(one for one in self._all if one.key != key)

    def fits(self, recording: Recording, others: Sequence[Recording]) -> bool:
        """Whether a recording is within the limits beside `others`."""
        n_bytes = _total((*others, recording))
        return len(others) < self._limits.max_clips and n_bytes <= self._limits.max_clips_bytes

    def clear(self) -> None:
        """Remove all recordings, and forget the awaited ones."""
        with self._lock:
            self._all, self._awaited = (), {}

    def _known(self, recording: Recording) -> Recording | None:
        """Find a recording with the same name and contents."""
        same = (one for one in self._all if one.digest == recording.digest)
        return next((one for one in same if one.name == recording.name), None)

    def _as_copy(self, recording: Recording) -> Recording:
        """Give a recording a number among those with the same contents, and their bytes."""
        same = [one for one in self._all if one.digest == recording.digest]
        if not same:
            return recording
        return replace(recording, data=same[0].data, copy=1 + max(one.copy for one in same))


def _total(recordings: Iterable[Recording]) -> int:
    """Return the size of all files in bytes; equal ones share theirs."""
    return sum({one.digest: len(one.data) for one in recordings}.values())


def _too_many(limits: Limits) -> RecordingError:
    return RecordingError(
        "There is no room for another recording.",
        allowed=f"At most {limits.max_clips:,} clips, and {limits.max_clips_mb:,} MB of them in "
        "all, can be on the page at a time.",
        remedy="Remove some under Add or remove sounds, and add this one again.",
    )
