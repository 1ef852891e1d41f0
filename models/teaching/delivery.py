"""Delivery of recordings into a lesson: decoded on a worker thread, added on the page's thread.

Conventions
-----------
Recordings that are uploaded together form one delivery. They are decoded one after another, each in
a job of its own, and added as they finish, so those already added remain if the rest is cancelled.
One undo step removes them all, unless another change lies in between.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from models.errors import EarmarkError, SettingError
from models.jobs.job import Job
from models.teaching.lesson import Lesson, LessonHistory

Change = Callable[[Lesson], Lesson]
"""Maps a lesson to the same lesson with the parcel's content added."""

_numbers = count(1)


@dataclass(frozen=True)
class Parcel:
    """One recording of a delivery.

    Parameters
    ----------
    name : str
        Display name.
    unpack : callable
        Decodes it, on another thread; takes a ``progress`` callable, as a `Job`'s work does.
    n_bytes : int
        Memory held for it until it is added, in bytes.
    """

    name: str
    unpack: Callable[[Callable[[float], None]], Change]
    n_bytes: int = 0


@dataclass(eq=False)
class Delivery:
    """Recordings that are added to a lesson together.

    Parameters
    ----------
    about : str
        Place on the page where its messages are shown.
    parcels : list of Parcel
        The recordings that are not added yet.
    label : str or None
        The class that receives all of them; None if they bring their own.
    thanks : str
        Message to show once a recording is added; empty for none.
    number : int
        Identifier, assigned from a counter.
    """

    about: str
    parcels: list[Parcel]
    label: str | None = None
    thanks: str = ""
    number: int = field(default_factory=lambda: next(_numbers))
    _taken: list[str] = field(default_factory=list)
    _left: Lesson | None = None  # the lesson after the latest addition
    _job: Job[Change] | None = None

    @property
    def n_bytes(self) -> int:
        """Memory held for the parcels that are not added yet, in bytes."""
        return sum(parcel.n_bytes for parcel in list(self.parcels))

    def job(self) -> Job[Change]:
        """Return the job of the first parcel; a new one if the last was abandoned."""
        if self._job is None or self._job.abandoned:
            self._job = Job(self.parcels[0].unpack, name="unpack")
        return self._job

    def take(self, history: LessonHistory) -> LessonHistory:
        """Add the first parcel, whose job has ended, and remove it from the list in any case.

        Raises
        ------
        EarmarkError
            If the parcel cannot be decoded or added.
        """
        try:
            changed, taken = self._added(history)
        finally:
            self.drop_first()
        self._taken, self._left = taken, changed.present
        return changed

    def growth(self, history: LessonHistory) -> int:
        """Return the bytes by which `take` increases what is held; 0 if it raises or frees some."""
        try:
            changed, _ = self._added(history)
        except EarmarkError:
            return 0
        return max(0, changed.n_bytes - history.n_bytes - self.parcels[0].n_bytes)

    def drop_first(self) -> None:
        """Remove the first parcel from the list."""
        self.parcels.pop(0)
        self._job = None

    def _added(self, history: LessonHistory) -> tuple[LessonHistory, list[str]]:
        """Return the history with the first parcel, and the names of what the step added."""
        change, name = self.job().result(), self.parcels[0].name
        if self.label is not None and self.label not in history.present.classes:
            raise SettingError(
                f"The class {self.label!r} no longer exists.",
                allowed="A recording is added to a class on the page.",
                remedy="Upload it to another class.",
            )
        changed = change(history.present)
        goes_on = bool(self._taken and history.past) and history.present is self._left
        taken = [*self._taken, name] if goes_on else [name]
        return (history.undone() if goes_on else history).then(self._words(taken), changed), taken

    def _words(self, taken: list[str]) -> str:
        what = taken[0] if len(taken) == 1 else f"{len(taken)} recordings"
        return f"opened {what}" if self.label is None else f"added {what} to {self.label}"
