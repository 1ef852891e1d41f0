"""The workspaces of all visitors: found by cookie, bounded in bytes, closed in time."""

import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass

from components.workspace.workspace import Workspace


@dataclass(eq=False)
class _Entry:
    """A cookie's workspace, and its connections."""

    workspace: Workspace | None = None
    connections: int = 0
    left_at: float = 0.0  # when the last connection ended, or the workspace was made without one


class Registry:
    """Workspaces by cookie. Safe to use from any thread.

    Parameters
    ----------
    make : callable
        Makes an empty workspace.
    keep_s : float
        How long a workspace is kept after its last connection, in seconds.
    max_bytes : int
        What all workspaces may take together; those without a connection are closed for it.
    clock : callable, optional
        Returns the time in seconds, never backwards.
    """

    def __init__(
        self,
        make: Callable[[], Workspace],
        keep_s: float,
        max_bytes: int,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lock = threading.Lock()
        self._make, self._keep_s, self._max_bytes = make, keep_s, max_bytes
        self._clock = clock
        self._entries: dict[str, _Entry] = {}
        # Workspaces of visitors who refuse cookies: their Streamlit session holds them.
        self._in_sessions: weakref.WeakSet[Workspace] = weakref.WeakSet()

    def __len__(self) -> int:
        """How many workspaces there are."""
        with self._lock:
            own = sum(entry.workspace is not None for entry in self._entries.values())
            return own + len(self._in_sessions)

    @property
    def n_bytes(self) -> int:
        """Size of all workspaces together, in bytes."""
        return sum(workspace.n_bytes for workspace in self._all())

    def open(self, cookie: str) -> Workspace:
        """Return the workspace of a cookie; a new one where there is none."""
        with self._lock:
            entry = self._entries.setdefault(cookie, _Entry())
            if entry.workspace is None:
                entry.workspace = self._make()
                entry.left_at = self._clock()
            return entry.workspace

    def open_in_session(self) -> Workspace:
        """Make a workspace that lives as long as its caller holds it."""
        workspace = self._make()
        with self._lock:
            self._in_sessions.add(workspace)
        return workspace

    def find(self, key: str, cookie: str | None) -> Workspace | None:
        """Find the workspace that an address names, for a request that may see it.

        Parameters
        ----------
        key : str
            `Workspace.key`, from the address.
        cookie : str or None
            What the request brings. It has to be that of the workspace, if that has one.
        """
        with self._lock:
            entry = self._entries.get(cookie) if cookie is not None else None
            if entry is not None and entry.workspace is not None and entry.workspace.key == key:
                return entry.workspace
            return next((one for one in self._in_sessions if one.key == key), None)

    def connect(self, cookie: str) -> None:
        """Count a connection of a browser."""
        with self._lock:
            self._entries.setdefault(cookie, _Entry()).connections += 1

    def disconnect(self, cookie: str) -> None:
        """Count a connection no longer."""
        with self._lock:
            entry = self._entries.get(cookie)
            if entry is None:
                return  # it was forgotten meanwhile
            entry.connections = max(0, entry.connections - 1)
            entry.left_at = self._clock()
            if entry.workspace is None and not entry.connections:
                del self._entries[cookie]

    def forget(self, workspace: Workspace) -> None:
        """Empty a workspace at once; the next `open` of its cookie makes a new one."""
        with self._lock:
            for entry in self._entries.values():
                if entry.workspace is workspace:
                    entry.workspace = None
            self._in_sessions.discard(workspace)
        workspace.close()

    def expire(self) -> int:
        """Close the workspaces whose time is over; returns how many that were."""
        now = self._clock()
        over = []
        with self._lock:
            for cookie, entry in list(self._entries.items()):
                if not entry.connections and now - entry.left_at >= self._keep_s:
                    over.append(self._entries.pop(cookie).workspace)
        gone = [workspace for workspace in over if workspace is not None]
        for workspace in gone:
            workspace.close()
        return len(gone)

    def has_room(self, n_bytes: int) -> bool:
        """Whether so many bytes more fit; workspaces without a connection are closed for them."""
        while self.n_bytes + n_bytes > self._max_bytes:
            if not self._close_longest_left():
                return False
        return True

    def close(self) -> None:
        """Close all workspaces, also those that sessions hold."""
        with self._lock:
            workspaces = self._list()
            self._entries.clear()
            self._in_sessions.clear()
        for workspace in workspaces:
            workspace.close()

    def _close_longest_left(self) -> bool:
        with self._lock:
            left = [
                (entry.left_at, cookie)
                for cookie, entry in self._entries.items()
                if not entry.connections and entry.workspace is not None
            ]
            if not left:
                return False
            workspace = self._entries.pop(min(left)[1]).workspace
        if workspace is not None:
            workspace.close()
        return True

    def _all(self) -> list[Workspace]:
        with self._lock:
            return self._list()

    def _list(self) -> list[Workspace]:
        own = [entry.workspace for entry in self._entries.values()]
        return [one for one in own if one is not None] + list(self._in_sessions)
