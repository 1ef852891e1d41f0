import numpy as np

from components.compare import summary
from models.events import EventRules
from models.events.concordance import Concordance, concordance
from models.events.timeline import Timeline

LABELS = ("Dog", "Cat")


def found(a: list[list[float]], b: list[list[float]], *labels: tuple[str, ...]) -> Concordance:
    own = labels or (LABELS, LABELS)
    timelines = (
        Timeline(np.array(scores, np.float32), np.arange(len(scores)), 1.0, 1.0, names, len(scores))
        for scores, names in zip((a, b), own, strict=True)
    )
    return concordance(*timelines, EventRules(0.3))


def test_the_headline_says_in_how_many_clear_moments_they_agree() -> None:
    some = found([[0.9, 0], [0.9, 0], [0.1, 0]], [[0.8, 0], [0, 0.9], [0.1, 0]])
    assert summary.headline(some, 0.3) == (
        "They agree on the best class in 50% of the 2 clear moments."
    )
    every = found([[0.9, 0], [0.1, 0]], [[0.9, 0], [0, 0.1]])
    assert summary.headline(every, 0.3) == "They agree on the best class in all 1 clear moment."


def test_the_headline_says_when_there_is_nothing_to_agree_on() -> None:
    assert "no class in common" in summary.headline(found([[1]], [[1]], ("Dog",), ("Cat",)), 0.3)
    assert "reaches 0.30" in summary.headline(found([[0.1, 0.2]], [[0.1, 0.2]]), 0.3)
    assert "one class in common, Dog" in summary.headline(
        found([[1, 0]], [[1]], LABELS, ("Dog",)), 0.3
    )


def test_the_details_name_the_largest_difference() -> None:
    *_, last = summary.details(found([[0.9, 0], [0.9, 0]], [[0.9, 0], [0.4, 0]]), 0.3)
    assert last == (
        "Scores differ by 0.1250 on average, and most for Dog at 1.50 s: 0.90 against 0.40."
    )
    *_, last = summary.details(found([[0.9, 0]], [[0.9, 0]]), 0.3)
    assert last == "All scores are the same."
    assert summary.details(found([[1]], [[1]], ("Dog",), ("Cat",)), 0.3) == []


def test_the_faster_one_is_named_and_how_many_windows_each_has() -> None:
    slow, fast = summary.Pace("Slow", 5.0, 111), summary.Pace("Fast", 1.0, 111)
    assert summary.faster(slow, fast) == summary.faster(fast, slow)
    assert summary.faster(slow, fast) == "Per window, Fast is 5.0 times as fast as Slow."
    assert summary.faster(fast, summary.Pace("Other", 1.01, 111)) == (
        "Both are equally fast per window."
    )
    assert "windows of this clip: Few 20, Slow 111" in summary.faster(
        slow, summary.Pace("Few", 1.2, 20)
    )


def test_all_and_none_are_said_only_of_all_and_none() -> None:
    shares = (0, 0.001, 0.5, 0.994, 0.999, 1)
    assert [summary.percent(share) for share in shares] == [
        *("0%", "under 1%", "50%", "over 99%", "over 99%", "100%")
    ]
