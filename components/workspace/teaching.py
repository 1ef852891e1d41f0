"""What a visitor teaches: the lesson with its undo, what is on its way into it, its training."""

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
from models.teaching.delivery import Delivery
from models.teaching.examples import Example
from models.teaching.head import ScoreKind
from models.teaching.lesson import Lesson, LessonHistory
from models.teaching.training import Trained, train


@dataclass(frozen=True, eq=False)
class Training:
    """A lesson on its way to a classifier.

    Parameters
    ----------
    lesson : Lesson
        As it was when training began.
    kind : {'exclusive', 'independent'}
        What its scores are to be.
    job : Job of Trained
        The work.
    """

    lesson: Lesson
    kind: ScoreKind
    job: Job[Trained]


class Teaching:
    """The lesson of a workspace. Safe to use from any thread.

    Parameters
    ----------
    messages : Messages
        Of the same workspace.
    fair_queue : FairQueue
        The queue in which trainings wait.
    reserve : callable
        Reserves the bytes of further examples, as `Room.reserving` does.
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
        """The lesson with its past."""
        return self._history

    @property
    def lesson(self) -> Lesson:
        """The lesson as it is now."""
        return self._history.present

    @property
    def is_saved(self) -> bool:
        """Whether nothing is lost with the lesson: it has no example, or a file has all of it."""
        return not self.lesson.pieces or self.lesson is self._saved

    @property
    def n_bytes(self) -> int:
        """Size of what the lesson, its undo, its training and what comes into it hold, in bytes."""
        training, heard = self.training, list(self._heard.values())
        coming = sum(delivery.n_bytes for delivery in self.deliveries)
        learnt = 0
        if training is not None and training.job.succeeded:
            learnt = len(training.job.result().file)
        embeddings = sum(example.embeddings.nbytes for example in heard)
        return self._history.n_bytes + coming + learnt + embeddings

    @contextmanager
    def changing(self) -> Iterator[Lesson]:
        """Hold the lesson while a short change is made: no other tab changes it meanwhile."""
        with self._lock:
            yield self.lesson

    def change(self, words: str, changed: Lesson) -> None:
        """Go on with a changed lesson; `words` name the change for Undo."""
        with self._lock:
            self._history = self._history.then(words, changed)

    def undo(self) -> None:
        """Take the last change back."""
        with self._lock:
            self._history = self._history.undone()

    def note_saved(self, saved: Lesson) -> None:
        """Note that an Earmark file has this lesson."""
        self._saved = saved

    def add_delivery(self, delivery: Delivery) -> None:
        """Begin to take something in.

        Raises
        ------
        EarmarkError
            If there is no room for it.
        """
        with self._reserve(delivery.n_bytes), self._lock:
            self.deliveries = (*self.deliveries, delivery)

    def take_parcel(self, delivery: Delivery) -> None:
        """Take in the first parcel of a delivery whose job has ended; note what went wrong."""
        with self._lock:
            if not delivery.parcels or not delivery.job().done:
                return  # another tab took it, or it was abandoned and begins anew
            name = delivery.parcels[0].name
            try:
                self._go_on_with(delivery.take(self._history))
            except EarmarkError as error:
                self._messages.add_failure(delivery.about, name, error)
            else:
                if delivery.label is None:  # it came out of a file
                    self._saved = self.lesson
                if delivery.thanks:
                    self._messages.set_success(delivery.about, delivery.thanks)
            if not delivery.parcels:
                self._drop(delivery)

    def forget_oldest_change(self) -> bool:
        """Forget the oldest change that can be undone; returns whether there was one."""
        with self._lock:
            before, self._history = self._history, self._history.without_oldest()
            return len(self._history.past) < len(before.past)

    def _go_on_with(self, changed: LessonHistory) -> None:
        """Go on with a history that holds more; undo goes back less far where there is no room."""
        n_before = len(self._history.past)
        with self._reserve(max(0, changed.n_bytes - self._history.n_bytes)):
            n_forgotten = n_before - len(self._history.past)
            self._history = changed.within(len(changed.past) - n_forgotten)

    def cancel_delivery(self, delivery: Delivery) -> None:
        """Take in no more of a delivery; what was taken in stays."""
        with self._lock:
            self._drop(delivery)
            delivery.parcels.clear()

    def is_awaited(self, about: str) -> bool:
        """Whether something is on its way that is told of at this place."""
        return any(delivery.about == about for delivery in self.deliveries)

    def start_training(self, kind: ScoreKind, base: SoundClassifier) -> Training:
        """Begin to train on the present lesson, in place of the training before."""
        lesson = self.lesson
        job = Job(
            lambda progress: train(lesson, base, kind, self._heard, progress),
            name="teach",
            fair_queue=self._fair_queue,
        )
        self.training = Training(lesson, kind, job)
        return self.training

    def clear(self) -> None:
        """Forget the lesson, its past and what was learnt from it."""
        with self._lock:
            self._history, self._saved, self._heard = LessonHistory(), None, {}
            self.deliveries, self.training = (), None

    def _drop(self, delivery: Delivery) -> None:
        self.deliveries = tuple(one for one in self.deliveries if one is not delivery)
