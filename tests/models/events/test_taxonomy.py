import csv
import itertools
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.audio import timing
from models.errors import SettingError
from models.events import Event, taxonomy
from models.events.taxonomy import classes
from models.events.taxonomy.breadth import COVERED
from models.events.timeline import Timeline
from models.inference import Classifier

LABELS = tuple(classes._classes())
FAMILY = ("Animal", "Domestic animals, pets", "Dog", "Bark", "Cat", "Meow", "Growling", "Wombat")

labels = st.sampled_from(LABELS)


def event(label: str, onset_s: float, offset_s: float) -> Event:
    return Event(onset_s, offset_s, label, 0.9, 0.8)


events = st.lists(
    st.builds(
        lambda label, onset, length: event(label, onset / 4, (onset + length) / 4),
        st.sampled_from(FAMILY),
        st.integers(0, 20),
        st.integers(0, 12),
    ),
    max_size=12,
)


def covered_s(one: Event, others: Iterable[Event]) -> float:
    """Seconds of an event that others cover, counted in quarters."""
    quarters = np.arange(one.onset_s, one.offset_s, 0.25)
    spans = [(other.onset_s, other.offset_s) for other in others]
    return 0.25 * sum(any(on <= quarter < off for on, off in spans) for quarter in quarters)


@pytest.mark.model
def test_the_labels_are_the_models_in_its_order(yamnet: Classifier) -> None:
    assert yamnet.labels == LABELS


@pytest.mark.recordings
def test_the_facts_are_those_they_were_made_from(shared_models: Path) -> None:
    with (shared_models / "audioset_classes.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 521
    for row in rows:
        facts = classes._classes()[row["label"]]
        assert (facts.mid, facts.category) == (row["mid"], row["category"])
        assert "|".join(taxonomy.mid(parent) for parent in facts.parents) == row["parents"]


def test_the_facts_say_whose_they_are() -> None:
    comments = [line for line in classes._FACTS.read_text().splitlines() if line.startswith("#")]
    for word in ("AudioSet", "Google", "CC BY-SA 4.0"):
        assert word in " ".join(comments)


def test_a_class_has_an_id_a_category_and_a_path() -> None:
    assert taxonomy.mid("Bark") == "/m/05tny_"
    assert taxonomy.category("Bark") == "Animal"
    assert taxonomy.path("Bark") == ("Animal", "Domestic animals, pets", "Dog", "Bark")
    assert taxonomy.path("Speech") == ("Speech",)


def test_all_parents_lead_to_ancestors_the_nearest_first() -> None:
    found = taxonomy.ancestors("Police car (siren)")
    assert set(found[:2]) == {"Emergency vehicle", "Siren"}
    assert set(found) == {
        *("Emergency vehicle", "Motor vehicle (road)", "Vehicle"),
        *("Siren", "Alarm"),
    }
    assert found[-1] == "Vehicle"


def test_descendants_are_all_the_way_down() -> None:
    assert {"Dog", "Bark", "Bleat", "Bird"} <= set(taxonomy.descendants("Animal"))
    assert taxonomy.descendants("Bark") == ()


def test_an_unknown_label_has_only_itself() -> None:
    assert taxonomy.mid("Wombat") == ""
    assert taxonomy.category("Wombat") is None
    assert taxonomy.ancestors("Wombat") == taxonomy.descendants("Wombat") == ()
    assert taxonomy.path("Wombat") == ("Wombat",)


def test_every_class_is_whole() -> None:
    assert len({taxonomy.mid(label) for label in LABELS}) == len(LABELS)
    assert {taxonomy.category(label) for label in LABELS} == set(taxonomy.CATEGORIES)
    assert all(
        parent in LABELS for facts in classes._classes().values() for parent in facts.parents
    )
    assert not any(label in taxonomy.ancestors(label) for label in LABELS)


@given(one=labels, other=labels)
def test_ancestors_and_descendants_mirror_each_other(one: str, other: str) -> None:
    for ancestor in taxonomy.ancestors(one):
        assert one in taxonomy.descendants(ancestor)
    assert (other in taxonomy.ancestors(one)) == (one in taxonomy.descendants(other))


@given(label=labels)
def test_a_path_climbs_by_parents_to_a_top_class(label: str) -> None:
    way = taxonomy.path(label)
    assert way[-1] == label
    assert set(way[:-1]) <= set(taxonomy.ancestors(label))
    assert taxonomy.ancestors(way[0]) == ()
    for above, below in itertools.pairwise(way):
        assert classes._classes()[below].parents[0] == above


# Rolling up


def timeline(scores: np.ndarray, names: tuple[str, ...]) -> Timeline:
    onsets_s = timing.frame_onsets_s(len(scores), 16_000, 16_000)
    return Timeline(scores.astype(np.float32), onsets_s, 1.0, 1.0, names, float(len(scores)))


def test_rolled_up_a_bark_is_an_animal() -> None:
    scores = timeline(np.array([[0.9, 0.2, 0.5, 0.1], [0, 0.3, 0, 0.6]]), ("Bark", *FAMILY[:3]))
    rolled = taxonomy.roll_up(scores, "broad")
    assert rolled.labels == ("Animal",)
    np.testing.assert_array_equal(rolled.scores, np.array([[0.9], [0.6]], np.float32))
    assert scores.scores.shape == (2, 4)


def test_without_its_broadest_class_the_next_one_stands_for_the_group() -> None:
    scores = timeline(np.array([[0.9, 0.2, 0.4]]), ("Bark", "Dog", "Meow"))
    rolled = taxonomy.roll_up(scores, "broad")
    assert rolled.labels == ("Dog", "Meow")
    assert rolled.scores.tolist() == [[pytest.approx(0.9), pytest.approx(0.4)]]


def test_none_changes_nothing_and_another_word_is_refused() -> None:
    scores = timeline(np.zeros((1, 2)), ("Bark", "Dog"))
    assert taxonomy.roll_up(scores, "none") is scores
    with pytest.raises(SettingError, match="'narrow'"):
        taxonomy.roll_up(scores, "narrow")


def test_all_classes_roll_up_to_the_top_ones() -> None:
    scores = timeline(np.random.default_rng(0).random((3, len(LABELS))), LABELS)
    rolled = taxonomy.roll_up(scores, "broad")
    assert rolled.labels == tuple(label for label in LABELS if not taxonomy.ancestors(label))
    assert 100 < len(rolled.labels) < 150


@given(
    names=st.lists(st.one_of(labels, st.sampled_from(("Wombat", "Yak"))), min_size=1, unique=True),
    seed=st.integers(0, 99),
)
def test_a_rolled_up_score_is_the_highest_of_its_group(names: list[str], seed: int) -> None:
    scores = timeline(np.random.default_rng(seed).random((4, len(names))), tuple(names))
    rolled = taxonomy.roll_up(scores, "broad")
    groups: dict[str, list[int]] = {}
    for index, name in enumerate(names):
        top = next(one for one in taxonomy.path(name) if one in names)
        groups.setdefault(top, []).append(index)
    assert sorted(rolled.labels, key=names.index) == list(rolled.labels)
    assert set(rolled.labels) == set(groups)
    for column, label in enumerate(rolled.labels):
        highest = scores.scores[:, groups[label]].max(axis=1)
        np.testing.assert_array_equal(rolled.scores[:, column], highest)
    assert {"Wombat", "Yak"} & set(names) <= set(rolled.labels)


# The most specific events


def test_of_animal_dog_and_bark_the_bark_is_left() -> None:
    bark = event("Bark", 1, 3)
    assert taxonomy.most_specific([event("Animal", 1, 3), event("Dog", 1, 4), bark]) == [bark]


def test_an_event_that_is_mostly_something_else_stays() -> None:
    long = event("Animal", 0, 10)
    assert taxonomy.most_specific([long, event("Bark", 0, 4.9)]) == [long, event("Bark", 0, 4.9)]
    assert taxonomy.most_specific([long, event("Bark", 0, 5)]) == [event("Bark", 0, 5)]


def test_several_kinds_cover_an_event_together_but_not_twice() -> None:
    animal = event("Animal", 0, 10)
    apart = [event("Bark", 0, 3), event("Meow", 7, 10)]
    assert taxonomy.most_specific([animal, *apart]) == apart
    together = [event("Bark", 0, 3), event("Meow", 0, 3)]
    assert taxonomy.most_specific([animal, *together]) == [animal, *together]


def test_what_was_dropped_covers_nothing() -> None:
    animal, dog, bark = event("Animal", 0, 10), event("Dog", 0, 5), event("Bark", 0, 3)
    assert taxonomy.most_specific([animal, dog, bark]) == [animal, bark]


@given(given_events=events)
def test_an_event_is_dropped_exactly_where_what_stays_tells_of_it(
    given_events: list[Event],
) -> None:
    kept = taxonomy.most_specific(given_events)
    assert [one for one in given_events if one in kept] == kept
    for one in given_events:
        below = [other for other in kept if one.label in taxonomy.ancestors(other.label)]
        told_s, lasts_s = covered_s(one, below), one.offset_s - one.onset_s
        assert (one not in kept) == (told_s > 0 and told_s >= COVERED * lasts_s)


@given(given_events=events)
def test_unknown_and_bottom_classes_stay_and_twice_is_as_good_as_once(
    given_events: list[Event],
) -> None:
    kept = taxonomy.most_specific(given_events)
    assert [one for one in given_events if not taxonomy.descendants(one.label)] == [
        one for one in kept if not taxonomy.descendants(one.label)
    ]
    assert taxonomy.most_specific(kept) == kept
    wombats = [replace(one, label="Wombat") for one in given_events]
    assert taxonomy.most_specific(wombats) == wombats


def test_the_outline_has_every_label_once_below_its_ancestors() -> None:
    found = taxonomy.outline(taxonomy.labels())
    assert [one.title for one in found] == list(taxonomy.CATEGORIES)
    entries = [entry for one in found for entry in one.entries]
    assert sorted(label for _, label in entries) == sorted(taxonomy.labels())
    for one in found:
        above: list[str] = []
        for depth, label in one.entries:
            del above[depth:]
            assert (*above, label) == taxonomy.path(label)
            above.append(label)


def test_the_outline_of_few_labels_skips_what_the_model_lacks() -> None:
    found = taxonomy.outline(["Bark", "Mine", "Animal", "Bark"])
    assert [(one.title, one.entries) for one in found] == [
        ("Animal", ((0, "Animal"), (1, "Bark"))),
        ("", ((0, "Mine"),)),
    ]


def test_a_subclass_counts_where_the_class_itself_was_not_found() -> None:
    bark, yip, meow = event("Bark", 0, 2), event("Yip", 5, 6), event("Meow", 8, 9)
    dog = event("Dog", 0, 2.1)
    given = [dog, bark, yip, meow]
    assert taxonomy.including_subclasses(given, ("Dog",)) == [dog, yip]
    assert taxonomy.including_subclasses(given, ("Dog", "Bark")) == [dog, bark, yip]
    assert taxonomy.including_subclasses(given, ("Bark",)) == [bark]
    assert taxonomy.including_subclasses(given, ("Cat",)) == [meow]
    assert taxonomy.including_subclasses([dog, bark], ("Animal",)) == [bark], "one sound, once"
    assert taxonomy.including_subclasses([], ("Dog",)) == []
    assert taxonomy.including_subclasses([bark], ()) == []
