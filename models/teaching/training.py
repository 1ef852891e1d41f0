"""Training of a classifier from a lesson, as the work of a background job.

Conventions
-----------
Embeddings are cached by the digest of the samples, so that adding one example to a lesson computes
only that example's. Two trainings of one session may share the cache, and each may evict entries
that the other still needs; therefore each looks an entry up only once.
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

_HEARING = 0.55  # progress when all embeddings are computed, as in `models.teach`

_SYNTHESISED = "synthesised"  # takes the place of a recording's name in keys

Heard = MutableMapping[tuple[str, str], Example]
"""Cache of examples, by recording and by the digests of the samples and of the model."""


@dataclass(frozen=True, eq=False)
class Trained:
    """A trained classifier and its lesson.

    Parameters
    ----------
    classifier : TaughtClassifier
        Its first examples are the lesson's, in the same order.
    lesson : Lesson
        With the embeddings of all its pieces, sorted by class.
    file : bytes
        The classifier as an ``.earmark`` file without audio.
    elapsed_s : float
        Duration of the training, in seconds.
    """

    classifier: TaughtClassifier
    lesson: Lesson
    file: bytes
    elapsed_s: float

    def piece(self, example: int) -> Piece | None:
        """Find the piece of an example by its index; None for synthesised examples."""
        pieces = self.lesson.pieces
        return pieces[example] if example < len(pieces) else None


def prepare() -> None:
    """Import what training needs; this takes seconds the first time."""
    import_module("sklearn.linear_model")
    import_module("sklearn.model_selection")


def missing(lesson: Lesson) -> str | None:
    """Return what a lesson lacks for training, as a sentence; None if it is complete."""
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
    """Train a classifier on a lesson; classes without examples are omitted.

    Parameters
    ----------
    lesson : Lesson
        With at least one example.
    base : SoundClassifier
        Computes the embeddings.
    kind : {'exclusive', 'independent'}
        Whether exactly one class is present at a time, or any number.
    heard : mapping
        Cache of examples; new ones are added.
    progress : callable
        Called with the completed fraction, in [0, 1]; its exceptions end the work and propagate.

    Raises
    ------
    SettingError
        If no class has examples, or all examples of a class are silent.
    """
    began = time.monotonic()
    lack = missing(lesson)
    if lack is not None:
        raise SettingError(
            "There are no examples.", allowed="Each class needs at least one.", remedy=lack
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
    """Make an example of each piece, or take it from the cache."""
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
            f"Neither the audio of {piece.name!r} nor its embeddings by {base.path.name} are"
            " available.",
            allowed="An example has audio, or is from an .earmark file of the same base model.",
            remedy="Remove it.",
        )
    key = piece.recording, hashlib.sha256(piece.clip.samples.tobytes()).hexdigest() + digest
    known = heard.get(key)
    if known is None:
        known = heard[key] = hear(piece.label, piece.clip, base, recording=piece.recording)
    return replace(known, label=piece.label)


def _forget_others(lesson: Lesson, heard: Heard) -> None:
    """Evict the examples of recordings that the lesson no longer uses."""
    wanted = {piece.recording for piece in lesson.pieces} | {_SYNTHESISED}
    for key in list(heard):
        if key[0] not in wanted:
            heard.pop(key, None)


def _rooms(base: SoundClassifier, heard: Heard) -> list[Example]:
    """Make examples of the synthesised backgrounds, or take them from the cache."""
    rooms = []
    for number, clip in enumerate(background.background_clips(base.contract.sample_rate)):
        key = _SYNTHESISED, f"{number} {remembered_sha256(base.path)}"
        known = heard.get(key)
        if known is None:
            known = heard[key] = hear(background.LABEL, clip, base, synthesised=True)
        rooms.append(known)
    return rooms
