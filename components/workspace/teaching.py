"""Teaching state of a workspace: lesson with undo history, pending deliveries, and training."""

import threading
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass

from components.workspace.messages import Messages
from components.workspace.room import Reserve
from models.errors import EarmarkError
from models.inference import SoundClassifier
from models.jobs.fair_queue import FairQueue
from models.jobs.job import Job
from models.teaching.delivery import Delivery, Parcel
from models.teaching.examples import Example
from models.teaching.head import ScoreKind
from models.teaching.lesson import Lesson, LessonHistory
from models.teaching.training import Trained, train


@dataclass(frozen=True, eq=False)
class Training:
    """A running or finished training.

    Parameters
    ----------
    lesson : Lesson
        The lesson when the training began.
    kind : {'exclusive', 'independent'}
        Kind of scores: whether they sum to 1 or are independent.
    job : Job of Trained
        The training job.
    """

    lesson: Lesson
    kind: ScoreKind
    job: Job[Trained]


class Teaching:
    """Lesson of a workspace, with its history, deliveries and training. Thread-safe.

    Parameters
    ----------
    messages : Messages
        Messages of the same workspace.
    fair_queue : FairQueue
        Queue for trainings.
    reserve : callable
        Context manager that reserves the bytes of further examples, such as `Room.reserving`.
    """

    def __init__(self, messages: Messages, fair_queue: FairQueue, reserve: Reserve) -> None:
        self._lock = threading.RLock()
        self._messages, self._fair_queue, self._reserve = messages, fair_queue, reserve
        self._history = LessonHistory()
        self._saved: Lesson | None = None
        self._heard: MutableMapping[tuple[str, str], Example] = {}
        self.deliveries: tuple[Delivery, ...] = ()
        self.training: Training | None = None

    @property
    def history(self) -> LessonHistory:
        """The lesson with its undo history."""
        return self._history

    @property
    def lesson(self) -> Lesson:
        """The current lesson."""
        return self._history.present

    @property
    def is_saved(self) -> bool:
        """Whether the lesson has no examples, or an Earmark file contains all of it."""
        return not self.lesson.pieces or self.lesson is self._saved

    @property
    def n_bytes(self) -> int:
        """Total size of the lesson, its history, training and pending deliveries, in bytes."""
        training, heard = self.training, list(self._heard.values())
        coming = sum(delivery.n_bytes for delivery in self.deliveries)
        learnt = 0
        if training is not None and training.job.succeeded:
            learnt = len(training.job.result().file)
        embeddings = sum(example.embeddings.nbytes for example in heard)
        return self._history.n_bytes + coming + learnt + embeddings

    @contextmanager
    def changing(self) -> Iterator[Lesson]:
        """Lock the lesson for a short change, so that no other tab changes it meanwhile."""
        with self._lock:
            yield self.lesson

    def change(self, words: str, changed: Lesson) -> None:
        """Replace the lesson by a changed one; `words` name the change for Undo."""
        with self._lock:
            self._history = self._history.then(words, changed)

    def undo(self) -> None:
        """Undo the last change."""
        with self._lock:
            self._history = self._history.undone()

    def note_saved(self, saved: Lesson) -> None:
        """Note that an Earmark file contains this lesson."""
        self._saved = saved

    def add_delivery(self, delivery: Delivery) -> None:
        """Add a pending delivery.

        Raises
        ------
        EarmarkError
            If there is no room for it.
        """
        with self._reserve(delivery.n_bytes), self._lock:
            self.deliveries = (*self.deliveries, delivery)

    def take_parcel(self, delivery: Delivery) -> None:
        """Add the first parcel of a delivery to the lesson if its job has ended; keep failures."""
        with self._lock:
            lacking = self._take_within(delivery, 0)
        while lacking is not None:
            parcel, n_bytes = lacking
            try:
                # Reserved without the lock: eviction takes the locks of other workspaces.
                with self._reserve(n_bytes), self._lock:
                    lacking = self._take_within(delivery, n_bytes)
            except EarmarkError as error:
                self._refuse(delivery, parcel, error)
                return

    def forget_oldest_change(self) -> bool:
        """Drop the oldest step of the undo history; return whether there was one."""
        with self._lock:
            before, self._history = self._history, self._history.without_oldest()
            return len(self._history.past) < len(before.past)

    def _take_within(self, delivery: Delivery, n_bytes: int) -> tuple[Parcel, int] | None:
        """Take the first parcel unless it needs more than `n_bytes`: return it and what it needs.

        Called with the lock.
        """
        if not delivery.parcels or not delivery.job().done:
            return None  # taken by another tab, or abandoned
        parcel, needed = delivery.parcels[0], delivery.growth(self._history)
        if needed > n_bytes:
            return parcel, needed
        try:
            self._history = delivery.take(self._history)
        except EarmarkError as error:
            self._messages.add_failure(delivery.about, parcel.name, error)
        else:
            if delivery.label is None:  # a lesson opened from a file
                self._saved = self.lesson
            if delivery.thanks:
                self._messages.set_success(delivery.about, delivery.thanks)
        if not delivery.parcels:
            self._drop(delivery)
        return None

    def _refuse(self, delivery: Delivery, parcel: Parcel, error: EarmarkError) -> None:
        """Drop a parcel that there is no room for, unless another tab took it meanwhile."""
        with self._lock:
            if not delivery.parcels or delivery.parcels[0] is not parcel:
                return
            delivery.drop_first()
            self._messages.add_failure(delivery.about, parcel.name, error)
            if not delivery.parcels:
                self._drop(delivery)

    def cancel_delivery(self, delivery: Delivery) -> None:
        """Cancel a delivery; parcels already added stay."""
        with self._lock:
            self._drop(delivery)
            delivery.parcels.clear()

    def is_awaited(self, about: str) -> bool:
        """Whether a pending delivery is shown at this place."""
        return any(delivery.about == about for delivery in self.deliveries)

    def start_training(self, kind: ScoreKind, base: SoundClassifier) -> Training:
        """Create the training of the current lesson, which replaces the previous training."""
        lesson = self.lesson
        job = Job(
            lambda progress: train(lesson, base, kind, self._heard, progress),
            name="teach",
            fair_queue=self._fair_queue,
        )
        self.training = Training(lesson, kind, job)
        return self.training

    def clear(self) -> None:
        """Drop the lesson, its history, deliveries, training and cached embeddings."""
        with self._lock:
            self._history, self._saved, self._heard = LessonHistory(), None, {}
            self.deliveries, self.training = (), None

    def _drop(self, delivery: Delivery) -> None:
        self.deliveries = tuple(one for one in self.deliveries if one is not delivery)
