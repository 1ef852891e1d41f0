"""The panel that moves while it listens: its data from a snapshot, and the component itself.

The component is drawn anew by nobody: each refresh hands it all that is to be seen, some ten
kilobytes, and its script moves on what is there (see panel.js).
"""

import base64
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from components import text
from components.live.settings import LiveViewSettings
from components.palette import Palette
from models.live import Frames, Health, HeardEvent, Snapshot, Waveform

TIMELINE_S = 60.0
"""Stretch of the class timeline, as in panel.js."""

INVITATION = "Press Start listening, and allow the microphone when the browser asks."

LOG_ROWS = 100
"""Events sent at a time, the newest."""

ALERT_S = 2.0
"""How long an alert stands after its event ended: time to read it."""

SLUGGISH_S = 1.0
"""Age of the newest score from which the strip warns."""

SPARSE_PACKETS_PER_S = 40
"""Packets per second below which the strip warns: WebRTC sends 50 (20 ms each, RFC 7587)."""

_FOLDER = Path(__file__).parent


@cache
def _source(file_name: str) -> str:
    return (_FOLDER / file_name).read_text(encoding="utf-8")


def _mount(name: str, data: dict[str, Any] | None = None) -> None:
    # Declared at each use, which costs nothing when nothing changed: Streamlit 1.65 knows only
    # the components that its own server was told of, not those of an earlier one.
    html, css, js = (_source(f"{name}.{kind}") for kind in ("html", "css", "js"))
    component = st.components.v2.component(f"earmark_{name}", html=html, css=css, js=js)
    component(key=f"live-{name}", data=data)


def show_panel(data: dict[str, Any]) -> None:
    """Draw the panel, or hand it what is new."""
    _mount("panel", data)


def show_preflight() -> None:
    """Say before Start what stands in the way of a microphone, where something does."""
    _mount("preflight")


def panel_data(
    snapshot: Snapshot | None,
    labels: Sequence[str],
    view: LiveViewSettings,
    palette: Palette,
    *,
    connection: str,
) -> dict[str, Any]:
    """Put a snapshot into the form that panel.js draws.

    Parameters
    ----------
    snapshot : Snapshot or None
        With the frames of the last minute; None before the first Start.
    labels : sequence of str
        The model's.
    view : LiveViewSettings
        How much of it to show.
    palette : Palette
        Colours of the page's theme.
    connection : str
        How far the connection is, in words.
    """
    look = _look(palette)
    if snapshot is None:
        return {**_EMPTY, "palette": look, "notice": INVITATION, "threshold": view.threshold}
    lanes = _lanes(snapshot.frames, view.n_results)
    return {
        "running": not snapshot.stopped and not snapshot.health.ended,
        "clock_s": snapshot.duration_s,
        "palette": look,
        "notice": _notice(snapshot),
        "alert": _alert(snapshot, view.watched),
        "threshold": view.threshold,
        "gate_dbfs": view.gate_dbfs,
        "level": _level(snapshot),
        "top": _top(snapshot.frames, labels, view.n_results, palette),
        "lanes": [labels[lane] for lane in lanes],
        "lane_colours": [palette.category(labels[lane]) for lane in lanes],
        **_timeline(snapshot.frames, lanes),
        **_wave(snapshot.waveform),
        "events": [_event(event) for event in snapshot.events[: -LOG_ROWS - 1 : -1]],
        "n_events": len(snapshot.events),
        "watched": [_watched(snapshot, label) for label in view.watched],
        "health": health_entries(snapshot.health, connection),
    }


_EMPTY: dict[str, Any] = {
    "running": False,
    "clock_s": 0.0,
    "alert": "",
    "gate_dbfs": None,
    "level": {"rms_dbfs": None, "peak_dbfs": None, "text": ""},
    "top": [],
    "lanes": [],
    "lane_colours": [],
    "cells": "",
    "begins": "",
    "ends": "",
    "wave": "",
    "wave_onset_s": 0.0,
    "wave_step_s": 1.0,
    "events": [],
    "n_events": 0,
    "watched": [],
    "health": [],
}


def _look(palette: Palette) -> dict[str, Any]:
    names = ("text", "muted", "grid", "sound", "score", "lane", "warn")
    colours = {name: getattr(palette, name) for name in names}
    return {"colours": {**colours, "on-score": palette.on_score}}


def _notice(snapshot: Snapshot) -> str:
    if snapshot.error is not None:
        return "Listening ended because something went wrong here. Press Stop, then Start again."
    if snapshot.health.muted:
        return "Muted by you: the microphone is on, and sends nothing but digital silence."
    if snapshot.health.ended and snapshot.health.packets:
        return "No sound arrives any more. Press Stop, then Start again."
    return ""


def _alert(snapshot: Snapshot, watched: Sequence[str]) -> str:
    heard = [label for label in watched if _is_active(snapshot, label)]
    return f"Heard: {', '.join(heard)}" if heard else ""


def _is_active(snapshot: Snapshot, label: str) -> bool:
    newest = next((event for event in reversed(snapshot.events) if event.label == label), None)
    if newest is None:
        return False
    return newest.is_open or snapshot.duration_s - newest.offset_s < ALERT_S


def _watched(snapshot: Snapshot, label: str) -> dict[str, Any]:
    count = snapshot.counts.get(label, 0)
    return {"label": label, "count": count, "active": _is_active(snapshot, label)}


def _level(snapshot: Snapshot) -> dict[str, Any]:
    meter = snapshot.meter
    return {
        "rms_dbfs": _finite(meter.rms_dbfs),
        "peak_dbfs": _finite(meter.hold_dbfs),
        "text": text.level(meter.rms_dbfs),
    }


def _finite(dbfs: float) -> float | None:
    return round(dbfs, 1) if np.isfinite(dbfs) else None


def _top(
    frames: Frames, labels: Sequence[str], count: int, palette: Palette
) -> list[tuple[str, float, str]]:
    """Label, score and colour of the best classes now."""
    if len(frames.scores) == 0 or frames.gated[-1]:
        return []
    newest = frames.scores[-1]
    best = np.argsort(-newest, kind="stable")[:count]
    return [
        (labels[index], round(float(newest[index]), 3), palette.category(labels[index]))
        for index in best
    ]


def _lanes(frames: Frames, count: int) -> list[int]:
    """Choose what stood out, in the model's order: so a lane keeps its place."""
    if len(frames.scores) == 0:
        return []
    best = np.argsort(-frames.scores.max(axis=0), kind="stable")[:count]
    return sorted(int(index) for index in best)


def _timeline(frames: Frames, lanes: Sequence[int]) -> dict[str, str]:
    cells = np.where(frames.gated[:, None], 0, frames.scores[:, list(lanes)])
    return {
        "cells": _packed(np.rint(cells.T * 255), np.uint8),
        "begins": _packed(frames.begins_s, np.float32),
        "ends": _packed(frames.ends_s, np.float32),
    }


def _wave(waveform: Waveform) -> dict[str, Any]:
    return {
        "wave": _packed(np.rint(waveform.extremes * 127), np.int8),
        "wave_onset_s": waveform.first * waveform.step_s,
        "wave_step_s": waveform.step_s,
    }


def _packed(values: NDArray[Any], kind: type[np.generic]) -> str:
    """Little-endian bytes as base64: a quarter of what the numbers would take as JSON."""
    content = np.ascontiguousarray(values, dtype=np.dtype(kind).newbyteorder("<")).tobytes()
    return base64.b64encode(content).decode("ascii")


def _event(event: HeardEvent) -> dict[str, Any]:
    return {
        "at": event.heard_at,
        "label": event.label,
        "lasted": text.duration(event.offset_s - event.onset_s),
        "peak": round(event.peak, 2),
        "open": event.is_open,
    }


def health_entries(health: Health, connection: str) -> list[tuple[str, str, str]]:
    """Say how it goes: name, value, and ``warn`` where something is not as it should be.

    Parameters
    ----------
    health : Health
        Of the stream.
    connection : str
        How far the connection is, in words.
    """
    received = "nothing yet"
    if health.sample_rate is not None and health.channels is not None:
        received = f"{text.rate(health.sample_rate)} {text.channels(health.channels)}"
    is_sparse = health.packets_per_s < SPARSE_PACKETS_PER_S
    is_late = health.score_age_s is not None and health.score_age_s > SLUGGISH_S
    return [
        ("Connection", connection, "warn" if health.ended and health.packets else ""),
        ("Received", received, ""),
        ("Heard at", text.rate(health.model_sample_rate), ""),
        ("Packets", f"{health.packets_per_s:.0f} per s", "warn" if is_sparse else ""),
        ("Newest score", _age(health.score_age_s), "warn" if is_late else ""),
        ("Inference", _times(health), ""),
        ("Queue", f"{health.pending_windows}", "warn" if health.pending_windows > 1 else ""),
        ("Dropped windows", f"{health.dropped_windows}", "warn" if health.dropped_windows else ""),
        ("Lost packets", f"{health.lost_packets}", "warn" if health.lost_packets else ""),
    ]


def _age(seconds: float | None) -> str:
    return "none yet" if seconds is None else f"{seconds:.1f} s old"


def _times(health: Health) -> str:
    if health.inference_p50_s is None or health.inference_p95_s is None:
        return "none yet"
    p50_ms, p95_ms = 1000 * health.inference_p50_s, 1000 * health.inference_p95_s
    return f"{p50_ms:.0f} ms, 95 % within {p95_ms:.0f} ms"
