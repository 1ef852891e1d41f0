from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.events import find_events
from models.events.timeline import Timeline
from models.live import HeardEvent, LiveSettings
from models.live.event_log import EventLog
from models.live.frames import Frame
from tests.models.live.parts import LABELS

HOP_S = 0.25
WINDOW_S = 0.975

rows = st.lists(
    st.lists(st.integers(0, 10), min_size=3, max_size=3), min_size=1, max_size=40
)  # tenths


def frames(scores: np.ndarray, gated: tuple[int, ...] = ()) -> list[Frame]:
    centres = np.arange(len(scores)) * HOP_S + WINDOW_S / 2
    return [
        Frame(
            onset_s=centre - WINDOW_S / 2,
            begin_s=centre - HOP_S / 2 if number else 0.0,
            end_s=centre + HOP_S / 2,
            rms_dbfs=-20.0,
            gated=number in gated,
            scores=row,
        )
        for number, (centre, row) in enumerate(zip(centres, scores, strict=True))
    ]


def hear(heard: list[Frame], settings: LiveSettings, *, finish: bool = True) -> list[HeardEvent]:
    log = EventLog(LABELS)
    for frame in heard:
        log.hear(frame, 1_000 + frame.begin_s, settings)
    if finish:
        log.finish()
    return list(log.events())


def loudness(*scores: float) -> np.ndarray:
    return np.array([[score, 0, 0] for score in scores], np.float32)


@given(tenths=rows, threshold=st.integers(1, 10), gap_frames=st.integers(0, 3))
def test_events_are_those_of_the_whole_timeline(
    tenths: list[list[int]], threshold: int, gap_frames: int
) -> None:
    scores = np.array(tenths, np.float32) / 10
    heard = frames(scores)
    timeline = Timeline(
        scores=scores,
        onsets_s=np.array([frame.onset_s for frame in heard]),
        window_s=WINDOW_S,
        hop_s=HOP_S,
        labels=LABELS,
        duration_s=heard[-1].end_s,
    )
    gap_s = gap_frames * HOP_S
    expected = find_events(timeline, threshold / 10, merge_gap_s=gap_s)
    settings = LiveSettings(threshold=threshold / 10, merge_gap_s=gap_s)
    found = sorted(hear(heard, settings), key=lambda event: (event.onset_s, event.offset_s))
    key = sorted((e.label, e.onset_s, e.offset_s, e.peak, e.mean) for e in expected)
    got = sorted((e.label, e.onset_s, e.offset_s, e.peak, e.mean) for e in found)
    assert len(got) == len(key)
    for one, other in zip(got, key, strict=True):
        assert one[0] == other[0]
        assert one[1:] == pytest.approx(other[1:], abs=1e-6)
    assert all(event.heard_at == pytest.approx(1_000 + event.onset_s) for event in found)


def test_an_event_begins_and_ends_at_the_lower_level() -> None:
    scores = loudness(0.1, 0.35, 0.8, 0.4, 0.35, 0.1, 0.35, 0.1)
    settings = LiveSettings(threshold=0.7, offset_threshold=0.3, merge_gap_s=0)
    heard = frames(scores)
    (event,) = hear(heard, settings)
    assert (event.onset_s, event.offset_s) == (heard[1].begin_s, heard[4].end_s)
    assert event.peak == pytest.approx(0.8)


def test_an_open_event_grows_and_keeps_its_number() -> None:
    settings = LiveSettings(threshold=0.5)
    heard = frames(loudness(0.9, 0.9, 0.9))
    (young,) = hear(heard[:1], settings, finish=False)
    (old,) = hear(heard, settings, finish=False)
    assert young.is_open and old.is_open
    assert (young.number, young.onset_s) == (old.number, old.onset_s)
    assert young.offset_s < old.offset_s
    (ended,) = hear(heard, settings)
    assert replace(old, is_open=False) == ended


def test_gated_frames_give_no_events() -> None:
    settings = LiveSettings(threshold=0.5, merge_gap_s=0)
    heard = frames(loudness(0.9, 0.9, 0.9, 0.9), gated=(0, 2, 3))
    (event,) = hear(heard, settings)
    assert (event.onset_s, event.offset_s) == (heard[1].begin_s, heard[1].end_s)


def test_an_interval_that_was_dropped_ends_an_event() -> None:
    settings = LiveSettings(threshold=0.5, merge_gap_s=0.5)
    heard = frames(loudness(*[0.9] * 10))
    assert len(hear(heard[:3] + heard[4:], settings)) == 1
    assert len(hear(heard[:3] + heard[8:], settings)) == 2


def test_events_are_counted_whoever_watches() -> None:
    log = EventLog(LABELS)
    for frame in frames(loudness(0.9, 0.1, 0.9, 0.1, 0.9)):
        log.hear(frame, 0.0, LiveSettings(threshold=0.5, merge_gap_s=0))
    assert (log.count("Loud"), log.count("Rest")) == (3, 0)
