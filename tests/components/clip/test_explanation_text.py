import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.clip.explanation_text import apart, circumstances, sentence
from models.events import Event, EventRules
from models.events.explain import Explanation, Reason, Verdict

EVENT = Event(3.12, 5.4, "Dog", 0.9, 0.6)
RULES = EventRules(0.3, 0.2, merge_gap_s=0.5, min_duration_s=0.5)

CASES = [
    (Reason.HEARD, 0.9, EVENT, True, "Part of an event from 3.12 s to 5.40 s"),
    (
        Reason.MERGED,
        0.1,
        EVENT,
        True,
        "Part of an event from 3.12 s to 5.40 s; its score 0.10 is below the threshold "
        "0.20 here, but the pause is no longer than the merge gap of 0.50 s",
    ),
    (
        Reason.MERGED,
        0.9,
        EVENT,
        False,
        "Part of an event from 3.12 s to 5.40 s; the sound is under the level gate here, "
        "but the pause is no longer than the merge gap of 0.50 s",
    ),
    (
        Reason.BELOW_THRESHOLD,
        0.1,
        None,
        True,
        "Not an event: its score 0.10 is below the threshold 0.30",
    ),
    (
        Reason.GATED,
        0.9,
        None,
        False,
        "Not an event: the sound is under the level gate, too quiet to count",
    ),
    (
        Reason.NO_ONSET,
        0.24,
        None,
        True,
        "Not an event: its score 0.24 would be enough for one to go on, but none began: around "
        "here it never reaches the threshold 0.30",
    ),
    (
        Reason.TOO_SHORT,
        0.9,
        Event(3.0, 3.18, "Dog", 0.9, 0.6),
        True,
        "Not an event: 0.18 s is shorter than the minimum duration of 0.50 s",
    ),
    (
        Reason.HIDDEN,
        0.9,
        EVENT,
        True,
        "Not shown: it would be an event from 3.12 s to 5.40 s, but its class is hidden",
    ),
    (
        Reason.SOUNDS_ON,
        0.1,
        EVENT,
        True,
        "Part of an event from 3.12 s to 5.40 s; its score 0.10 is below the threshold "
        "0.20 here, but its sound reaches here",
    ),
    (
        Reason.OFF_EDGES,
        0.9,
        EVENT,
        True,
        "Not an event here: the windows belong to an event from 3.12 s to 5.40 s, but its sound "
        "is not here",
    ),
    (
        Reason.SHORTENED,
        0.9,
        EVENT,
        True,
        "Not an event: the windows belong to an event from 3.12 s to 5.40 s, but its sound is "
        "shorter than the minimum duration of 0.5 s",
    ),
    (
        Reason.COVERED,
        0.9,
        EVENT,
        True,
        "Not shown: it would be an event from 3.12 s to 5.40 s, but more specific events say the "
        "same",
    ),
]


@pytest.mark.parametrize(("reason", "score", "run", "is_audible", "expected"), CASES)
def test_every_reason_has_its_sentence(
    reason: Reason, score: float, run: Event | None, is_audible: bool, expected: str
) -> None:
    assert sentence(Verdict("Dog", score, reason, run, is_audible, RULES)) == expected


def test_no_reason_was_forgotten() -> None:
    assert {case[0] for case in CASES} == set(Reason)


def test_a_score_just_below_the_threshold_is_told_apart_from_it() -> None:
    verdict = Verdict("Dog", 0.2983, Reason.BELOW_THRESHOLD, None, True, RULES)
    assert sentence(verdict) == "Not an event: its score 0.298 is below the threshold 0.300"


@given(low=st.floats(0, 1, width=32), high=st.floats(0, 1, width=32))
def test_numbers_are_told_apart_with_no_more_decimals_than_needed(low: float, high: float) -> None:
    texts = apart(low, high)
    decimals = len(texts[0].split(".")[1])
    assert texts == (f"{low:.{decimals}f}", f"{high:.{decimals}f}")
    if abs(low - high) >= 1e-6:
        assert texts[0] != texts[1]
    if decimals > 2:
        assert f"{low:.{decimals - 1}f}" == f"{high:.{decimals - 1}f}"


def explanation(*, level_dbfs: float | None, is_audible: bool) -> Explanation:
    return Explanation(3.2, 6, 3.12, 3.6, 2.88, 3.855, level_dbfs, is_audible, ())


def test_what_the_model_heard() -> None:
    heard = "For 3.12 s to 3.60 s the model heard the window from 2.88 s to 3.85 s"
    assert circumstances(explanation(level_dbfs=None, is_audible=True)) == heard
    in_minutes = "For 0:03.12 to 0:03.60 the model heard the window from 0:02.88 to 0:03.85"
    assert circumstances(explanation(level_dbfs=None, is_audible=True), 60.0) == in_minutes
    assert (
        circumstances(explanation(level_dbfs=-63.14, is_audible=False))
        == f"{heard}, at −63.1 dBFS, under the level gate"
    )


@given(
    st.integers(1, 100).map(lambda hundredths: hundredths / 100),
    st.floats(0, 1, width=32),
    st.integers(1, 4),
)
def test_a_score_below_a_threshold_is_shown_below_it(
    threshold: float, anywhere: float, n_below: int
) -> None:
    closest = np.float32(threshold)
    for _ in range(n_below):  # the float32 scores right below it
        closest = np.nextafter(closest, np.float32(0))
    for score in (closest, np.float32(anywhere)):
        if not score < np.float32(threshold):
            continue
        shown = apart(float(score), threshold)
        assert shown[0] != shown[1]
        assert float(shown[0]) < float(shown[1])
