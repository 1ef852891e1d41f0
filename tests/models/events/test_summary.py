from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import Classifier, Event, find_events, load_clip, refine_events
from models.events import taxonomy
from models.events.summary import PROPER_NAMES, clock, name, summarise
from models.events.totals import class_totals


def event(onset_s: float, offset_s: float, label: str, peak: float = 0.8) -> Event:
    return Event(onset_s, offset_s, label, peak, peak / 2)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        (
            [event(0, 60, "Speech"), event(42, 60, "Music")],
            "Speech throughout, with music from 0:42.",
        ),
        (
            [event(1, 1.4, "Bark"), event(3, 3.4, "Bark"), event(4, 60, "Silence")],
            "Bark at 0:01 and 0:03; otherwise silence.",
        ),
        ([event(0, 60, "Animal"), event(0, 60, "Dog"), event(1, 59, "Bark")], "Bark throughout."),
        ([event(10, 25, "Siren")], "Siren from 0:10 to 0:25."),
        ([event(0, 12, "Vehicle horn, car horn, honking")], "Vehicle horn until 0:12."),
        (
            [event(5, 9, "Meow"), event(20, 24, "Meow")],
            "Meow from 0:05 to 0:09 and from 0:20 to 0:24.",
        ),
        ([event(s, s + 1, "Knock") for s in range(0, 50, 10)], "Knock 5 times until 0:41."),
        ([event(5, 9, "Meow"), event(20, 20.4, "Meow")], "Meow from 0:05 to 0:09 and at 0:20."),
        (
            [event(5, 9, "Meow"), event(20, 24, "Meow"), event(40, 45, "Meow")],
            "Meow 3 times from 0:05 to 0:45.",
        ),
        (
            [event(5, 9, "Bee, wasp, etc."), event(5.5, 9.5, "Fly, housefly", 0.7)],
            "Bee and fly from 0:05 to 0:09.",
        ),
        (
            [event(3, 20, "Siren"), event(20.1, 21.9, "Silence"), event(22, 29, "Silence")],
            "Siren from 0:03 to 0:20; silence from 0:20 to 0:29.",
        ),
        ([event(s, s + 3, "Cough") for s in range(0, 50, 5)], "Cough on and off until 0:48."),
        (
            [event(1, 2, "Cat"), event(1, 2, "Bleat"), event(30, 50, "Silence")],
            "Bleat and cat at 0:01; silence from 0:30 to 0:50.",
        ),
        (
            [event(1, 2, "Cap gun"), event(3, 4, "Finger snapping"), event(5, 6, "Cap gun")],
            "Cap gun at 0:01 and 0:05, and finger snapping at 0:03.",
        ),
        ([event(1, 2, "Caw"), event(1.1, 2.8, "Animal")], "Caw at 0:01."),
        ([event(10, 20, "Siren"), event(3, 3.2, "Bird")], "Siren from 0:10 to 0:20."),
        ([event(0, 60, "Silence")], "Silence throughout."),
        (
            [event(0, 20, "Silence")],
            "Unclear: the best guess is bird, with a score of 0.21; otherwise silence.",
        ),
        ([], "Unclear: the best guess is bird, with a score of 0.21."),
    ],
)
def test_a_clip_of_a_minute_in_words(events: list[Event], expected: str) -> None:
    assert summarise(events, 60.0, guess=("Bird", 0.21)) == expected


def test_classes_without_room_are_named_in_a_second_sentence() -> None:
    labels = ("Siren", "Bird", "Meow", "Bark", "Rain", "Drum", "Cough", "Hum")
    events = [event(7 * at, 7 * at + 6 - at / 10, label) for at, label in enumerate(labels)]
    first, second = summarise(events, 60.0).removesuffix(".").split(". ")
    assert first == "Siren until 0:06, bird from 0:07 to 0:13 and meow from 0:14 to 0:20"
    assert second == "Also bark, rain, drum and 2 more"
    assert summarise(events[:-1], 60.0).endswith(". Also bark, rain, drum and cough.")


def test_without_events_or_a_guess() -> None:
    assert summarise([], 5.0) == "Nothing was recognised."
    assert summarise([event(4, 6, "Silence")], 60.0) == "Silence from 0:04 to 0:06."
    assert summarise([event(0, 60, "Silence")], 60.0) == "Silence throughout."


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("Smoke detector, smoke alarm", "smoke detector"),
        ("Inside, small room", "inside (small room)"),
        ("French horn", "French horn"),
        ("Christmas music", "Christmas music"),
        ("Hammond organ", "Hammond organ"),
        ("My own class", "my own class"),
    ],
)
def test_labels_inside_a_sentence(label: str, expected: str) -> None:
    assert name(label) == expected


def test_each_proper_name_begins_a_label() -> None:
    assert {label.split(" ")[0] for label in taxonomy.labels()} >= PROPER_NAMES


def test_times_as_on_a_clock() -> None:
    assert [clock(at_s) for at_s in (0.4, 59.6, 61, 3_723)] == ["0:00", "1:00", "1:01", "1:02:03"]


spans = st.tuples(st.floats(0, 50), st.floats(0.01, 60)).map(
    lambda two: (two[0], min(60.0, sum(two)))
)


@given(st.lists(st.tuples(spans, st.sampled_from(taxonomy.labels())), max_size=12))
def test_any_events_make_two_sentences_at_most(given_events: list[tuple]) -> None:
    said = summarise([event(*span, label) for span, label in given_events], 60.0)
    assert said.endswith(".")
    assert said[0].isupper()
    assert "  " not in said
    assert said.count(". ") <= 1
    assert len(said) < 400


def test_totals_count_overlapping_events_once() -> None:
    (total,) = class_totals([event(3, 5, "Dog", 0.4), event(1, 4, "Dog")])
    assert (total.total_s, total.first_s, total.n_events, total.peak) == (4.0, 1.0, 2, 0.8)


@pytest.mark.model
@pytest.mark.recordings
def test_real_recordings(yamnet: Classifier, recordings: Path) -> None:
    for recording, expected in {
        "speech_reading.ogg": "Speech throughout.",
        "trumpet.ogg": "Trumpet until 0:03; otherwise silence.",
        "vibe_ace.ogg": "Music throughout.",
    }.items():
        clip = load_clip(recordings / recording)
        coarse = find_events(yamnet.classify(clip), 0.3, merge_gap_s=0.5)
        events = refine_events(coarse, clip, merge_gap_s=0.5)
        assert summarise(events, clip.duration_s) == expected, recording
