"""Files of a workspace that its browser fetches: sound and pictures, known by digest."""

import threading
from collections.abc import Collection
from dataclasses import dataclass

MAX_PER_GROUP = 8
"""Files of one group unless more are asked for: a clip's sound, and its pictures under a few
settings. The bytes are shared with the workspace's recordings and the caches."""


@dataclass(frozen=True, eq=False)
class ServedFile:
    """A file at an address.

    Parameters
    ----------
    data : bytes
        The file.
    mime_type : str
        Such as ``audio/wav``.
    digest : str
        Stands for the contents: the last part of its address, and its ETag.
    """

    data: bytes
    mime_type: str
    digest: str


class ServedFiles:
    """Files in groups, such as all that belong to one clip. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._groups: dict[str, dict[str, ServedFile]] = {}

    def offer(self, file: ServedFile, group: str, *, at_most: int = MAX_PER_GROUP) -> None:
        """Serve a file from now on; the least recently offered of its group make room."""
        with self._lock:
            files = self._groups.setdefault(group, {})
            files.pop(file.digest, None)
            files[file.digest] = file
            for oldest in list(files)[:-at_most]:
                del files[oldest]

    def find(self, digest: str) -> ServedFile | None:
        """Find a file by its digest."""
        with self._lock:
            groups = list(self._groups.values())
            return next((files[digest] for files in groups if digest in files), None)

    @property
    def all(self) -> list[ServedFile]:
        """All files."""
        with self._lock:
            return [file for files in self._groups.values() for file in files.values()]

    def keep_groups(self, groups: Collection[str]) -> None:
        """Drop the files of all other groups."""
        with self._lock:
            for group in self._groups.keys() - set(groups):
                del self._groups[group]

    def drop_group(self, group: str) -> None:
        """Drop the files of a group."""
        with self._lock:
            self._groups.pop(group, None)

    def clear(self) -> None:
        """Drop all files."""
        with self._lock:
            self._groups.clear()
