"""Recordings on their way into a lesson: decoded off the page's thread, taken in on it.

Conventions
-----------
What came together is one delivery. Its recordings are decoded one after another, each in a job of
its own, and taken in as they come: so what was taken in stays when the rest is cancelled. They are
undone in one step, unless something else was changed in between.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from models.errors import SettingError
from models.jobs.job import Job
from models.teaching.lesson import Lesson, LessonHistory

Change = Callable[[Lesson], Lesson]
"""Makes the lesson with what was delivered of the one without."""

_numbers = count(1)


@dataclass(frozen=True)
class Parcel:
    """One recording that came in.

    Parameters
    ----------
    name : str
        As its owner calls it: text to show.
    unpack : callable
        Decodes it, on another thread; takes a ``progress`` callable, as a `Job`'s work does.
    n_bytes : int
        Size of what is held for it meanwhile, in bytes.
    """

    name: str
    unpack: Callable[[Callable[[float], None]], Change]
    n_bytes: int = 0


@dataclass(eq=False)
class Delivery:
    """What came together.

    Parameters
    ----------
    about : str
        Where on the page it is told of.
    parcels : list of Parcel
        What is not taken in yet.
    label : str or None
        The class that all of it goes into; None where it brings its own.
    thanks : str
        What to say once something was taken in; nothing if empty.
    number : int
        Which one it is; counted up by itself.
    """

    about: str
    parcels: list[Parcel]
    label: str | None = None
    thanks: str = ""
    number: int = field(default_factory=lambda: next(_numbers))
    _taken: list[str] = field(default_factory=list)
    _left: Lesson | None = None  # as it was when the last one had been taken in
    _job: Job[Change] | None = None

    @property
    def n_bytes(self) -> int:
        """Size of what is held for the parcels that are not taken in yet, in bytes."""
        return sum(parcel.n_bytes for parcel in list(self.parcels))

    def job(self) -> Job[Change]:
        """Give the work on the first parcel; another one where it was abandoned."""
        if self._job is None or self._job.abandoned:
            self._job = Job(self.parcels[0].unpack, name="unpack")
        return self._job

    def take(self, history: LessonHistory) -> LessonHistory:
        """Take in the first parcel, whose job has ended; it is off the list whatever comes of it.

        Raises
        ------
        EarmarkError
            If it cannot be decoded or taken in.
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
