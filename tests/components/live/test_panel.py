import base64
from collections.abc import Iterator

import numpy as np
import pytest

from components.live.panel import INVITATION, health_entries, panel_data
from components.live.settings import LiveViewSettings
from components.palette import LIGHT
from models.live import (
    Frames,
    Health,
    HeardEvent,
    LiveSettings,
    Meter,
    Snapshot,
    Waveform,
)

LABELS = ("Speech", "Dog", "Siren", "Wind")
HEALTHY = Health(
    sample_rate=48_000,
    sample_format="s16",
    channels=2,
    model_sample_rate=16_000,
    packets=500,
    packets_per_s=50.0,
    packet_age_s=0.01,
    score_age_s=0.12,
    inference_p50_s=0.003,
    inference_p95_s=0.006,
    pending_windows=0,
    buffered_packets=0,
    dropped_windows=0,
    lost_packets=0,
    muted=False,
    ended=False,
)


def snapshot(**changes: object) -> Snapshot:
    scores = np.array([[0.1, 0.9, 0.0, 0.2], [0.8, 0.2, 0.0, 0.3]], np.float32)
    begins_s = np.array([0.3, 0.55])
    frames = Frames(
        0, begins_s - 0.3, begins_s, begins_s + 0.25, np.zeros(2), np.zeros(2, bool), scores
    )
    defaults: dict[str, object] = {
        "duration_s": 1.2,
        "began_at": 1e9,
        "n_frames": 2,
        "frames": frames,
        "events": (
            HeardEvent(0, "Dog", 0.3, 0.55, 1e9 + 0.3, 0.9, 0.9, is_open=False),
            HeardEvent(1, "Speech", 0.55, 0.8, 1e9 + 0.55, 0.8, 0.8, is_open=True),
        ),
        "counts": {"Speech": 1},
        "meter": Meter(-6.0, -12.0, -3.0),
        "waveform": Waveform(0, 0.02, np.array([[-0.5, 0.5], [-1.0, 1.0]], np.float32)),
        "gaps": (),
        "health": HEALTHY,
        "settings": LiveSettings(),
        "stopped": False,
        "error": None,
    }
    return Snapshot(**{**defaults, **changes})


def data(given: Snapshot | None, **view: object) -> dict[str, object]:
    settings = LiveViewSettings(**{"n_results": 2, **view})
    return panel_data(given, LABELS, settings, LIGHT, connection="connected")


def unpacked(text: str, kind: type) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), kind)


def test_before_start_it_invites_and_shows_nothing() -> None:
    empty = data(None)
    assert empty["notice"] == INVITATION
    assert empty["top"] == []
    assert not empty["running"]
    assert set(empty) == set(data(snapshot()))


def test_the_newest_frame_gives_the_bars() -> None:
    speech, wind = LIGHT.category("Speech"), LIGHT.category("Wind")
    assert data(snapshot())["top"] == [("Speech", 0.8, speech), ("Wind", 0.3, wind)]


def test_lanes_hold_what_stood_out_in_the_models_order() -> None:
    shown = data(snapshot())
    assert shown["lanes"] == ["Speech", "Dog"]
    assert shown["lane_colours"] == [LIGHT.category("Speech"), LIGHT.category("Dog")]
    cells = unpacked(shown["cells"], np.uint8).reshape(2, 2)
    np.testing.assert_array_equal(cells, [[26, 204], [230, 51]])
    np.testing.assert_allclose(unpacked(shown["begins"], "<f4"), [0.3, 0.55], rtol=1e-6)
    np.testing.assert_allclose(unpacked(shown["ends"], "<f4"), [0.55, 0.8], rtol=1e-6)


def test_the_waveform_keeps_its_extremes() -> None:
    shown = data(snapshot())
    np.testing.assert_array_equal(unpacked(shown["wave"], np.int8), [-64, 64, -127, 127])
    assert (shown["wave_onset_s"], shown["wave_step_s"]) == (0.0, 0.02)


def test_the_log_has_the_newest_first() -> None:
    events = data(snapshot())["events"]
    assert [event["label"] for event in events] == ["Speech", "Dog"]
    assert events[0]["open"]
    assert events[1] == {
        "at": 1e9 + 0.3,
        "label": "Dog",
        "lasted": "0.25 s",
        "peak": 0.9,
        "open": False,
    }


@pytest.mark.parametrize(
    ("watched", "duration_s", "alert"),
    [
        ((), 1.2, ""),
        (("Siren",), 1.2, ""),
        (("Speech",), 1.2, "Heard: Speech"),
        (("Dog", "Speech"), 1.2, "Heard: Dog, Speech"),
        (("Dog",), 9.0, ""),
    ],
)
def test_a_watched_class_raises_an_alert_while_it_is_heard(
    watched: tuple[str, ...], duration_s: float, alert: str
) -> None:
    shown = data(snapshot(duration_s=duration_s), watched=watched)
    assert shown["alert"] == alert
    assert [chip["label"] for chip in shown["watched"]] == list(watched)


def test_below_the_gate_nothing_is_heard() -> None:
    given = snapshot()
    gated = Frames(**{**vars(given.frames), "gated": np.array([False, True])})
    shown = data(snapshot(frames=gated), gate_dbfs=-20.0)
    assert shown["top"] == []
    assert shown["gate_dbfs"] == -20.0
    assert unpacked(shown["cells"], np.uint8).reshape(2, 2)[:, 1].tolist() == [0, 0]


def test_digital_silence_has_no_place_on_the_meter() -> None:
    level = data(snapshot(meter=Meter(-np.inf, -np.inf, -np.inf)))["level"]
    assert level == {"rms_dbfs": None, "peak_dbfs": None, "text": "−∞ dBFS"}


def test_muting_is_not_called_silence() -> None:
    muted = Health(**{**vars(HEALTHY), "muted": True})
    assert "Muted by you" in data(snapshot(health=muted))["notice"]


def warned(**changes: object) -> Iterator[str]:
    health = Health(**{**vars(HEALTHY), **changes})
    return (name for name, _, state in health_entries(health, "connected") if state == "warn")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"packets_per_s": 12.0}, ["Packets"]),
        ({"score_age_s": 3.0}, ["Newest score"]),
        ({"dropped_windows": 2, "lost_packets": 1}, ["Dropped windows", "Lost packets"]),
        ({"ended": True}, ["Connection"]),
    ],
)
def test_the_health_strip_warns_of_what_is_wrong(
    changes: dict[str, object], expected: list[str]
) -> None:
    assert list(warned(**changes)) == expected
