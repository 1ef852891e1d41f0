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

from models.errors import SettingError
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
        job, parcel = self.job(), self.parcels.pop(0)
        self._job = None
        change = job.result()
        if self.label is not None and self.label not in history.present.classes:
            raise SettingError(
                f"The class {self.label!r} is gone.",
                allowed="A recording goes into a class that is on the page.",
                remedy="Upload it to another class.",
            )
        changed = change(history.present)
        goes_on = self._taken and history.present is self._left
        self._taken = [*self._taken, parcel.name] if goes_on else [parcel.name]
        self._left = changed
        return (history.undone() if goes_on else history).then(self._words(), changed)

    def _words(self) -> str:
        one = len(self._taken) == 1
        what = self._taken[0] if one else f"{len(self._taken)} recordings"
        return f"opened {what}" if self.label is None else f"added {what} to {self.label}"
