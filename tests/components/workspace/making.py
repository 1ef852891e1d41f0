"""Workspaces and registries without a page."""

from collections.abc import Callable
from typing import Any

from components.workspace.limits import Limits
from components.workspace.recordings import Recording
from components.workspace.registry import Registry
from components.workspace.workspace import Workspace
from models.jobs.fair_queue import FairQueue
from models.live import Seats

MB = 1_000_000


def recording(name: str, n_bytes: int = 10) -> Recording:
    """A file whose bytes are those of its name, over and over."""
    return Recording.from_bytes(name, (name.encode() * n_bytes)[:n_bytes])


def workspace(
    has_room: Callable[[int], bool] = lambda _n_bytes: True,
    **limits: Any,  # noqa: ANN401
) -> Workspace:
    return Workspace(Limits(**limits), Seats(1), FairQueue(1), has_room)


class Clock:
    """A clock that is put forward by hand."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


def registry(clock: Clock, *, keep_s: float = 1_800.0, max_mb: int = 100) -> Registry:
    """A registry whose workspaces ask it for room, as those of the app do."""
    found = Registry(
        lambda: workspace(lambda n_bytes: found.has_room(n_bytes)),
        keep_s,
        max_mb * MB,
        clock=clock,
    )
    return found
