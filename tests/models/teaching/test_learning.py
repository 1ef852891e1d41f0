"""Head, assessment, advice and card, on examples drawn by lot."""

from dataclasses import replace

import numpy as np
import pytest

from models.teaching.advice import advise
from models.teaching.assessment import settle
from models.teaching.card import model_card
from models.teaching.examples import Example
from models.teaching.head import (
    SYNTHESISED_SHARE,
    ScoreKind,
    TrainingWindows,
    as_scores,
    describe,
    fit_head,
)
from tests.models.teaching.parts import example, learnt

LABELS = ("a", "b", "c")


def some(count: int = 4, labels: tuple[str, ...] = LABELS) -> list[Example]:
    return [example(label, number) for label in labels for number in range(count)]


def kinds(examples: list[Example]) -> list[str]:
    return [one.kind for one in advise(examples, None)]


def test_descriptions_have_unit_length_and_do_not_tell_how_loud() -> None:
    embeddings = example("a", 0).embeddings
    nothing = np.zeros(1024, np.float32)
    described = describe(embeddings, nothing)
    np.testing.assert_allclose(np.linalg.norm(described, axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(describe(4 * embeddings, nothing), described, atol=1e-6)
    assert np.isfinite(describe(np.zeros((1, 1024), np.float32), nothing)).all()


@pytest.mark.parametrize("kind", ["exclusive", "independent"])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_head_tells_apart_what_it_was_taught(kind: ScoreKind, n_classes: int) -> None:
    labels = LABELS[:n_classes]
    head = fit_head(TrainingWindows.of(some(4, labels), labels), n_classes, kind, 30.0)
    assert head.weights.shape == (n_classes, 1024)
    for index, label in enumerate(labels):
        scores = head.scores(example(label, 99).embeddings, np.ones(6, bool))
        assert scores.dtype == np.float32
        assert (scores.argmax(axis=1) == index).all()
        if kind == "exclusive":
            np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-6)


def test_two_exclusive_classes_have_the_scores_that_scikit_learn_gives() -> None:
    from sklearn.linear_model import LogisticRegression

    lesson = TrainingWindows.of(some(4, LABELS[:2]), LABELS[:2])
    head = fit_head(lesson, 2, "exclusive", 30.0)
    described = describe(lesson.embeddings, head.centre)
    model = LogisticRegression(C=30.0, max_iter=200, tol=1e-4)
    model.fit(described, lesson.targets, sample_weight=lesson.weights)
    ours = as_scores(head.logits(lesson.embeddings), "exclusive")
    np.testing.assert_allclose(ours, model.predict_proba(described), atol=1e-5)


def test_classes_count_alike_whatever_their_number() -> None:
    examples = [*some(1, ("a",)), *some(9, ("b",)), example("c", 0, n_windows=40)]
    examples.append(replace(example("c", 1), synthesised=True))
    lesson = TrainingWindows.of(examples, LABELS)
    totals = np.bincount(lesson.targets, lesson.weights)
    np.testing.assert_allclose(totals / totals[0], [1, 1, 1 + SYNTHESISED_SHARE])
    assert lesson.weights.sum() == pytest.approx(len(examples))


def test_scores_are_as_often_right_as_they_say() -> None:
    """Examples of which every third has the wrong label are not sure of it."""
    wrong = [
        replace(one, label=LABELS[(LABELS.index(one.label) + (at % 3 == 0)) % 3])
        for at, one in enumerate(some(8))
    ]
    sure, unsure = learnt(some(8)), learnt(wrong)
    heard = example("a", 99).embeddings, np.ones(6, bool)
    assert sure.head.scores(*heard)[:, 0].min() > 0.9
    assert 0.4 < unsure.head.scores(*heard).max(axis=1).mean() < 0.9
    assert unsure.assessment is not None
    assert 0.4 < unsure.assessment.accuracy < 0.8
    assert len(unsure.assessment.mistakes) == round(24 * (1 - unsure.assessment.accuracy))


def test_what_one_recording_teaches_is_not_judged_by_it() -> None:
    """Noise learnt by heart is recognised if its own recording may be learnt from, else not."""
    generator = np.random.default_rng(0)

    def noise(label: str, recording: int) -> list[Example]:
        taken = generator.poisson(3.0, (1, 1024)).astype(np.float32)
        one = example(label, recording, n_windows=1)
        return [replace(one, embeddings=taken, recording=f"{label} {recording}") for _ in range(3)]

    together = [one for label in LABELS for at in range(6) for one in noise(label, at)]
    apart = [replace(one, recording=str(at)) for at, one in enumerate(together)]
    by_recording, by_window = (
        settle(examples, LABELS, "exclusive", seed=0, progress=lambda _: None).assessment
        for examples in (together, apart)
    )
    assert by_recording is not None
    assert by_window is not None
    assert by_window.accuracy > 0.9
    assert by_recording.accuracy < 0.7


def test_there_is_no_assessment_of_a_single_recording() -> None:
    assert learnt([*some(3), example("d", 0)]).assessment is None


def test_silent_and_synthesised_examples_are_not_judged() -> None:
    examples = [*some(3), example("a", 7, n_windows=0)]
    examples += [replace(example("d", number), synthesised=True) for number in range(3)]
    assessment = learnt(examples).assessment
    assert assessment is not None
    assert assessment.confusion.sum() == 9
    assert set(assessment.recalls) == set(LABELS)


def test_good_examples_need_no_advice() -> None:
    assert advise(some(5), learnt(some(5)).assessment) == ()


def test_advice_tells_what_to_mend() -> None:
    assert kinds(some(4)) == ["few"] * 3
    assert kinds([*some(5, ("a",)), *some(21, ("b",))]) == ["unbalanced"]
    assert kinds([*some(5), example("a", 0)]) == ["twice"]
    other = replace(example("a", 0), label="b")
    assert kinds([*some(5), other]) == ["contradiction"]
    one_go = [example("a", number, recording="monday") for number in range(5)]
    assert kinds([*one_go, *some(5, ("b",))]) == ["one go"]
    assert kinds([*some(5), example("a", 9, clipped=0.01)]) == ["clipped"]
    assert kinds([*some(5), example("a", 9, level_dbfs=-60)]) == ["quiet"]
    assert kinds([*some(5), example("a", 9, n_windows=0)]) == ["silent"]
    made = replace(example("d", 0), synthesised=True)
    assert kinds([*some(5), made]) == []


def test_advice_agrees_in_number_and_has_true_minus_signs() -> None:
    quiet = [example("a", number, level_dbfs=-60) for number in (8, 9)]
    (one,), (two,) = (advise([*some(5), *quiet[:count]], None) for count in (1, 2))
    assert one.text.startswith("Of a, 1 example is very quiet (under −")
    assert two.text.startswith("Of a, 2 examples are very quiet (under −")


def test_advice_points_at_the_examples() -> None:
    examples = [*some(5), example("b", 9, clipped=0.01)]
    (found,) = advise(examples, None)
    assert found.examples == (15,)
    assert found.text.startswith("Of b, 1 example is overdriven")
    swapped = [replace(one, label="b") if at in (0, 1) else one for at, one in enumerate(some(6))]
    result = learnt(swapped)
    confused = [one for one in advise(swapped, result.assessment) if one.kind == "confused"]
    assert [set(one.examples) for one in confused] == [{0, 1}]
    assert "2 of 8 examples of b were taken for a" in confused[0].text


def test_the_card_tells_classes_accuracy_and_limits() -> None:
    examples = [*some(5, ("a|<b>", "c")), example("a|<b>", 9, clipped=0.5)]
    examples[-1] = replace(examples[-1], label="c")
    card = model_card(learnt(examples))
    assert "| a\\|&lt;b&gt; | 5 | 5 | 10\\.0 |".replace("\\.", ".") in card
    assert "of 11 examples" in card
    assert "## Limits" in card
    assert "overdriven" in card
    assert "<b>" not in card
    assert "Not measured" in model_card(learnt([example("a", 0), example("b", 0)]))
