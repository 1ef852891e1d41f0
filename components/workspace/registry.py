"""The workspaces of all visitors: found by cookie, bounded in number, closed in time."""

import logging
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from components.workspace.workspace import Workspace

_log = logging.getLogger(__name__)


@dataclass(eq=False)
class _Entry:
    """A cookie's workspace, and its connections."""

    workspace: Workspace | None = None
    address: str = ""
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
    max_count, max_per_address : int
        How many there may be, in all and from one address; those without a connection are closed
        for it, the longest left first.
    clock : callable, optional
        Returns the time in seconds, never backwards.
    """

    def __init__(
        self,
        make: Callable[[], Workspace],
        keep_s: float,
        *,
        max_count: int = sys.maxsize,
        max_per_address: int = sys.maxsize,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lock = threading.Lock()
        self._make, self._keep_s = make, keep_s
        self._max_count, self._max_per_address = max_count, max_per_address
        self._clock = clock
        self._entries: dict[str, _Entry] = {}
        # Workspaces of visitors who refuse cookies: their Streamlit session holds them. Each with
        # the moment at which its time is over; None while its tab is open.
        self._in_sessions: weakref.WeakKeyDictionary[Workspace, float | None] = (
            weakref.WeakKeyDictionary()
        )

    def __len__(self) -> int:
        """How many workspaces there are."""
        with self._lock:
            own = sum(entry.workspace is not None for entry in self._entries.values())
            return own + len(self._in_sessions)

    @property
    def all(self) -> list[Workspace]:
        """All workspaces."""
        with self._lock:
            return self._list()

    def open(self, cookie: str) -> Workspace:
        """Return the workspace of a cookie; a new one where there is none."""
        with self._lock:
            entry = self._entries.setdefault(cookie, _Entry())
            if entry.workspace is None:
                entry.workspace = self._make()
                entry.left_at = self._clock()
            return entry.workspace

    def open_in_session(self) -> Workspace:
        """Make a workspace for a session, which holds it."""
        workspace = self._make()
        self.stay_in_session(workspace)
        return workspace

    def stay_in_session(self, workspace: Workspace) -> None:
        """Note that the tab of a session's workspace is open, for the first time or again."""
        with self._lock:
            self._in_sessions[workspace] = None

    def leave_session(self, workspace: Workspace, keep_s: float) -> None:
        """Note that the tab was closed, and may come back for some seconds.

        Streamlit lets go of a session whose time is over no sooner than another one is left.
        """
        with self._lock:
            if workspace in self._in_sessions:
                self._in_sessions[workspace] = self._clock() + keep_s

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

    def knows(self, cookie: str) -> bool:
        """Whether there is a workspace, or a connection, of a cookie."""
        with self._lock:
            return cookie in self._entries

    def connect(self, cookie: str, address: str = "") -> None:
        """Count a connection of a browser; workspaces that were left make room for its own.

        Parameters
        ----------
        cookie : str
            The browser's.
        address : str
            Where it comes from.
        """
        with self._lock:
            entry = self._entries.setdefault(cookie, _Entry())
            entry.connections += 1
            entry.address = address
            over = self._too_many(address)
        _close(over)

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
            self._in_sessions.pop(workspace, None)
        workspace.close()

    def expire(self) -> int:
        """Close the workspaces whose time is over; returns how many that were."""
        now = self._clock()
        over = []
        with self._lock:
            for cookie, entry in list(self._entries.items()):
                if not entry.connections and now - entry.left_at >= self._keep_s:
                    over.append(self._entries.pop(cookie).workspace)
            for workspace, over_at in list(self._in_sessions.items()):
                if over_at is not None and now >= over_at:
                    del self._in_sessions[workspace]
                    over.append(workspace)
        gone = [workspace for workspace in over if workspace is not None]
        _close(gone)
        return len(gone)

    def close(self) -> None:
        """Close all workspaces, also those that sessions hold."""
        with self._lock:
            workspaces = self._list()
            self._entries.clear()
            self._in_sessions.clear()
        _close(workspaces)

    def close_longest_left(self) -> bool:
        """Close the workspace that was left longest ago; returns whether there was one."""
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
            _close([workspace])
        return True

    def _too_many(self, address: str) -> list[Workspace]:
        """Take out what is too much, the longest left first; the caller holds the lock."""
        left = sorted(
            (entry.left_at, cookie)
            for cookie, entry in self._entries.items()
            if not entry.connections
        )
        theirs = [cookie for _, cookie in left if self._entries[cookie].address == address]
        n_theirs = sum(entry.address == address for entry in self._entries.values())
        going = theirs[: max(0, n_theirs - self._max_per_address)]
        others = [cookie for _, cookie in left if cookie not in going]
        going += others[: max(0, len(self._entries) - len(going) - self._max_count)]
        gone = [self._entries.pop(cookie).workspace for cookie in going]
        return [workspace for workspace in gone if workspace is not None]

    def holds(self, digest: str) -> bool:
        """Whether any workspace has a recording, known by its digest."""
        return any(one.recordings.find(digest) is not None for one in self.all)

    def _list(self) -> list[Workspace]:
        own = [entry.workspace for entry in self._entries.values()]
        return [one for one in own if one is not None] + list(self._in_sessions)


def _close(workspaces: Iterable[Workspace]) -> None:
    """Close workspaces; one that fails to keeps no other from it."""
    for workspace in workspaces:
        try:
            workspace.close()
        except Exception:  # noqa: BLE001  # the others are closed all the same
            _log.exception("a workspace could not be closed")
