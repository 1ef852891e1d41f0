"""From a lesson to a classifier."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.audio import load_clip
from models.errors import Cancelled, SettingError
from models.inference import Classifier
from models.opening import describe_model, open_classifier
from models.teaching import lesson as lessons
from models.teaching import training
from models.teaching.cutting import cut
from models.teaching.document import read_document
from models.teaching.examples import Example
from models.teaching.lesson import Lesson, Piece
from models.teaching.training import Heard, Trained, train
from tests.models.teaching.sounds import MAKERS, wav


def taught_lesson() -> Lesson:
    lesson = Lesson()
    for label, make in MAKERS.items():
        for seed in range(2):
            clip = load_clip(wav(make(3, seed)))
            pieces = [Piece(label, f"{seed}", f"{label} {seed}", part) for part in cut(clip)]
            lesson = lessons.add(lesson, pieces)
    return lesson


@pytest.fixture(scope="module")
def heard() -> Heard:
    return {}


@pytest.fixture(scope="module")
def trained(builtin: Classifier, heard: Heard) -> Trained:
    return train(taught_lesson(), builtin, "exclusive", heard, lambda _fraction: None)


def test_it_tells_apart_what_it_was_taught(trained: Trained) -> None:
    for label, make in MAKERS.items():
        timeline = trained.classifier.classify(load_clip(wav(make(3, seed=99))))
        assert timeline.top(1)[0][0] == label
    assert trained.classifier.assessment is not None
    assert trained.classifier.assessment.accuracy >= 0.8


def test_its_examples_are_the_lessons(trained: Trained) -> None:
    examples = trained.classifier.examples
    for index, piece in enumerate(trained.lesson.pieces):
        assert trained.piece(index) is piece
        assert piece.heard is examples[index]
    assert all(example.synthesised for example in examples[len(trained.lesson.pieces) :])
    assert trained.piece(len(examples) - 1) is None


@pytest.mark.usefixtures("trained")
def test_nothing_is_heard_twice(heard: Heard, builtin: Classifier) -> None:
    before = dict(heard)
    again = train(taught_lesson(), builtin, "independent", heard, lambda _fraction: None)
    assert all(heard[key] is before[key] for key in heard)
    assert len(heard) == len(before) == len(again.classifier.examples)
    assert again.classifier.learnt.head.kind == "independent"


def test_what_is_gone_from_the_lesson_is_forgotten(trained: Trained, builtin: Classifier) -> None:
    typing = Lesson(pieces=tuple(trained.lesson.of("Typing")))
    memory: Heard = {("Clapping 0", "0"): trained.classifier.examples[0]}
    train(typing, builtin, "exclusive", memory, lambda _fraction: None)
    assert {recording for recording, _ in memory} == {"synthesised"}


class Forgetful(dict[tuple[str, str], Example]):
    """What another training clears as soon as something is put in."""

    def __setitem__(self, key: tuple[str, str], example: Example) -> None: ...


def test_another_training_may_forget_what_this_one_hears(builtin: Classifier) -> None:
    clip = load_clip(wav(MAKERS["Clapping"](2, 1)))
    lesson = lessons.add(Lesson(), [Piece("Clapping", "a", "a", clip)])
    one = train(lesson, builtin, "exclusive", Forgetful(), lambda _fraction: None)
    assert len(one.classifier.examples) == 28


def test_a_file_goes_on_where_it_was(trained: Trained, builtin: Classifier) -> None:
    learnt = read_document(io.BytesIO(trained.file))
    lesson = lessons.of_examples(learnt.labels, learnt.examples, "mine")
    assert [piece.clip for piece in lesson.pieces] == [None] * len(trained.lesson.pieces)
    again = train(lesson, builtin, "exclusive", {}, lambda _fraction: None)
    assert again.classifier.labels == trained.classifier.labels
    clip = load_clip(wav(MAKERS["Typing"](3, seed=99)))
    assert again.classifier.classify(clip).top(1)[0][0] == "Typing"


def test_embeddings_of_another_model_are_computed_anew_or_refused(
    trained: Trained, builtin: Classifier
) -> None:
    piece = trained.lesson.pieces[0]
    assert piece.heard is not None
    foreign = replace(piece, heard=replace(piece.heard, base="0" * 64))
    again = training._example(foreign, builtin, {})
    np.testing.assert_array_equal(again.embeddings, piece.heard.embeddings)
    with pytest.raises(SettingError, match="same base model"):
        training._example(replace(foreign, clip=None), builtin, {})


def test_the_file_is_a_model_like_any_other(trained: Trained, tmp_path: Path) -> None:
    path = tmp_path / "mine.earmark"
    path.write_bytes(trained.file)
    found = describe_model(path)
    assert found.heads[0].labels == trained.classifier.labels
    assert (found.sample_rate, found.window_samples) == (16_000, 15_600)
    with pytest.raises(SettingError):
        open_classifier(path, runtime="none")
    clip = load_clip(wav(MAKERS["Clapping"](3, seed=99)))
    assert open_classifier(path).classify(clip).top(1)[0][0] == "Clapping"


def test_classes_without_examples_are_left_out(builtin: Classifier) -> None:
    clip = load_clip(wav(MAKERS["Clapping"](2, 1)))
    lesson = lessons.add(Lesson(), [Piece("Clapping", "a", "a", clip)])
    one = train(lesson, builtin, "exclusive", {}, lambda _fraction: None)
    assert one.classifier.labels == ("Clapping", lessons.BACKGROUND)
    assert one.classifier.assessment is None


def test_nothing_cannot_be_learnt(builtin: Classifier) -> None:
    with pytest.raises(SettingError, match="no examples"):
        train(Lesson(), builtin, "exclusive", {}, lambda _fraction: None)
    assert training.missing(Lesson()) is not None


def test_it_ends_when_nobody_waits(builtin: Classifier) -> None:
    def leave(_fraction: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        train(taught_lesson(), builtin, "exclusive", {}, leave)
