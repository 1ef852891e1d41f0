import gc
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from models.errors import EarmarkError, RecordingError, SettingError
from models.live import Cursor, Excerpt, LiveSession, LiveSettings, Packet, Seats, seats
from models.live import session as session_module
from models.live.session import LOST_AFTER_S, MAX_AHEAD_S
from models.live.worker import ABANDONED_AFTER_S, RELEASED_AFTER_S
from tests.marking import slow
from tests.models.live.parts import RATE_HZ, Clock, PlainScorer, live_threads, until

SETTINGS = LiveSettings(threshold=0.1)


class Kept(list[Excerpt]):
    """What a session kept."""

    def __call__(self, excerpt: Excerpt) -> None:
        self.append(excerpt)


def packet(index: int, arrived_at: float | None = None, rate_hz: int = RATE_HZ) -> Packet:
    """Make the packet of 20 ms that comes after `index` others."""
    n_samples = rate_hz // 50
    samples = np.full((1, n_samples), 10_000, np.int16)
    at = time.monotonic() if arrived_at is None else arrived_at
    return Packet(samples, "s16", rate_hz, 1, n_samples * index, Fraction(1, rate_hz), at)


def deliver(session: LiveSession, n_packets: int = 100, first: int = 0) -> None:
    source = session.source
    assert source is not None
    began = time.monotonic()
    for index in range(n_packets):
        source.push(packet(first + index, began + 0.02 * index))
    stream = session._stream
    assert stream is not None
    stream.inlet.wake()
    until(lambda: not len(stream.inlet))


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def session(kept: Kept) -> LiveSession:
    return LiveSession(Seats(1), kept)


def test_stop_keeps_the_recording_gives_the_seat_back_and_leaves_all_to_be_seen(
    session: LiveSession, kept: Kept
) -> None:
    session.begin("webrtc", PlainScorer(), SETTINGS)
    deliver(session)
    until(lambda: session.snapshot().n_frames == 5)
    before = session.snapshot(since=0)
    session.stop()
    session.stop()
    assert not live_threads()
    (excerpt,) = kept
    assert excerpt.clip.duration_s == 2.0
    assert not session.has_seat
    after = session.snapshot(since=0)
    np.testing.assert_array_equal(after.frames.scores, before.frames.scores)
    np.testing.assert_array_equal(after.waveform.extremes, before.waveform.extremes)
    assert after.meter == before.meter
    assert [event.label for event in after.events] == [event.label for event in before.events]
    with pytest.raises(RecordingError, match="No live session is running"):
        session.freeze(1.0)


def test_sound_of_an_ended_stream_takes_no_memory_twice(session: LiveSession) -> None:
    session.begin("webrtc", PlainScorer(), SETTINGS)
    deliver(session)
    while_listening = session.n_bytes
    session.stop()
    assert 0 < session.n_bytes < while_listening / 10


@pytest.mark.parametrize("ends", [False, True])
def test_a_stream_that_gets_no_packets_ends_and_is_kept_by_itself(kept: Kept, ends: bool) -> None:
    clock_s = [time.monotonic()]
    session = LiveSession(Seats(1), kept, clock=lambda: clock_s[0])
    source = session.begin("webrtc", PlainScorer(), SETTINGS)
    deliver(session)
    if ends:
        source.end()
    patience_s = RELEASED_AFTER_S if ends else ABANDONED_AFTER_S
    clock_s[0] += patience_s + 3
    until(lambda: not session.listening)
    until(lambda: not session.has_seat)
    assert len(kept) == 1
    assert session.was_lost is not ends


def test_another_source_goes_on_with_the_stream_and_the_time_between_is_a_gap(
    kept: Kept,
) -> None:
    session = LiveSession(Seats(1), kept, clock=Clock())
    first = session.begin("webrtc", PlainScorer(), SETTINGS)
    for index in range(100):
        first.push(packet(5_000 + index, 100 + 0.02 * index))
    second = session.take_over("websocket")
    first.push(packet(5_100, 102.0))  # what the closing connection still delivers
    for index in range(100):
        second.push(packet(index, 102.5 + 0.02 * index, rate_hz=48_000))
    stream = session._stream
    assert stream is not None
    stream.inlet.wake()
    until(lambda: not len(stream.inlet))
    session.stop()
    (excerpt,) = kept
    (gap,) = excerpt.gaps
    assert (gap.onset_s, gap.offset_s) == (
        pytest.approx(2.0, abs=0.01),
        pytest.approx(2.5, abs=0.03),
    )
    assert excerpt.clip.duration_s == pytest.approx(4.5, abs=0.05)


def test_another_classifier_begins_another_stream(session: LiveSession, kept: Kept) -> None:
    source = session.begin("websocket", PlainScorer(), SETTINGS)
    deliver(session)
    number = session.news(0, Cursor()).stream
    session.use(PlainScorer(), SETTINGS)
    assert len(kept) == 1
    assert session.source is source
    assert session.has_seat
    assert session.news(number, Cursor()).is_new
    deliver(session, first=100)
    until(lambda: session.snapshot().n_frames == 5)
    session.stop()


def test_news_are_what_is_not_known_and_watchers_are_told(session: LiveSession) -> None:
    told = threading.Event()
    unwatch = session.watch(told.set)
    session.begin("webrtc", PlainScorer(), SETTINGS)
    assert told.wait(60)
    deliver(session)
    until(lambda: session.snapshot().n_frames == 5)
    news = session.news(0, Cursor())
    assert (news.is_new, news.listening, news.way, len(news.labels)) == (True, True, "webrtc", 3)
    assert len(news.snapshot.frames.scores) == 5
    later = session.news(news.stream, news.snapshot.cursor)
    assert not later.is_new
    assert len(later.snapshot.frames.scores) == 0
    told.clear()
    deliver(session, n_packets=50, first=100)
    assert told.wait(60)
    unwatch()
    session.stop()
    told.clear()
    session.begin("webrtc", PlainScorer(), SETTINGS)
    assert not told.is_set()
    session.stop()


def test_who_gets_no_seat_cannot_begin(kept: Kept) -> None:
    shared = Seats(1)
    first, second = LiveSession(shared, kept), LiveSession(shared, kept)
    first.begin("webrtc", PlainScorer(), SETTINGS)
    with pytest.raises(SettingError, match="All seats for listening are taken"):
        second.begin("websocket", PlainScorer(), SETTINGS)
    first.stop()
    second.begin("websocket", PlainScorer(), SETTINGS)
    second.stop()


def test_a_seat_lost_in_silence_ends_the_stream(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = Seats(1)
    session = LiveSession(shared, kept)
    session.begin("webrtc", PlainScorer(), SETTINGS)
    deliver(session)
    monkeypatch.setattr(seats, "SILENT_S", 0.0)
    assert shared.take("another")
    monkeypatch.setattr(seats, "SILENT_S", 60.0)
    session.source.push(packet(100))
    until(lambda: not session.listening)
    until(lambda: len(kept) == 1)
    assert session.lost_seat
    assert not session.was_lost


def test_packets_after_stop_take_no_seat(kept: Kept) -> None:
    shared = Seats(1)
    session, other = LiveSession(shared, kept), LiveSession(shared, kept)
    source = session.begin("websocket", PlainScorer(), SETTINGS)
    deliver(session)
    session.stop()
    source.push(packet(100))
    assert not session.has_seat
    other.begin("websocket", PlainScorer(), SETTINGS)
    source.push(packet(101))
    assert other.has_seat
    assert not session.lost_seat, "it was given back"
    assert session.source is None
    other.stop()


def test_a_packet_that_comes_while_stop_is_under_way_takes_no_seat(
    session: LiveSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stop comes between the look at the source and that at the seat."""
    source = session.begin("websocket", PlainScorer(), SETTINGS)
    deliver(session)
    is_ahead = session._is_ahead

    def stop_first(*args: object) -> bool:
        session.stop()
        return is_ahead(*args)

    monkeypatch.setattr(session, "_is_ahead", stop_first)
    source.push(packet(100))
    assert not session.has_seat
    assert not session.lost_seat


@pytest.mark.parametrize("n_times", [4, slow(20)])
def test_packets_pushed_while_listening_begins_and_ends_leave_no_seat_behind(
    kept: Kept, n_times: int
) -> None:
    session = LiveSession(Seats(1), kept)
    sources, is_over = [], threading.Event()

    def push() -> None:
        while not is_over.is_set():
            for source in sources[-2:]:
                source.push(packet(0))

    thread = threading.Thread(target=push)
    thread.start()
    for _ in range(n_times):
        sources.append(session.begin("websocket", PlainScorer(), SETTINGS))
        time.sleep(0.002)
        session.stop()
        assert not session.has_seat
    is_over.set()
    thread.join()


def test_a_source_faster_than_time_is_held_back(kept: Kept) -> None:
    session = LiveSession(Seats(1), kept, clock=Clock())
    source = session.begin("websocket", PlainScorer(), SETTINGS)
    for index in range(5_000):
        source.push(packet(index, 100.0))
    session.stop()
    assert kept[0].clip.duration_s == pytest.approx(MAX_AHEAD_S, abs=0.1)


def leaping(n_packets: int) -> list[Packet]:
    """Packets of one sample, 50 s apart by their time stamps, that arrive at once."""
    rate_hz = 192_000
    samples = np.full((1, 1), 9_000, np.int16)
    return [
        Packet(samples, "s16", rate_hz, 1, 50 * rate_hz * index, Fraction(1, rate_hz), 100.0)
        for index in range(n_packets)
    ]


def look_meanwhile(packets: list[Packet]) -> tuple[float, float, float]:
    """Push packets, and look for news until all are taken.

    Returns the longest look, the CPU time of the process, and the sound that was made of the
    packets, all in seconds.
    """
    session = LiveSession(Seats(1), lambda _: None, clock=Clock())
    source = session.begin("websocket", PlainScorer(), SETTINGS)
    began_s, longest_s = time.process_time(), 0.0
    for each in packets:
        source.push(each)
    inlet = session._stream.inlet
    inlet.wake()
    while True:
        is_last, began_at = not len(inlet), time.monotonic()
        session.news(0, Cursor())
        longest_s = max(longest_s, time.monotonic() - began_at)
        if is_last:
            break
        time.sleep(0.001)
    session.stop()  # takes what is still on its way
    return longest_s, time.process_time() - began_s, session._stream._worker._tape.duration_s


def test_messages_that_jump_cost_about_as_much_as_ordinary_ones() -> None:
    ordinary = [packet(index, 100.0 + 0.02 * index) for index in range(1_000)]
    look_meanwhile(ordinary)  # imports and caches
    _, cpu_s, _ = look_meanwhile(ordinary)
    jumping = [look_meanwhile(leaping(1_000)) for _ in range(3)]
    assert min(cost_s for _, cost_s, _ in jumping) < 20 * cpu_s, "2,000 where all is filled"
    assert min(longest_s for longest_s, _, _ in jumping) < 50 * cpu_s, "nor do readers wait"
    assert max(held_s for _, _, held_s in jumping) < 2 * MAX_AHEAD_S


def test_the_number_of_packets_is_bounded_whatever_is_in_them() -> None:
    session = LiveSession(Seats(1), lambda _: None, clock=Clock())
    source = session.begin("websocket", PlainScorer(), SETTINGS)
    for each in leaping(10_000):
        source.push(each)
    session.stop()
    assert session.snapshot().health.packets <= MAX_AHEAD_S / session_module.MIN_PACKET_S + 1


def test_a_recording_that_finds_no_room_is_told() -> None:
    def keep(_excerpt: Excerpt) -> None:
        raise SettingError("There is no room.", allowed="1 MB.", remedy="Remove something.")

    session = LiveSession(Seats(1), keep)
    session.begin("webrtc", PlainScorer(), SETTINGS)
    deliver(session)
    session.stop()
    failure = session.take_failure()
    assert isinstance(failure, EarmarkError)
    assert session.take_failure() is None


def test_a_closed_session_keeps_nothing_and_begins_no_more(
    session: LiveSession, kept: Kept
) -> None:
    session.begin("webrtc", PlainScorer(), SETTINGS)
    deliver(session)
    told = threading.Event()
    session.watch(told.set)
    session.close()
    assert kept == []
    assert told.is_set()
    assert session.is_closed
    assert session.snapshot() is None
    assert session.n_bytes == 0
    assert not session.take_seat()


class Failing(PlainScorer):
    """Stands for a classifier whose interpreter breaks at its second window."""

    n_windows = 0

    def score(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        self.n_windows += 1
        if self.n_windows == 2:
            raise RuntimeError("Invoke failed")
        return super().score(windows)


def test_an_error_ends_a_stream_keeps_it_and_another_one_begins(
    session: LiveSession, kept: Kept
) -> None:
    failing = Failing()
    session.begin("webrtc", failing, SETTINGS)
    source = session.source
    for index in range(100):
        source.push(packet(index))
    until(lambda: not session.listening)
    assert isinstance(session.snapshot().error, RuntimeError)
    session.begin("webrtc", failing, SETTINGS)
    assert len(kept) == 1
    assert not session.snapshot().stopped
    session.stop()


def test_a_connection_is_lost_where_sound_stopped_long_before_its_track() -> None:
    clock_s = [time.monotonic()]
    session = LiveSession(Seats(1), lambda _: None, clock=lambda: clock_s[0])
    assert not session.lost
    source = session.begin("webrtc", PlainScorer(), SETTINGS)
    clock_s[0] += 10 * LOST_AFTER_S
    assert not session.lost, "it has not come about yet"
    source.push(replace(packet(0), arrived_at=clock_s[0]))
    clock_s[0] += 0.3  # as long as a track goes on after Stop
    source.end()
    clock_s[0] += 1
    session.stop()
    assert not session.was_lost
    source = session.begin("webrtc", PlainScorer(), SETTINGS)
    source.push(replace(packet(1), arrived_at=clock_s[0]))
    clock_s[0] += 2 * LOST_AFTER_S
    assert session.lost
    source.end()
    session.stop()
    assert session.was_lost
    session.begin("webrtc", PlainScorer(), SETTINGS)
    assert not session.was_lost
    session.stop()


def test_a_forgotten_session_ends_its_thread() -> None:
    session = LiveSession(Seats(1), lambda _: None)
    session.begin("webrtc", PlainScorer(), SETTINGS)
    assert live_threads() == 1
    del session
    gc.collect()
    until(lambda: not live_threads(), within_s=5)


def test_two_threads_that_stop_at_once_keep_one_recording() -> None:
    kept: list[Excerpt] = []

    def keep_slowly(excerpt: Excerpt) -> None:
        time.sleep(0.2)
        kept.append(excerpt)

    session = LiveSession(Seats(1), keep_slowly)
    session.begin("webrtc", PlainScorer(), SETTINGS)
    deliver(session)
    seen: list[int] = []

    def stop() -> None:
        session.stop()
        seen.append(len(kept))

    threads = [threading.Thread(target=stop) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [1, 1, 1]


def test_clock_of_sources_is_trusted_within_bounds() -> None:
    """A sound card may be a little fast for hours without losing anything."""
    fastest: Callable[[float], float] = lambda elapsed_s: 1.001 * elapsed_s  # noqa: E731
    hours_s = 4 * 3_600.0
    allowed_s = session_module.CLOCK_TOLERANCE * hours_s + MAX_AHEAD_S
    assert fastest(hours_s) < allowed_s


def test_two_tabs_that_begin_at_once_have_one_stream(
    session: LiveSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin_stream, n_begun = session._begin_stream, []

    def begin_slowly(*args: object) -> None:
        time.sleep(0.05)
        n_begun.append(1)
        begin_stream(*args)

    monkeypatch.setattr(session, "_begin_stream", begin_slowly)
    scorer = PlainScorer()
    threads = [
        threading.Thread(target=session.begin, args=("websocket", scorer, SETTINGS))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(n_begun) == 1
    session.stop()


def test_a_stream_that_ends_by_itself_leaves_the_seat_of_the_next_one() -> None:
    may_keep = threading.Event()
    clock_s = [time.monotonic()]
    session = LiveSession(Seats(1), lambda _: may_keep.wait(60), clock=lambda: clock_s[0])
    session.begin("webrtc", PlainScorer(), SETTINGS)
    deliver(session)
    ended = session._stream
    clock_s[0] += ABANDONED_AFTER_S + 3
    until(lambda: not session.listening)
    beginning = threading.Thread(target=session.begin, args=("webrtc", PlainScorer(), SETTINGS))
    beginning.start()
    may_keep.set()
    beginning.join()
    ended._thread.join(60)
    assert session.listening
    assert session.has_seat
    session.stop()
