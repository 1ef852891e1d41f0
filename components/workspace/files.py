"""Files of a workspace that its browser fetches by digest: audio and pictures."""

import threading
from dataclasses import dataclass

MAX_PER_GROUP = 8
"""Default maximum number of files per group: a clip's audio, and its pictures under a few settings.
The bytes are shared with the workspace's recordings and the caches."""


@dataclass(frozen=True, eq=False)
class ServedFile:
    """A file that is served at an address.

    Parameters
    ----------
    data : bytes
        Contents of the file.
    mime_type : str
        Media type, such as ``audio/wav``.
    digest : str
        Identifies the contents; it is the last part of the address, and the ETag.
    """

    data: bytes
    mime_type: str
    digest: str


class ServedFiles:
    """Served files in groups, such as all files of one clip. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._groups: dict[str, dict[str, ServedFile]] = {}

    def offer(self, file: ServedFile, group: str, *, at_most: int = MAX_PER_GROUP) -> None:
        """Add a file to a group, and drop the least recently offered beyond `at_most`.

        Parameters
        ----------
        file : ServedFile
            The file to serve.
        group : str
            Name of the group, such as a recording's digest.
        at_most : int
            Maximum number of files in the group.
        """
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

    def drop_group(self, group: str) -> None:
        """Drop the files of a group."""
        with self._lock:
            self._groups.pop(group, None)

    def clear(self) -> None:
        """Drop all files."""
        with self._lock:
            self._groups.clear()
