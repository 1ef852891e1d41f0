import gc
import threading
import tracemalloc
import weakref
from dataclasses import replace
from queue import Queue

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.audio import Clip
from models.audio.resampling import Resampler, mix_channels
from models.errors import RecordingError, SettingError
from models.inference import Classifier
from models.live import Gap, LiveSettings, LiveStream, Snapshot
from models.live.worker import ABANDONED_AFTER_S, RELEASED_AFTER_S
from tests.models.live.parts import (
    RATE_HZ,
    WINDOW,
    Clock,
    HeldScorer,
    PlainScorer,
    cut,
    feed,
    in_format,
    live_threads,
    noise,
    until,
)

TAIL_S = 0.5  # sound behind the last window, so that the resampler gives all of it


def n_whole_windows(n_samples: int, hop_samples: int) -> int:
    return 0 if n_samples < WINDOW else 1 + (n_samples - WINDOW) // hop_samples


def heard(stream: LiveStream, n_frames: int) -> Snapshot:
    until(lambda: stream.snapshot().n_frames >= n_frames)
    return stream.snapshot(since=0)


@given(
    sample_rate=st.sampled_from([8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000]),
    sample_format=st.sampled_from(["s16", "s16p", "flt", "fltp"]),
    channels=st.integers(1, 2),
    sizes=st.lists(st.integers(1, 9_600), min_size=1, max_size=8).filter(
        lambda sizes: sum(sizes) > 500 * len(sizes)
    ),
    hop_s=st.floats(0.1, 0.975),
    duration_s=st.floats(0.5, 3.0),
    seed=st.integers(0, 99),
    gain=st.sampled_from([1.0, 3.0]),
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_packets_of_any_kind_give_the_scores_of_the_whole_clip(
    builtin: Classifier,
    sample_rate: int,
    sample_format: str,
    channels: int,
    sizes: list[int],
    hop_s: float,
    duration_s: float,
    seed: int,
    gain: float,
) -> None:
    sound = noise(duration_s + TAIL_S, sample_rate=sample_rate, channels=channels, seed=seed)
    if sample_format.startswith("flt"):  # whole numbers end at full scale
        sound *= gain
    planar = in_format(sound, sample_format.removesuffix("p") + "p")
    resampler = Resampler(RATE_HZ)
    whole = resampler.process(mix_channels(planar)[0], sample_rate)
    clip = Clip.from_samples(np.concatenate((whole, resampler.flush())), RATE_HZ)
    timeline = builtin.classify(clip, hop_s)
    n_frames = n_whole_windows(round(duration_s * RATE_HZ), round(hop_s * RATE_HZ))

    with LiveStream(builtin, LiveSettings(interval_s=hop_s), clock=Clock()) as stream:
        packets = cut(sound, sample_rate=sample_rate, sample_format=sample_format, sizes=sizes)
        feed(stream, packets)
        frames = heard(stream, n_frames).frames
    recording = stream.recording()

    assert stream.snapshot().health.dropped_windows == 0
    np.testing.assert_array_equal(frames.onsets_s, timeline.onsets_s[: len(frames.onsets_s)])
    live, offline = frames.scores[:n_frames], timeline.scores[:n_frames]
    assert len(recording.clip.samples) == len(clip.samples)
    recorded = clip.samples.clip(-1, 1)  # in 16 bits
    np.testing.assert_allclose(recording.clip.samples, recorded, atol=1.01 / 32_768)
    # To the bit, also where it is resampled: soxr works in blocks of its own, however it is fed.
    np.testing.assert_array_equal(live, offline)


def test_sixteen_bit_sound_is_recorded_as_it_was() -> None:
    sound = noise(2.0)
    with LiveStream(PlainScorer(), clock=Clock()) as stream:
        feed(stream, cut(sound))
    recording = stream.recording()
    expected = in_format(sound, "s16")[0] / np.float32(32_768)
    np.testing.assert_array_equal(recording.clip.samples, expected)
    assert (recording.onset_s, recording.gaps) == (0.0, ())
    assert recording.clip.sample_rate == RATE_HZ


def test_lost_sound_is_marked_in_all_that_is_taken() -> None:
    packets = list(cut(noise(8.0)))
    with LiveStream(PlainScorer(), clock=Clock()) as stream:
        feed(stream, packets[:100] + packets[110:300] + packets[303:])
        snapshot, frozen = stream.snapshot(), stream.freeze(last_s=3.0)
    assert stream.recording().gaps == (Gap(2.0, 2.2), Gap(6.0, 6.06))
    assert snapshot.gaps == (Gap(2.0, 2.2), Gap(6.0, 6.06))
    assert snapshot.health.lost_packets == 13
    assert (frozen.onset_s, frozen.clip.duration_s) == (5.0, 3.0)
    assert [(gap.onset_s, gap.offset_s) for gap in frozen.gaps] == [pytest.approx((1.0, 1.06))]


def test_windows_of_nothing_but_lost_sound_are_not_scored() -> None:
    packets = list(cut(noise(8.0)))
    with LiveStream(PlainScorer(), clock=Clock()) as stream:
        feed(stream, packets[:100] + packets[300:])
        frames = heard(stream, 16).frames
    lost = (frames.onsets_s >= 2.0) & (frames.onsets_s + WINDOW / RATE_HZ <= 6.0)
    assert not lost.any()
    assert frames.scores[:, 0].min() > 0


def test_when_it_falls_behind_the_oldest_windows_go() -> None:
    clock, scorer = Clock(), HeldScorer()
    with LiveStream(scorer, clock=clock) as stream:
        for packet in cut(noise(1.0), clock=clock):
            stream.push(packet)
        assert scorer.asked.wait(60)
        clock.now = 5.0
        for packet in cut(noise(5.0), first_pts=RATE_HZ, sizes=(8_000,)):
            clock.now += 0.5
            stream.push(replace(packet, arrived_at=clock.now))
        scorer.go.set()
        until(lambda: list(stream.snapshot().frames.onsets_s) == [5.0])
        snapshot = stream.snapshot(since=0)
    onsets_s = snapshot.frames.onsets_s
    assert snapshot.health.dropped_windows == 21 - len(onsets_s) > 0
    assert list(onsets_s) == sorted(onsets_s)
    assert onsets_s[0] == 0.0
    assert onsets_s[1] >= 3.0  # what arrived over a second ago is gone, what is newer is there
    np.testing.assert_allclose(np.diff(onsets_s[1:]), 0.25)
    assert len(stream.recording().clip.samples) == 6 * RATE_HZ


def test_settings_take_effect_at_once() -> None:
    clock = Clock()
    quiet = LiveSettings(interval_s=0.5, threshold=1.0)
    with LiveStream(PlainScorer(), quiet, clock=clock) as stream:
        feed(stream, cut(noise(4.0)))
        assert not heard(stream, 7).events
        stream.configure(LiveSettings(0.1, threshold=0.2, watched=("Loud", "Rest"), refine=False))
        feed(stream, cut(noise(4.0), first_pts=4 * RATE_HZ))
        snapshot = heard(stream, 45)
        stream.configure(replace(snapshot.settings, gate_dbfs=-1.0))
        feed(stream, cut(noise(1.0), first_pts=8 * RATE_HZ))
        gated = heard(stream, 55)
    frames = snapshot.frames
    assert {label: count > 0 for label, count in snapshot.counts.items()} == {
        "Loud": True,
        "Rest": False,
    }
    assert snapshot.events[0].onset_s == pytest.approx(frames.begins_s[7])
    np.testing.assert_allclose(np.diff(frames.onsets_s[:7]), 0.5)
    np.testing.assert_allclose(np.diff(frames.onsets_s[7:]), 0.1)
    # Whatever the interval: what frames stand for has neither gaps nor overlaps.
    np.testing.assert_allclose(frames.begins_s[1:], frames.ends_s[:-1])
    assert not frames.gated.any()
    assert gated.frames.gated[-10:].all()


@pytest.mark.parametrize(
    "wrong",
    [
        {"interval_s": 0.05},
        {"interval_s": 1.5},
        {"interval_s": float("nan")},
        {"threshold": 1.1},
        {"threshold": 0.3, "offset_threshold": 0.4},
        {"merge_gap_s": -1.0},
        {"gate_dbfs": 3.0},
    ],
)
def test_settings_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(SettingError, match=f"{list(wrong.values())[-1]:g}"):
        LiveSettings(**wrong)


def test_unknown_labels_cannot_be_watched() -> None:
    with LiveStream(PlainScorer()) as stream, pytest.raises(SettingError, match="Dragon"):
        stream.configure(LiveSettings(watched=("Loud", "Dragon")))


def test_a_muted_track_gives_no_events() -> None:
    with LiveStream(PlainScorer(), LiveSettings(threshold=0.0), clock=Clock()) as stream:
        feed(stream, cut(np.zeros((1, 3 * RATE_HZ))))
        snapshot = heard(stream, 9)
    assert snapshot.health.muted
    assert snapshot.frames.gated.all()
    assert not snapshot.events
    assert snapshot.meter.hold_dbfs == -np.inf


def test_a_snapshot_copies_only_what_is_new() -> None:
    with LiveStream(PlainScorer(), clock=Clock()) as stream:
        feed(stream, cut(noise(3.0)))
        everything = heard(stream, 9)
        assert len(stream.snapshot().frames.scores) == 1
        assert len(stream.snapshot(since=everything.n_frames).frames.scores) == 0
        newest = stream.snapshot(since=6).frames
    assert everything.n_frames == 9
    assert (newest.first, len(newest.scores)) == (6, 3)
    np.testing.assert_array_equal(newest.scores, everything.frames.scores[6:])


def test_a_negative_since_counts_from_the_newest_frame() -> None:
    with LiveStream(PlainScorer(), LiveSettings(interval_s=0.25), clock=Clock()) as stream:
        feed(stream, cut(noise(3.0)))
        whole = heard(stream, 8)
        newest = stream.snapshot(since=-3).frames
        assert newest.first == whole.n_frames - 3
        np.testing.assert_array_equal(newest.scores, whole.frames.scores[-3:])
        assert stream.snapshot(since=-10_000).frames.first == 0


def test_each_frame_and_the_end_are_notified() -> None:
    notified: Queue[int] = Queue()
    scorer = HeldScorer()
    holder: list[LiveStream] = []
    told = threading.Event()

    def notify() -> None:
        told.wait(60)
        notified.put(holder[0].snapshot().n_frames)

    with LiveStream(scorer, clock=Clock(), notify=notify) as stream:
        holder.append(stream)
        told.set()
        for packet in cut(noise(1.3)):
            stream.push(packet)
        assert scorer.asked.wait(60)
        assert notified.empty()
        scorer.go.set()
        assert [notified.get(timeout=60) for _ in range(2)] == [1, 2]
    assert notified.get(timeout=60) == 2
    assert stream.snapshot().stopped
    assert notified.empty()


def test_news_are_what_a_cursor_does_not_know() -> None:
    with LiveStream(PlainScorer(), LiveSettings(threshold=0.1), clock=Clock()) as stream:
        feed(stream, cut(noise(3.0)))
        whole = heard(stream, 9)
        nothing = stream.news(whole.cursor)
        assert len(nothing.frames.scores) == len(nothing.waveform.extremes) == 0
        assert all(event.is_open for event in nothing.events)
        feed(stream, cut(noise(1.0), first_pts=3 * RATE_HZ))
        until(lambda: stream.snapshot().n_frames >= 13)
        news = stream.news(whole.cursor)
        again = stream.snapshot(since=0)
    assert (news.frames.first, len(news.frames.scores)) == (9, 4)
    assert news.waveform.first == len(whole.waveform.extremes)
    together = np.concatenate((whole.waveform.extremes, news.waveform.extremes))
    np.testing.assert_array_equal(together, again.waveform.extremes)


def test_packets_that_are_joined_count_one_by_one() -> None:
    packets = list(cut(noise(4.0)))
    with LiveStream(PlainScorer(), clock=Clock()) as stream:
        feed(stream, packets[:100] + packets[105:])
        health = stream.snapshot().health
    assert (health.packets, health.lost_packets) == (195, 5)


def test_waveform_and_meter_are_those_of_the_sound() -> None:
    sound = noise(12.0)
    sound[0, -800:] = 0.25
    with LiveStream(PlainScorer(), clock=Clock()) as stream:
        feed(stream, cut(sound, sizes=(7, 1_000, 333)))
        snapshot = stream.snapshot()
    samples = stream.recording().clip.samples
    waveform, stretches = snapshot.waveform, samples[-160_000:].reshape(500, 320)
    assert (waveform.first, waveform.step_s) == (100, 0.02)
    np.testing.assert_array_equal(waveform.extremes[:, 0], stretches.min(axis=1))
    np.testing.assert_array_equal(waveform.extremes[:, 1], stretches.max(axis=1))
    quarter = 20 * np.log10(0.25)
    levels = (snapshot.meter.peak_dbfs, snapshot.meter.rms_dbfs)
    assert levels == pytest.approx((quarter, quarter), abs=0.01)
    loudest = np.abs(samples[-2 * RATE_HZ :]).max()
    assert snapshot.meter.hold_dbfs == pytest.approx(20 * np.log10(loudest), abs=0.01)


def test_health_tells_what_comes_in() -> None:
    clock = Clock()
    with LiveStream(PlainScorer(), clock=clock) as stream:
        before = stream.snapshot()
        assert before.health.score_age_s is None
        assert not before.health.ended
        sound = noise(4.0, sample_rate=48_000, channels=2)
        for packet in cut(sound, sample_rate=48_000, sizes=(960,)):
            clock.now += 0.02
            feed(stream, [replace(packet, arrived_at=clock.now)])
        clock.now += 0.25
        health = heard(stream, 12).health
    assert (health.sample_rate, health.sample_format, health.channels) == (48_000, "s16", 2)
    assert (health.model_sample_rate, health.packets) == (RATE_HZ, 200)
    assert health.packets_per_s == pytest.approx(44, abs=1.01)
    assert health.score_age_s is not None
    assert 0.25 <= health.score_age_s <= 0.6
    assert 0 < health.inference_p50_s <= health.inference_p95_s
    assert (health.dropped_windows, health.lost_packets, health.muted) == (0, 0, False)


def test_time_of_day_follows_the_sound() -> None:
    clock = Clock()
    clock.now = 100.0
    with LiveStream(PlainScorer(), LiveSettings(threshold=0.5), clock=clock) as stream:
        silence_then_noise = np.concatenate((np.zeros((1, 2 * RATE_HZ)), noise(2.0)), axis=1)
        for packet in cut(silence_then_noise):
            clock.now += 0.02
            feed(stream, [replace(packet, arrived_at=clock.now)])
        snapshot = heard(stream, 13)
    assert snapshot.began_at is not None
    event = snapshot.events[0]
    assert event.heard_at - snapshot.began_at == pytest.approx(event.onset_s, abs=0.03)
    assert stream.recording().began_at == pytest.approx(snapshot.began_at, abs=0.03)
    assert stream.freeze(1.0).began_at == pytest.approx(snapshot.began_at + 3, abs=0.03)


def test_a_stream_ends_without_packets_and_goes_on_with_them() -> None:
    clock = Clock()
    with LiveStream(PlainScorer(), clock=clock) as stream:
        feed(stream, cut(noise(1.0)))
        assert not stream.snapshot().health.ended
        clock.now = 2.5
        assert stream.snapshot().health.ended
        feed(stream, cut(noise(1.0), first_pts=round(2.5 * RATE_HZ), clock=clock))
        snapshot = heard(stream, 8)
    assert not snapshot.health.ended
    assert snapshot.duration_s == pytest.approx(3.5)
    assert snapshot.gaps == (Gap(1.0, 2.5),)


def test_nothing_can_be_taken_before_there_is_sound() -> None:
    with LiveStream(PlainScorer()) as stream:
        for take in (stream.freeze, stream.recording):
            with pytest.raises(RecordingError, match="No sound"):
                take()


def test_stopping_frees_the_classifier_and_keeps_the_sound() -> None:
    scorer = PlainScorer()
    kept = weakref.ref(scorer)
    stream = LiveStream(scorer, LiveSettings(threshold=0.1), clock=Clock())
    feed(stream, cut(noise(2.0)))
    assert any(event.is_open for event in heard(stream, 5).events)
    del scorer
    stream.stop()
    stream.stop()
    until(lambda: gc.collect() >= 0 and kept() is None)
    assert not live_threads()
    stream.push(next(cut(noise(0.02))))
    snapshot = stream.snapshot(since=0)
    assert (snapshot.stopped, snapshot.health.ended, snapshot.error) == (True, True, None)
    assert len(snapshot.frames.scores) == 5
    assert not any(event.is_open for event in snapshot.events)
    assert stream.recording().clip.duration_s == stream.freeze().clip.duration_s == 2.0


def test_a_stream_that_nobody_holds_leaves_no_thread() -> None:
    scorer = PlainScorer()
    kept = weakref.ref(scorer)
    stream = LiveStream(scorer, clock=Clock())
    feed(stream, cut(noise(2.0)))
    inlet = stream.inlet  # all that a WebRTC connection needs, which may live on for long
    assert live_threads() == 1
    del stream, scorer
    gc.collect()
    until(lambda: not live_threads(), within_s=5)
    assert kept() is None
    inlet.push(next(cut(noise(0.02))))
    assert len(inlet) == 0


@pytest.mark.parametrize("released", [False, True])
def test_a_stream_without_packets_ends(released: bool) -> None:
    patience_s = RELEASED_AFTER_S if released else ABANDONED_AFTER_S
    clock = Clock()
    with LiveStream(PlainScorer(), clock=clock) as stream:
        feed(stream, cut(noise(2.0)))
        clock.now = patience_s - 1
        stream.snapshot()
        feed(stream, cut(noise(0.02), first_pts=2 * RATE_HZ, clock=clock))
        if released:
            stream.release()
        clock.now += patience_s - 1
        assert live_threads() == 1
        assert not stream.snapshot().stopped
        clock.now += 2
        until(lambda: not live_threads(), within_s=5)
        assert stream.snapshot().stopped
        assert stream.recording().clip.duration_s == 2.02


def test_an_error_ends_its_stream_and_no_other(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(PlainScorer):
        def score(self, windows: np.ndarray) -> np.ndarray:
            raise ArithmeticError(f"{len(windows)} too many")

    with LiveStream(Broken()) as broken, LiveStream(PlainScorer(), clock=Clock()) as whole:
        feed(broken, cut(noise(2.0)))
        until(lambda: broken.snapshot().stopped)
        feed(whole, cut(noise(2.0)))
        assert heard(whole, 5).error is None
        error = broken.snapshot().error
        assert isinstance(error, ArithmeticError)
        assert error.__traceback__ is None  # through which it would hold the classifier
        assert broken.recording().clip.duration_s > 0
    assert len([record for record in caplog.records if record.exc_info]) == 1


def test_a_packet_that_cannot_be_read_is_an_error() -> None:
    with LiveStream(PlainScorer()) as stream:
        stream.push(replace(next(cut(noise(0.02))), sample_format="mystery"))
        until(lambda: stream.snapshot().stopped)
    assert isinstance(stream.snapshot().error, RecordingError)


def test_a_long_session_takes_no_more_memory() -> None:
    half_minute = np.tile(noise(1.0), 30)
    with LiveStream(PlainScorer(), clock=Clock()) as stream:
        for number in range(30):
            if number == 22:  # by now everything is full
                tracemalloc.start()
            n_before = number * 30 * RATE_HZ
            feed(stream, cut(half_minute, sizes=(8_000,), first_pts=n_before))
            snapshot = heard(stream, n_whole_windows(n_before + 30 * RATE_HZ, 4_000))
        grown, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        recording = stream.recording()
    assert grown < 2e6 + snapshot.frames.scores.nbytes
    assert snapshot.duration_s == pytest.approx(900)
    assert (recording.onset_s, recording.clip.duration_s) == (300.0, 600.0)
    assert snapshot.n_frames == 3_597
    assert snapshot.frames.first == 3_597 - 2_400
    assert len(snapshot.frames.scores) == 2_400
    assert snapshot.health.dropped_windows == 0
