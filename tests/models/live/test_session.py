import gc
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from models.classifier import Classifier
from models.errors import RecordingError
from models.live import Excerpt, LiveSession, LiveSettings, Packet, Seats
from models.live.session import LOST_AFTER_S, title
from tests.models.classifier.building import HeadPlan, Plan


def packet(index: int) -> Packet:
    samples = np.full((1, 640), 1_000, np.int16)
    return Packet(samples, "s16", 16_000, 2, 320 * index, Fraction(1, 16_000), time.monotonic())


def begin(
    seats: int = 4, clock: Callable[[], float] = time.monotonic
) -> tuple[LiveSession, list[Excerpt]]:
    """Make a session, and a list of what it keeps."""
    kept: list[Excerpt] = []
    return LiveSession(Seats(seats), kept.append, clock=clock), kept


def listeners() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "live"}


def test_a_finished_session_leaves_no_thread_and_keeps_nothing(starter: Classifier) -> None:
    before = listeners()
    session, kept = begin()
    session.start(starter, LiveSettings())
    assert len(listeners() - before) == 1
    session.push(packet(0))
    session.finish()
    assert not listeners() - before
    assert len(kept) == 1
    session.push(packet(1))  # what the dying connection still delivers
    session.finish()
    assert session.snapshot() is None
    assert len(kept) == 1


def test_a_session_that_is_closed_keeps_nothing(starter: Classifier) -> None:
    before = listeners()
    seats, kept = Seats(1), []
    session = LiveSession(seats, kept.append)
    assert session.take_seat()
    session.start(starter, LiveSettings())
    for index in range(50):
        session.push(packet(index))
    session.next_snapshot(-1, patience_s=10)  # it has heard a window
    assert session.n_bytes > 0
    session.close()
    assert not listeners() - before
    assert seats.any_free
    assert kept == []
    assert session.n_bytes == 0


def test_what_is_kept_is_named_by_when_it_began(starter: Classifier) -> None:
    session, kept = begin()
    session.start(starter, LiveSettings())
    for index in range(50):
        session.push(packet(index))
    session.finish()
    began = replace(kept[0], began_at=1_700_000_000.0)
    assert title(began, "Live session") == "Live session 2023-11-14 22.13.20 UTC.wav"


class Failing:
    """Stands for a classifier whose interpreter breaks at its second window."""

    def __init__(self, classifier: Classifier) -> None:
        self.labels, self.contract = classifier.labels, classifier.contract
        self._score, self._n_windows = classifier.score, 0

    def score(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        self._n_windows += 1
        if self._n_windows == 2:
            raise RuntimeError("Invoke failed")
        return self._score(windows)


def test_what_was_heard_before_a_stream_ended_is_kept_when_it_begins_again(
    starter: Classifier,
) -> None:
    failing = Failing(starter)
    session, kept = begin()
    session.start(failing, LiveSettings())
    for index in range(100):
        session.push(packet(index))
    deadline = time.monotonic() + 10
    while not session.snapshot().stopped and time.monotonic() < deadline:
        time.sleep(0.02)
    assert isinstance(session.snapshot().error, RuntimeError)
    assert kept == []
    session.start(failing, LiveSettings())
    (excerpt,) = kept
    assert excerpt.clip.duration_s == pytest.approx(2, abs=0.01)
    assert not session.snapshot().stopped
    session.finish()


def test_a_connection_is_lost_where_sound_stopped_long_before_its_track(
    starter: Classifier,
) -> None:
    now = time.monotonic()
    session, _ = begin(clock=lambda: now)
    assert not session.lost
    session.start(starter, LiveSettings())
    now += 10 * LOST_AFTER_S
    assert not session.lost, "it has not come about yet"
    session.push(replace(packet(0), arrived_at=now))
    now += 0.3  # as long as a track goes on after Stop
    session.end_track()
    now += 10 * LOST_AFTER_S
    assert not session.lost
    session.push(replace(packet(1), arrived_at=now))
    now += 2 * LOST_AFTER_S
    assert session.lost
    session.end_track()
    assert session.lost
    session.finish()
    assert not session.lost


def test_a_forgotten_session_ends_its_thread(starter: Classifier) -> None:
    before = listeners()
    session, _ = begin()
    session.start(starter, LiveSettings())
    del session
    gc.collect()
    deadline = time.monotonic() + 10
    while listeners() - before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not listeners() - before


def test_several_listen_at_once_each_to_their_own(starter: Classifier) -> None:
    sessions = [begin() for _ in range(4)]
    for count, (session, _) in enumerate(sessions, start=1):
        session.start(starter, LiveSettings())
        for index in range(50 * count):
            session.push(packet(index))
            time.sleep(0.0005)
    for count, (session, kept) in enumerate(sessions, start=1):
        session.finish()
        (excerpt,) = kept
        assert excerpt.clip.duration_s == pytest.approx(count, abs=0.01)


def test_another_model_hears_a_stream_of_its_own(starter: Classifier, tmp_path: Path) -> None:
    other = Classifier(Plan((1, 4_000), (HeadPlan(3, "SOFTMAX"),)).save(tmp_path))
    before = listeners()
    session, kept = begin()
    session.start(starter, LiveSettings())
    for index in range(100):
        session.push(packet(index))
    session.start(starter, LiveSettings(threshold=0.5))
    assert kept == []
    session.start(other, LiveSettings())
    (excerpt,) = kept
    assert excerpt.clip.duration_s == pytest.approx(2, abs=0.01)
    assert len(listeners() - before) == 1
    for index in range(100, 200):
        session.push(packet(index))
    snapshot = session.next_snapshot(-1, patience_s=10)
    assert snapshot is not None
    assert snapshot.frames.scores.shape[1] == 3
    session.finish()


def test_nothing_can_be_taken_before_anything_was_heard(starter: Classifier) -> None:
    session, kept = begin()
    with pytest.raises(RecordingError, match="Start"):
        session.freeze(10)
    session.start(starter, LiveSettings())
    with pytest.raises(RecordingError):
        session.freeze(10)
    session.finish()
    assert kept == []
