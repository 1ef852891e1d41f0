"""Registry of all workspaces, by visitor cookie: limited in number, with expiry."""

import logging
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from components.protocol.networks import is_loopback
from components.workspace.workspace import Workspace

_log = logging.getLogger(__name__)


@dataclass(eq=False)
class _Entry:
    """A cookie's workspace, and its connections."""

    workspace: Workspace | None = None
    address: str = ""
    connections: int = 0
    left_at: float = 0.0  # when the last connection ended, or the workspace was created


class Registry:
    """Workspaces by cookie. Thread-safe.

    Parameters
    ----------
    make : callable
        Creates an empty workspace.
    keep_s : float
        Time for which a workspace is kept after its last connection, in seconds.
    max_count, max_per_address : int
        Maximum number of workspaces, in total and per address. Beyond it, those without a
        connection are closed, the one disconnected longest ago first.
    clock : callable, optional
        Monotonic clock that returns seconds.
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
        # Workspaces of visitors who refuse cookies, held by their Streamlit session. The value is
        # the time of expiry; None while the tab is open.
        self._in_sessions: weakref.WeakKeyDictionary[Workspace, float | None] = (
            weakref.WeakKeyDictionary()
        )

    def __len__(self) -> int:
        """Return the number of workspaces."""
        with self._lock:
            own = sum(entry.workspace is not None for entry in self._entries.values())
            return own + len(self._in_sessions)

    @property
    def all(self) -> list[Workspace]:
        """All workspaces."""
        with self._lock:
            return self._list()

    def open(self, cookie: str) -> Workspace:
        """Return the workspace of a cookie; create it if there is none."""
        with self._lock:
            entry = self._entries.setdefault(cookie, _Entry())
            if entry.workspace is None:
                entry.workspace = self._make()
                entry.workspace.network = _known(entry.address)
                entry.left_at = self._clock()
            return entry.workspace

    def open_in_session(self, address: str = "") -> Workspace:
        """Create a workspace that is held by a Streamlit session.

        Parameters
        ----------
        address : str
            Network of the client.
        """
        workspace = self._make()
        workspace.network = _known(address)
        self.stay_in_session(workspace)
        return workspace

    def stay_in_session(self, workspace: Workspace) -> None:
        """Note that the tab of a session's workspace is open."""
        with self._lock:
            self._in_sessions[workspace] = None

    def leave_session(self, workspace: Workspace, keep_s: float) -> None:
        """Note that the tab was closed, and keep its workspace for `keep_s` seconds.

        Streamlit drops an expired session only when another session disconnects.
        """
        with self._lock:
            if workspace in self._in_sessions:
                self._in_sessions[workspace] = self._clock() + keep_s

    def find(self, key: str, cookie: str | None) -> Workspace | None:
        """Find the workspace with a key, if the request is authorized for it.

        Parameters
        ----------
        key : str
            `Workspace.key` in the requested address.
        cookie : str or None
            Cookie of the request; it has to be that of the workspace, if that has one.
        """
        with self._lock:
            entry = self._entries.get(cookie) if cookie is not None else None
            if entry is not None and entry.workspace is not None and entry.workspace.key == key:
                return entry.workspace
            return next((one for one in self._in_sessions if one.key == key), None)

    def knows(self, cookie: str) -> bool:
        """Whether the cookie has a workspace or a connection."""
        with self._lock:
            return cookie in self._entries

    def connect(self, cookie: str, address: str = "") -> None:
        """Count a browser's connection, and close disconnected workspaces beyond the limits.

        Parameters
        ----------
        cookie : str
            Cookie of the browser.
        address : str
            Network of the client.
        """
        with self._lock:
            entry = self._entries.setdefault(cookie, _Entry())
            entry.connections += 1
            entry.address = address
            if entry.workspace is not None:
                entry.workspace.network = _known(address)
            over = self._too_many(address)
        _close(over)

    def disconnect(self, cookie: str) -> None:
        """Count the end of a browser's connection."""
        with self._lock:
            entry = self._entries.get(cookie)
            if entry is None:
                return  # it was removed meanwhile
            entry.connections = max(0, entry.connections - 1)
            entry.left_at = self._clock()
            if entry.workspace is None and not entry.connections:
                del self._entries[cookie]

    def forget(self, workspace: Workspace) -> None:
        """Close a workspace; the next `open` of its cookie creates a new one."""
        with self._lock:
            for entry in self._entries.values():
                if entry.workspace is workspace:
                    entry.workspace = None
            self._in_sessions.pop(workspace, None)
        workspace.close()

    def expire(self) -> int:
        """Close the expired workspaces; return their number."""
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
        """Close all workspaces, including those held by sessions."""
        with self._lock:
            workspaces = self._list()
            self._entries.clear()
            self._in_sessions.clear()
        _close(workspaces)

    def left_bytes(self) -> int:
        """Return the bytes of the workspaces without a connection, which may be closed."""
        with self._lock:
            left = [one.workspace for one in self._entries.values() if not one.connections]
        return sum(one.own_bytes for one in left if one is not None)

    def close_longest_left(self) -> bool:
        """Close the workspace disconnected longest ago; return whether there was one."""
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
        """Remove the workspaces beyond the limits; the caller holds the lock.

        Only workspaces without a connection are removed, the one disconnected longest ago first.
        """
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
        """Whether any workspace has the recording with this digest."""
        return any(one.recordings.find(digest) is not None for one in self.all)

    def _list(self) -> list[Workspace]:
        own = [entry.workspace for entry in self._entries.values()]
        return [one for one in own if one is not None] + list(self._in_sessions)


def _known(address: str) -> str | None:
    """Return a visitor's network; None if it is unknown, or this machine."""
    return None if not address or is_loopback(address) else address


def _close(workspaces: Iterable[Workspace]) -> None:
    """Close workspaces; an exception of one does not prevent closing the others."""
    for workspace in workspaces:
        try:
            workspace.close()
        except Exception:  # noqa: BLE001  # the others are still closed
            _log.exception("a workspace could not be closed")
