"""The polyphonic sound detection score, against values of sed_scores_eval 0.0.4.

That package is not among the tests' requirements: it has no wheels, needs a C compiler, does not
work with pandas 3, and installs a module `pathlib` that replaces Python's own.
"""

from dataclasses import replace

import numpy as np
import pytest

from models.errors import Cancelled
from models.events.evaluation import CONFUSION, TIMING, Case, psds
from models.events.evaluation.psds import MAX_LEVELS, _levels
from models.events.truth import TrueEvent
from tests.models.events.cases import LABELS, random_case, random_cases, scored

KNOWN = {
    0: (
        (0.127655, 0.250000, 0.200000, 0.109408),
        (0.576435, 0.500000, 0.918555, 0.983275),
    ),
    4: (
        (0.074102, 0.264618, 0.040911, 0.203798),
        (0.937414, 1.000000, 0.928786, 0.979727),
    ),
    5: (
        (0.171600, 0.177895, 0.221379, 0.253672),
        (0.936905, 0.973399, 0.985369, 0.929987),
    ),
    7: (
        (0.083263, 0.314898, 0.079329, 0.155530),
        (0.813412, 0.905951, 1.000000, 0.793915),
    ),
}
"""By the seed of the clips, for `TIMING` and `CONFUSION` up to 1,000 false positives for each hour:
the score, and that of each label, as `sed_scores_eval.intersection_based.psds` gives them."""


@pytest.mark.parametrize("seed", KNOWN)
def test_the_score_is_that_of_sed_scores_eval(seed: int) -> None:
    cases = random_cases(seed)
    for scenario, known in zip((TIMING, CONFUSION), KNOWN[seed], strict=True):
        found = psds(cases, replace(scenario, max_rate=1_000.0))
        assert (found.value, *found.by_label.values()) == pytest.approx(known, abs=1e-6)
        assert tuple(found.by_label) == LABELS


def perfect() -> Case:
    scores = np.zeros((20, 3))
    scores[4:8, 0] = scores[10:12, 1] = 0.9
    timeline = scored(scores)
    edges_s = timeline.edges_s
    truth = [TrueEvent(edges_s[4], edges_s[8], "Dog"), TrueEvent(edges_s[10], edges_s[12], "Rain")]
    return Case.of(timeline, truth)


def test_scores_that_are_the_truth_have_a_score_of_one() -> None:
    for scenario in (TIMING, CONFUSION):
        found = psds([perfect()], scenario)
        assert found.value == 1.0
        assert found.by_label == {"Dog": 1.0, "Rain": 1.0}


def test_scores_of_the_wrong_label_have_a_score_of_zero() -> None:
    one = perfect()
    swapped = replace(one.timeline, scores=one.timeline.scores[:, [1, 0, 2]])
    assert psds([replace(one, timeline=swapped)], TIMING).value == 0.0


def test_the_level_gate_holds() -> None:
    one = perfect()
    gated = replace(one, audible=np.arange(20) < 9)
    assert psds([gated], TIMING).by_label == {"Dog": 1.0, "Rain": 0.0}


def test_a_label_counts_in_those_clips_where_it_is_evaluated() -> None:
    one = perfect()
    loud = replace(one, timeline=scored(np.full((20, 3), 0.95)), truth=(), labels=("Rain",))
    found = psds([one, loud], TIMING)
    assert found.by_label["Dog"] == 1.0
    assert found.by_label["Rain"] < 1.0


def test_without_a_true_event_there_is_no_score() -> None:
    assert psds([]) is None
    assert psds([replace(perfect(), truth=())]) is None


def test_thresholds_are_bounded() -> None:
    rng = np.random.default_rng(1)
    many = rng.random(5_000).astype(np.float32)
    levels = _levels(many)
    assert len(levels) == MAX_LEVELS
    assert (levels[0], levels[-1]) == (many.min(), many.max())
    assert _levels(np.array([-1, 0, 0.5], np.float32)).tolist() == [0, 0.5]


def test_it_tells_how_far_it_is_and_can_be_cancelled() -> None:
    told: list[float] = []
    cases = [random_case(np.random.default_rng(1), 60, 4)]
    psds(cases, progress=told.append)
    assert told == pytest.approx([1 / 3, 2 / 3, 1])

    def stop(_done: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        psds(cases, progress=stop)
