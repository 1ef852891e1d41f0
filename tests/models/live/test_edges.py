from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models import Event
from models.events.band_levels import band_levels
from models.events.boundaries import REACH_AFTER_S, refine_each
from models.live import HeardEvent, LiveSettings, LiveStream, Snapshot
from models.live.edges import SETTLED_AFTER_S, Edges, SteadyOnsets
from models.live.event_log import EventLog
from tests.models.live.parts import LABELS, RATE_HZ, WINDOW, Clock, PlainScorer, cut, feed, until
from tests.models.live.test_event_log import frames, loudness

BEATS_S = ((2.0, 2.5), (6.3, 6.5), (11.1, 12.9))
"""When the test's sound is loud: pauses are longer than what an edge depends on."""


def beating(duration_s: float = 17.0) -> NDArray[np.float64]:
    """Faint noise with a tone at `BEATS_S`: shape (1, n_samples)."""
    times_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    sound = np.random.default_rng(3).uniform(-0.001, 0.001, len(times_s))
    for onset_s, offset_s in BEATS_S:
        loud = (times_s >= onset_s) & (times_s < offset_s)
        sound[loud] += 0.8 * np.sin(2 * np.pi * 440 * times_s[loud])
    return sound[np.newaxis]


def listened(sound: NDArray[np.float64], wishes: LiveSettings) -> Snapshot:
    hop = round(wishes.interval_s * RATE_HZ)
    n_frames = (sound.shape[1] - WINDOW - RATE_HZ // 2) // hop
    with LiveStream(PlainScorer(), wishes, clock=Clock()) as stream:
        feed(stream, cut(sound))
        until(lambda: stream.snapshot().n_frames >= n_frames)
    return stream.snapshot(since=0)


def edges(events: tuple[HeardEvent, ...], label: str = "Loud") -> list[tuple[float, float]]:
    return [(one.onset_s, one.offset_s) for one in events if one.label == label]


def test_edges_lie_where_the_sound_is() -> None:
    snapshot = listened(beating(), LiveSettings(threshold=0.5))
    for (onset_s, offset_s), beat in zip(edges(snapshot.events), BEATS_S, strict=True):
        assert onset_s == pytest.approx(beat[0], abs=0.02)
        assert offset_s == pytest.approx(beat[1], abs=0.02)
    assert all(event.is_refined for event in snapshot.events)


def test_edges_are_those_of_the_windows_where_that_is_wanted() -> None:
    refined = listened(beating(), LiveSettings(threshold=0.5))
    coarse = listened(beating(), LiveSettings(threshold=0.5, refine=False))
    assert not any(one.is_refined for one in coarse.events)
    assert [one.number for one in coarse.events] == [one.number for one in refined.events]
    for one, other in zip(edges(coarse.events), edges(refined.events), strict=True):
        assert one[0] < other[0] < other[1] < one[1]


def test_edges_equal_those_of_the_whole_clip() -> None:
    sound = beating()
    refined = listened(sound, LiveSettings(threshold=0.5))
    coarse = listened(sound, LiveSettings(threshold=0.5, refine=False))
    as_stored = np.rint(sound[0] * 32_767).astype(np.int16) / np.float32(32_768)
    levels = band_levels(as_stored.astype(np.float32), RATE_HZ)
    for one, other in zip(coarse.events, refined.events, strict=True):
        given = Event(one.onset_s, one.offset_s, one.label, one.peak, one.mean)
        (expected,) = refine_each([given], levels)
        assert (other.onset_s, other.offset_s) == pytest.approx(
            (expected.onset_s, expected.offset_s), abs=0.011
        )


def test_an_event_that_has_ended_is_told_again_until_its_sound_has_come() -> None:
    log, levels = EventLog(LABELS), Edges(RATE_HZ, 60.0)
    wishes = LiveSettings(threshold=0.5, merge_gap_s=0.0)
    sound = beating().astype(np.float32)[0]
    for frame in frames(loudness(0, 0, 0, 0, 0, 0, 0.9, 0.9, 0.1)):
        log.hear(frame, frame.begin_s, wishes)
    (found,) = log.events()
    assert not found.is_open and log.n_ended == 0
    levels.append(sound[: round(3.0 * RATE_HZ)])
    log.settle(levels.refined(log.to_refine(0.0), 0.5), 0.0)
    (early,) = log.events()
    assert early.is_refined and log.n_ended == 0
    assert early.heard_at == pytest.approx(early.onset_s)  # as the frames' times of day
    assert log.to_refine(0.0) == []
    levels.append(sound[round(3.0 * RATE_HZ) :])
    until_s = 17.0 - REACH_AFTER_S
    log.settle(levels.refined(log.to_refine(until_s), 0.5), until_s)
    assert log.n_ended == 1
    assert edges(log.events()) == [(pytest.approx(2.0, abs=0.02), pytest.approx(2.5, abs=0.02))]
    assert log.events(since=1) == ()


def test_events_older_than_the_levels_stay_as_they_are() -> None:
    levels = Edges(RATE_HZ, 5.0)
    levels.append(beating().astype(np.float32)[0])
    event = HeardEvent(0, "Loud", 1.5, 3.0, 0.0, 0.9, 0.9, is_open=False)
    assert levels.refined([event], 0.5) == [event]
    assert levels.max_bytes == levels.n_bytes < 10_000
    levels.free()
    assert levels.n_bytes == 0


def going_on(duration_s: float) -> NDArray[np.float64]:
    """A tone from 2 s on that grows louder for a while, in faint noise: shape (1, n_samples)."""
    times_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    sound = np.random.default_rng(3).uniform(-0.001, 0.001, len(times_s))
    loud = times_s >= 2.0
    grown = 0.6 + 0.2 * np.minimum(times_s[loud] - 2.0, 1.0)
    sound[loud] += grown * np.sin(2 * np.pi * 440 * times_s[loud])
    return sound[np.newaxis]


def test_the_onset_of_an_open_event_lies_where_its_sound_begins() -> None:
    wishes = LiveSettings(threshold=0.5)
    packets = list(cut(going_on(9.0)))
    shown = []
    with LiveStream(PlainScorer(), wishes, clock=Clock()) as stream:
        for at in range(0, len(packets), 25):  # half a second each
            feed(stream, packets[at : at + 25])
            n_frames = ((at + 25) * 320 - WINDOW) // round(wishes.interval_s * RATE_HZ)
            until(lambda n_frames=n_frames: stream.snapshot().n_frames >= n_frames)
            shown += [one for one in stream.snapshot().events if one.label == "Loud"]
        coarse_s = stream.snapshot().frames.begins_s
    assert len(shown) > 10
    assert all(one.is_open for one in shown)
    refined = [one for one in shown if one.is_refined]
    assert len(refined) >= len(shown) - 1  # the snapshot may come before the first estimate
    assert {round(one.onset_s, 1) for one in refined} == {2.0}
    assert len({one.onset_s for one in refined}) == 1  # it does not jump
    assert abs(coarse_s - 2.0).min() > 0.05  # no window begins there
    assert len({round(one.heard_at - one.onset_s, 2) for one in shown}) == 1


def test_the_onset_of_an_open_event_is_as_found_where_edges_are_not_refined() -> None:
    log = EventLog(LABELS)
    for frame in frames(loudness(0.1, 0.9, 0.9)):
        log.hear(frame, frame.begin_s, LiveSettings(threshold=0.5, refine=False))
    assert log.open_events() == []
    log.show_onsets({0: 0.1})
    (event,) = log.events()
    assert not event.is_refined
    assert event.onset_s > 0.1


def test_a_shown_onset_follows_only_what_the_next_estimate_confirms() -> None:
    onsets, event = SteadyOnsets(), HeardEvent(7, "Loud", 1.8, 3.0, 0.0, 0.9, 0.9, is_open=True)
    estimates_s = [2.0, 2.08, 2.5, 2.02, 2.6, 2.62, 2.61]
    refined = (replace(event, onset_s=each, is_refined=True) for each in estimates_s)
    shown_s = [onsets.follow([one])[7] for one in refined]
    assert shown_s == [2.0, 2.0, 2.0, 2.0, 2.0, 2.62, 2.62]
    assert onsets.undecided([event], heard_s=4.0) == [event]
    assert onsets.undecided([event], heard_s=1.9 + SETTLED_AFTER_S) == []
    assert onsets.follow([event]) == {7: 2.62}  # an estimate that is none changes nothing
    assert onsets.undecided([], heard_s=4.0) == []
    assert onsets.follow([]) == {}


lengths = st.floats(-3, 3)


@settings(deadline=None)  # machines are busy at times
@given(st.lists(st.booleans(), min_size=4, max_size=30), st.lists(st.tuples(lengths, lengths)))
def test_refined_events_of_a_label_never_overlap(
    heard: list[bool], moves: list[tuple[float, float]]
) -> None:
    log, wishes = EventLog(LABELS), LiveSettings(threshold=0.5, merge_gap_s=0.0)
    moving = iter(moves)

    def moved(until_s: float, heard_s: float) -> None:
        due = log.to_refine(until_s)
        changes = [next(moving, (0.0, 0.0)) for _ in due]
        log.settle(
            [
                replace(one, onset_s=one.onset_s + on_s, offset_s=offset_s)
                if one.onset_s + on_s < offset_s
                else one
                for one, (on_s, off_s) in zip(due, changes, strict=True)
                for offset_s in [min(one.offset_s + off_s, heard_s)]  # no sound is known after it
            ],
            until_s,
        )

    for frame in frames(loudness(*[0.9 if one else 0.1 for one in heard])):
        log.hear(frame, frame.begin_s, wishes)
        moved(frame.begin_s - 1.0, heard_s=frame.end_s)
        log.show_onsets({e.number: e.onset_s + next(moving, (0, 0))[0] for e in log.open_events()})
        shown = log.events()
        assert all(one.onset_s < one.offset_s for one in shown)
        for one, other in pairwise(shown):
            assert not other.is_open or one.offset_s <= other.onset_s + 1e-9
    log.finish()
    moved(np.inf, heard_s=np.inf)
    events = log.events()
    assert log.n_ended == len(events) == log.n_events
    assert all(one.onset_s < one.offset_s for one in events)
    for one, other in pairwise(events):
        assert one.offset_s <= other.onset_s + 1e-9
