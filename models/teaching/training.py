"""From a lesson to a classifier: the work of a job, off the page's thread.

Conventions
-----------
What was heard once is not heard again: embeddings are remembered by the sound's digest, so that a
lesson with one more example is learnt in a moment. Two trainings of one session may share what is
remembered, and either may forget what the other still needs: so each looks a thing up just once.
"""

import hashlib
import time
from collections.abc import Callable, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from importlib import import_module

from models.errors import SettingError
from models.inference import SoundClassifier
from models.registry.catalog import remembered_sha256
from models.teaching import TaughtClassifier, background
from models.teaching.document import as_bytes
from models.teaching.examples import Example, check_sound, hear
from models.teaching.head import ScoreKind
from models.teaching.lesson import Lesson, Piece, in_order
from models.teaching.taught import learn

_HEARING = 0.55  # how far progress is when everything is heard, as `learn` counts it

_SYNTHESISED = "synthesised"  # stands for a recording

Heard = MutableMapping[tuple[str, str], Example]
"""Examples by their recording's name and their sound's digest."""


@dataclass(frozen=True, eq=False)
class Trained:
    """A classifier, and what it was taught with.

    Parameters
    ----------
    classifier : TaughtClassifier
        Its first examples are the lesson's, in the same order.
    lesson : Lesson
        With all of its pieces heard, class after class.
    file : bytes
        The classifier as an ``.earmark`` file without sound.
    elapsed_s : float
        Time that it took, in seconds.
    """

    classifier: TaughtClassifier
    lesson: Lesson
    file: bytes
    elapsed_s: float

    def piece(self, example: int) -> Piece | None:
        """Find the piece of an example, by its index; None for what Earmark synthesised."""
        pieces = self.lesson.pieces
        return pieces[example] if example < len(pieces) else None


def prepare() -> None:
    """Load what learning needs; it takes seconds the first time."""
    import_module("sklearn.linear_model")
    import_module("sklearn.model_selection")


def missing(lesson: Lesson) -> str | None:
    """Say what a lesson lacks before it can be learnt; None where it can be."""
    having = [label for label in lesson.labels if lesson.of(label)]
    if not lesson.pieces or not having:
        return "Add an example to a class, and training can begin."
    return None


def train(
    lesson: Lesson,
    base: SoundClassifier,
    kind: ScoreKind,
    heard: Heard,
    progress: Callable[[float], None],
) -> Trained:
    """Teach a classifier a lesson; classes without examples are left out.

    Parameters
    ----------
    lesson : Lesson
        With an example at least.
    base : SoundClassifier
        Gives the embeddings.
    kind : {'exclusive', 'independent'}
        Whether just one class sounds at a time, or any number.
    heard : mapping
        What was heard before; what is heard now is added.
    progress : callable
        Called with the fraction done, in [0, 1]; what it raises ends the work.

    Raises
    ------
    SettingError
        If there is nothing to learn, or nothing sounds in a class's examples.
    """
    began = time.monotonic()
    lack = missing(lesson)
    if lack is not None:
        raise SettingError(
            "There are no examples.", allowed="A class needs one at least.", remedy=lack
        )
    lesson = in_order(lesson)
    examples = _hear(lesson.pieces, base, heard, lambda part: progress(part * _HEARING))
    rooms = _rooms(base, heard)
    _forget_others(lesson, heard)
    check_sound((*examples, *rooms))
    learnt = learn((*examples, *rooms), base, kind, progress=progress, seed=0)
    known = tuple(
        replace(piece, heard=example)
        for piece, example in zip(lesson.pieces, examples, strict=True)
    )
    taught = TaughtClassifier(base, learnt)
    return Trained(
        taught, replace(lesson, pieces=known), as_bytes(learnt), time.monotonic() - began
    )


def _hear(
    pieces: Sequence[Piece], base: SoundClassifier, heard: Heard, progress: Callable[[float], None]
) -> list[Example]:
    """Make an example of each piece, or find what was made of it before."""
    threads = ThreadPoolExecutor(base.workers, thread_name_prefix="examples")
    try:
        coming = [threads.submit(_example, piece, base, heard) for piece in pieces]
        examples = []
        for future in coming:
            examples.append(future.result())
            progress(len(examples) / len(coming))
    finally:
        threads.shutdown(cancel_futures=True)
    return examples


def _example(piece: Piece, base: SoundClassifier, heard: Heard) -> Example:
    digest = remembered_sha256(base.path)
    if piece.heard is not None and piece.heard.base in ("", digest):
        return piece.heard
    if piece.clip is None:
        raise SettingError(
            f"The sound of {piece.name!r} is not there, nor its embeddings from {base.path.name}.",
            allowed="An example is a sound, or comes from an .earmark file of the same base model.",
            remedy="Remove it.",
        )
    key = piece.recording, hashlib.sha256(piece.clip.samples.tobytes()).hexdigest() + digest
    known = heard.get(key)
    if known is None:
        known = heard[key] = hear(piece.label, piece.clip, base, recording=piece.recording)
    return replace(known, label=piece.label)


def _forget_others(lesson: Lesson, heard: Heard) -> None:
    """Forget what was heard in recordings of which the lesson has nothing any more."""
    wanted = {piece.recording for piece in lesson.pieces} | {_SYNTHESISED}
    for key in list(heard):
        if key[0] not in wanted:
            heard.pop(key, None)


def _rooms(base: SoundClassifier, heard: Heard) -> list[Example]:
    """Hear, once, the backgrounds that Earmark synthesises."""
    rooms = []
    for number, clip in enumerate(background.background_clips(base.contract.sample_rate)):
        key = _SYNTHESISED, f"{number} {remembered_sha256(base.path)}"
        known = heard.get(key)
        if known is None:
            known = heard[key] = hear(background.LABEL, clip, base, synthesised=True)
        rooms.append(known)
    return rooms
