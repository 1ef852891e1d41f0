import json
import struct
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from components.server import live_messages
from components.server.live_messages import (
    FAINTEST,
    LOG_ROWS,
    MAX_SHOWN,
    health_entries,
    write_message,
)
from models.events import taxonomy
from models.live import (
    Cursor,
    Frames,
    Health,
    HeardEvent,
    LiveSettings,
    Meter,
    News,
    Snapshot,
    Waveform,
)

LABELS = ("Dog", "Speech", *(f"Other {n}" for n in range(18)))


def frames_of(scores: NDArray[np.float32], gated: Sequence[int] = ()) -> Frames:
    count = len(scores)
    begins_s = 0.25 * np.arange(count)
    is_gated = np.isin(np.arange(count), gated)
    return Frames(0, begins_s, begins_s, begins_s + 0.25, 0 * begins_s, is_gated, scores)


def event(number: int, **changes: object) -> HeardEvent:
    made = HeardEvent(number, "Dog", 1.0, 2.5, 1_700_000_000.0, 0.876, 0.5, False)
    return replace(made, **changes)


HEALTH = Health(48_000, "s16", 2, 16_000, 500, 49.8, 0.12, 0.003, 0.005, 0, 0, 0, False, False)


def news_of(**changes: object) -> News:
    scores = np.zeros((3, len(LABELS)), np.float32)
    scores[:, 1] = (0.1, 0.5, 0.9)
    extremes = np.array([[-1.0, 1.0], [-0.5, 0.25]], np.float32)
    snapshot = Snapshot(
        duration_s=1.5,
        began_at=1_700_000_000.0,
        n_frames=3,
        frames=frames_of(scores),
        events=(event(0),),
        n_events=1,
        counts={"Dog": 2},
        meter=Meter(-3.0, -12.34, -1.0),
        waveform=Waveform(40, 0.02, extremes),
        gaps=(),
        health=HEALTH,
        settings=LiveSettings(gate_dbfs=-50.0),
        stopped=False,
        error=None,
        cursor=Cursor(3, 1, 42),
    )
    of_snapshot = {name: changes.pop(name) for name in list(changes) if hasattr(snapshot, name)}
    made = News(7, True, True, False, False, "webrtc", 3, LABELS, replace(snapshot, **of_snapshot))
    return replace(made, **changes)


def read(message: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Read a message as panel.js does."""
    (size,) = struct.unpack_from("<I", message)
    assert size % 4 == 0
    header = json.loads(message[4 : 4 + size])
    n_frames, n_scores = header.get("n_frames", 0), header.get("n_scores", 0)
    layout = {
        "begins": ("<f4", n_frames),
        "ends": ("<f4", n_frames),
        "counts": ("<u2", n_frames),
        "classes": ("<u2", n_scores),
        "scores": ("<u2", n_scores),
        "wave": ("i1", 2 * header.get("n_stretches", 0)),
    }
    arrays, at = {}, 4 + size
    for name, (kind, length) in layout.items():
        arrays[name] = np.frombuffer(message, kind, length, at)
        assert at % arrays[name].itemsize == 0, "a typed array begins at a multiple of its size"
        at += arrays[name].nbytes
    assert at == len(message)
    return header, arrays


def test_a_message_holds_what_is_new_with_its_labels() -> None:
    header, arrays = read(write_message(news_of()))
    assert header["labels"] == list(LABELS)
    assert header["categories"] == [taxonomy.category(label) for label in LABELS]
    np.testing.assert_allclose(arrays["begins"], [0, 0.25, 0.5])
    np.testing.assert_allclose(arrays["ends"], [0.25, 0.5, 0.75])
    assert list(arrays["wave"]) == [-127, 127, -64, 32]
    assert header["wave_first"] == 40
    assert header["level"] == {"rms_dbfs": -12.3, "peak_dbfs": -1.0, "text": "−12.3 dBFS"}
    assert header["gate_dbfs"] == -50
    (first,) = header["events"]
    assert (first["number"], first["label"], first["peak"], first["open"]) == (
        0,
        "Dog",
        0.88,
        False,
    )


def test_labels_come_once() -> None:
    header, _ = read(write_message(news_of(is_new=False)))
    assert "labels" not in header
    assert len(write_message(news_of(is_new=False))) < 1_500


def test_of_each_frame_the_strongest_scores_are_sent() -> None:
    generator = np.random.default_rng(0)
    scores = generator.uniform(0, 1, (40, 521)).astype(np.float32) ** 8
    header, arrays = read(write_message(news_of(frames=frames_of(scores, gated=[5]))))
    assert header["n_frames"] == 40
    ends = np.cumsum(arrays["counts"])
    for number, (first, end) in enumerate(zip([0, *ends], ends, strict=False)):
        row, classes = scores[number], arrays["classes"][first:end]
        if number == 5:
            assert len(classes) == 0
            continue
        assert len(classes) >= MAX_SHOWN
        assert set(np.flatnonzero(row >= FAINTEST)) <= set(classes)
        np.testing.assert_allclose(
            arrays["scores"][first:end] / 65_535, row[classes], atol=0.5 / 65_535
        )
        unsent = np.delete(row, classes)
        assert unsent.max(initial=0) <= row[classes].min()


def test_a_model_of_few_classes_sends_them_all() -> None:
    scores = np.array([[0.0, 0.5]], np.float32)
    _, arrays = read(write_message(news_of(frames=frames_of(scores), labels=("A", "B"))))
    assert list(arrays["classes"]) == [0, 1]


def test_frames_older_than_the_timeline_and_events_beyond_the_log_stay_away() -> None:
    scores = np.full((600, 2), 0.5, np.float32)
    events = tuple(event(number) for number in range(250))
    header, arrays = read(write_message(news_of(frames=frames_of(scores), events=events)))
    assert arrays["ends"][-1] - arrays["ends"][0] <= live_messages.TIMELINE_S
    assert [one["number"] for one in header["events"]] == list(range(250 - LOG_ROWS, 250))


def test_before_the_first_stream_there_is_nothing() -> None:
    header, arrays = read(
        write_message(replace(news_of(), stream=0, listening=False, snapshot=None))
    )
    assert header["running"] is False
    assert all(len(array) == 0 for array in arrays.values())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "Listening by WebRTC."),
        ({"way": "websocket"}, "Listening by WebSocket."),
        ({"health": replace(HEALTH, packets=0)}, "Connecting"),
        ({"health": replace(HEALTH, muted=True)}, "Muted by you"),
        ({"health": replace(HEALTH, ended=True)}, "No sound arrives any more"),
        ({"error": ArithmeticError()}, "something went wrong here"),
        ({"listening": False, "was_lost": True}, "connection to your microphone was lost"),
        ({"listening": False, "lost_seat": True}, "another visitor has taken your place"),
    ],
)
def test_the_banner_says_how_it_goes(changes: dict[str, Any], words: str) -> None:
    header, _ = read(write_message(news_of(**changes)))
    assert words in header["notice"]


def test_after_stop_nothing_is_the_matter() -> None:
    stopped = news_of(listening=False, stopped=True, health=replace(HEALTH, ended=True))
    header, _ = read(write_message(stopped))
    assert header["notice"] == ""
    assert not any(state for _, _, state in header["health"])


def test_health_says_which_way_and_warns() -> None:
    entries = {name: (value, state) for name, value, state in health_entries(HEALTH, news_of())}
    assert entries["Connection"] == ("connected by WebRTC", "")
    assert entries["Received"] == ("48 kHz stereo", "")
    assert entries["Packets"] == ("50 per s", "")
    assert not any(state for _, state in entries.values())
    bad = replace(
        HEALTH, packets_per_s=12.0, score_age_s=3.0, dropped_windows=4, lost_packets=2, ended=True
    )
    warned = {name for name, _, state in health_entries(bad, news_of()) if state}
    assert warned == {"Connection", "Packets", "Newest score", "Dropped windows", "Lost packets"}


@pytest.mark.parametrize(
    ("changes", "words", "connection"),
    [
        ({}, "Playing a recording.", "playing"),
        ({"packets": 0}, "The browser loads the recording.", "waiting for the browser"),
        ({"ended": True}, "does not play the recording", "waiting for the browser"),
        ({"muted": True}, "Playing a recording.", "playing"),
    ],
)
def test_a_recording_that_plays_is_no_microphone(
    changes: dict[str, Any], words: str, connection: str
) -> None:
    news = news_of(way="playback", health=replace(HEALTH, **changes))
    assert words in live_messages.notice(news)
    entries = {name: value for name, value, _ in health_entries(news.snapshot.health, news)}
    assert entries["Connection"] == connection
