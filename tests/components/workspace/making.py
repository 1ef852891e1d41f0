"""Workspaces and registries without a page."""

from typing import Any

from components.workspace.limits import Limits
from components.workspace.recordings import Recording
from components.workspace.registry import Registry
from components.workspace.room import Room
from components.workspace.workspace import Workspace
from models.errors import SettingError
from models.jobs.fair_queue import FairQueue
from models.live import Seats

MB = 1_000_000


def recording(name: str, n_bytes: int = 10) -> Recording:
    """A file whose bytes are those of its name, over and over."""
    return Recording.from_bytes(name, (name.encode() * n_bytes)[:n_bytes])


def workspace(
    outer: Room | None = None,
    **limits: Any,  # noqa: ANN401
) -> Workspace:
    return Workspace(Limits(**limits), Seats(1), FairQueue(1), outer)


FULL = SettingError("All is full.", allowed="Less.", remedy="Wait.")


class Clock:
    """A clock that is put forward by hand."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


def registry(clock: Clock, *, keep_s: float = 1_800.0, max_mb: int = 100) -> Registry:
    """A registry that makes room for its workspaces, as that of the app does."""
    found = Registry(lambda: workspace(room), keep_s, clock=clock)
    room = Room(
        max_mb * MB,
        lambda: total(found),
        lambda _n_bytes: FULL,
        (lambda: found.close_longest_left(),),
    )
    return found


def total(found: Registry) -> int:
    """What all workspaces take together, in bytes."""
    return sum(one.n_bytes for one in found.all)
