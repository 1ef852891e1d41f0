"""A clip played into a live session: the scores are those of the clip."""

import numpy as np
import pytest

from models.audio import Clip, load_clip
from models.demonstration import demonstration_recording
from models.inference import Classifier
from models.live import Cursor, Excerpt, LiveSession, LiveSettings, Seats
from models.live.playback import MAX_STEP_S
from tests.models.live.parts import RATE_HZ, Clock, PlainScorer, noise, until

HOPS_S = (0.24, 0.48)
REPORT_S = 0.1


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def kept() -> list[Excerpt]:
    return []


@pytest.fixture
def session(clock: Clock, kept: list[Excerpt]) -> LiveSession:
    return LiveSession(Seats(1), kept.append, clock=clock)


def play_through(session: LiveSession, clock: Clock, to_s: float, from_s: float = 0.0) -> None:
    """Report positions as a browser does, in real time by the session's clock."""
    for played_s in np.arange(from_s, to_s, REPORT_S) + REPORT_S:
        playback = session.playback
        assert playback is not None
        clock.now += REPORT_S
        playback.advance(float(min(played_s, to_s)))
        drain(session)


def drain(session: LiveSession) -> None:
    """Wait until the worker has taken all packets, so that no window is late by the clock."""
    inlet = session._stream.inlet
    inlet.wake()
    until(lambda: not len(inlet))


def end(session: LiveSession) -> None:
    playback = session.playback
    assert playback is not None
    playback.finish()
    until(lambda: not session.listening)


@pytest.mark.parametrize("hop_s", HOPS_S)
def test_the_scores_are_those_of_the_clip_at_the_same_hop(
    session: LiveSession, clock: Clock, builtin: Classifier, hop_s: float
) -> None:
    clip = load_clip(demonstration_recording(), sample_rate=builtin.contract.sample_rate)
    short = Clip.from_samples(clip.samples[: int(12.3 * clip.sample_rate)], clip.sample_rate)
    session.play(short, builtin, LiveSettings(interval_s=hop_s))
    play_through(session, clock, short.duration_s)
    end(session)
    frames = session.snapshot(0).frames
    expected = builtin.classify(short, hop_s=hop_s)
    np.testing.assert_array_equal(frames.onsets_s, expected.onsets_s)
    np.testing.assert_array_equal(frames.scores, expected.scores)


def test_it_ends_by_itself_and_stores_no_second_copy(
    session: LiveSession, clock: Clock, kept: list[Excerpt]
) -> None:
    clip = Clip.from_samples(noise(3.0)[0], RATE_HZ)
    session.play(clip, PlainScorer(), LiveSettings())
    assert session.n_bytes > clip.samples.nbytes
    play_through(session, clock, 3.0)
    assert session.listening
    end(session)
    assert not session.was_lost
    assert session.playback is None
    assert kept == []
    assert session.snapshot().duration_s == pytest.approx(3.0, abs=1.0)


def test_the_microphone_afterwards_is_stored_again(
    session: LiveSession, clock: Clock, kept: list[Excerpt]
) -> None:
    clip = Clip.from_samples(noise(2.0)[0], RATE_HZ)
    session.play(clip, PlainScorer(), LiveSettings())
    play_through(session, clock, 1.0)
    session.take_over("websocket")
    assert session.playback is None
    session.stop()
    assert len(kept) == 1


def test_a_repeated_clip_goes_on_from_its_beginning(session: LiveSession, clock: Clock) -> None:
    clip = Clip.from_samples(noise(1.5)[0], RATE_HZ)
    session.play(clip, PlainScorer(), LiveSettings(), repeats=True)
    play_through(session, clock, 4.0)
    heard = session.freeze(10).clip.samples
    thrice = np.concatenate([clip.samples] * 3)
    assert len(heard) == 4 * RATE_HZ
    np.testing.assert_array_equal(heard, thrice[: len(heard)])
    session.stop()


def test_after_a_pause_of_the_connection_nothing_is_missing(
    session: LiveSession, clock: Clock
) -> None:
    clip = Clip.from_samples(noise(9.0)[0], RATE_HZ)
    session.play(clip, PlainScorer(), LiveSettings())
    play_through(session, clock, 2.0)
    clock.now += 4.0
    play_through(session, clock, 9.0, from_s=6.0)
    end(session)
    assert not session.snapshot().gaps
    assert session.snapshot().health.lost_packets == 0
    assert session.snapshot(0).n_frames >= (9.0 - 0.975) / 0.25


@pytest.mark.parametrize("position_s", [float("nan"), float("inf"), -1.0, 1e300])
def test_a_senseless_position_passes_on_a_few_seconds_at_most(
    session: LiveSession, position_s: float
) -> None:
    clip = Clip.from_samples(noise(5.0)[0], RATE_HZ)
    session.play(clip, PlainScorer(), LiveSettings(), repeats=True)
    playback = session.playback
    playback.advance(position_s)
    drain(session)
    assert session.snapshot().duration_s <= MAX_STEP_S
    session.stop()


def test_a_browser_that_reports_ahead_of_time_is_held_to_the_clock(session: LiveSession) -> None:
    clip = Clip.from_samples(noise(2.0)[0], RATE_HZ)
    session.play(clip, PlainScorer(), LiveSettings(), repeats=True)
    for lap in range(100):
        session.playback.advance(float(lap + 1))
    drain(session)
    assert session.news(0, Cursor()).snapshot.duration_s < 10
    session.stop()
