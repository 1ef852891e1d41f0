"""Binary messages that push updates of a live stream to the panel.

Conventions
-----------
A message is little-endian: the length of its header in bytes (uint32), the header as JSON in UTF-8
padded with spaces to a multiple of four bytes, and then arrays without gaps, in this order:

====================  =======  ===========================================================
array                 type     length
====================  =======  ===========================================================
begins, ends          float32  ``n_frames`` each: the time span of a frame, in
                               seconds of stream time
counts                uint16   ``n_frames``: number of scores sent for each frame
classes, scores       uint16   ``n_scores`` each: class index, and score times 65535
wave                  int8     2 * ``n_stretches``: minimum and maximum sample of each, times
                               127
====================  =======  ===========================================================

For each frame the scores of at least `FAINTEST` are sent, and at least the `MAX_SHOWN` highest; for
a gated frame none. A message whose header has ``new`` set replaces the panel's data; other messages
are appended to it.
"""

import json
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.style import text
from models.events import taxonomy
from models.live import Frames, Health, HeardEvent, News, Snapshot

MAX_SHOWN = 12
"""Maximum number of classes that the panel shows."""

FAINTEST = 8 / 255
"""Score below which a cell is indistinguishable from an empty one."""

TIMELINE_S = 60.0
"""Length of the timeline, in seconds, as in stream.js."""

LOG_ROWS = 100
"""Number of events in the log, the newest."""

SLUGGISH_S = 1.0
"""Age of the newest score above which the status strip warns, in seconds."""

SPARSE_PACKETS_PER_S = {"webrtc": 40, "websocket": 15, "playback": 8}
"""Packets per second below which the status strip warns: WebRTC sends 50 (20 ms each, RFC 7587),
the audio worklet 25 (capture.js), and playback reports its position 20 times (playback.js)."""

SILENT_DBFS = -100.0
"""Level below which the panel reads silence: 16-bit quantisation noise is at -98 dBFS."""

WAYS = {"webrtc": "WebRTC", "websocket": "WebSocket", "playback": "playback"}

_LOST = (
    "The connection to your microphone was lost, and listening has ended. What was heard until "
    "then is kept. Press Start listening to go on."
)
_SEAT = (
    "No sound came from your microphone for a while, and another visitor has taken your place. "
    "What was heard until then is kept."
)
_FAILED = "Listening ended because something went wrong here. Press Start listening to go on."
_PLAYING = "Playing a recording."
_PAUSED = "The browser does not play the recording at the moment."
_UNHEARD = "The browser loads the recording."
_MUTED = "Muted by you: the microphone is on, and sends nothing but digital silence."
_SILENT = "No sound arrives any more."


def write_message(news: News) -> bytes:
    """Serialize a message.

    Parameters
    ----------
    news : News
        The update to send.
    """
    header: dict[str, Any] = {
        "new": news.is_new,
        "stream": news.stream,
        "listening": news.listening,
        "heard": news.heard,
        "notice": notice(news),
    }
    if news.is_new:
        header["labels"] = news.labels
        header["categories"] = [taxonomy.category(label) for label in news.labels]
    if news.snapshot is None:
        return _packed({**header, "running": False}, ())
    snapshot = news.snapshot
    frames = _recent(snapshot.frames)
    counts, classes, scores = _strongest(frames)
    header |= _state(snapshot, news)
    header |= {"n_frames": len(counts), "n_scores": len(classes)}
    header |= {"n_stretches": len(snapshot.waveform.extremes)}
    header |= {
        "wave_first": snapshot.waveform.first,
        "wave_step_s": snapshot.waveform.step_s,
    }
    return _packed(
        header,
        (
            frames.begins_s.astype("<f4"),
            frames.ends_s.astype("<f4"),
            counts.astype("<u2"),
            classes.astype("<u2"),
            np.rint(scores * 65_535).astype("<u2"),
            np.rint(snapshot.waveform.extremes.clip(-1, 1) * 127).astype(np.int8),
        ),
    )


def _packed(header: dict[str, Any], arrays: Sequence[NDArray[Any]]) -> bytes:
    written = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    written += b" " * (-len(written) % 4)
    parts = [struct.pack("<I", len(written)), written, *(array.tobytes() for array in arrays)]
    return b"".join(parts)


def notice(news: News) -> str:
    """Return a sentence about the state of the stream; empty if there is nothing to report."""
    snapshot = news.snapshot
    if snapshot is None:
        return ""
    if snapshot.error is not None:
        return _FAILED
    if not news.listening:
        return _SEAT if news.lost_seat else _LOST if news.was_lost else ""
    if news.way == "playback":
        packets, ended = snapshot.health.packets, snapshot.health.ended
        return _UNHEARD if not packets else _PAUSED if ended else _PLAYING
    if snapshot.health.muted:
        return _MUTED
    if not snapshot.health.packets:
        return "Connecting to your microphone."
    return _SILENT if snapshot.health.ended else f"Listening by {WAYS[news.way]}."


def _recent(frames: Frames) -> Frames:
    """Return the frames without those older than `TIMELINE_S`."""
    if len(frames.ends_s) == 0 or frames.ends_s[-1] - frames.ends_s[0] <= TIMELINE_S:
        return frames
    first = int(np.searchsorted(frames.ends_s, frames.ends_s[-1] - TIMELINE_S))
    return Frames(
        first=frames.first + first,
        onsets_s=frames.onsets_s[first:],
        begins_s=frames.begins_s[first:],
        ends_s=frames.ends_s[first:],
        rms_dbfs=frames.rms_dbfs[first:],
        gated=frames.gated[first:],
        scores=frames.scores[first:],
    )


def _strongest(
    frames: Frames,
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
    """Select the scores to send; return their number per frame, class indices and scores."""
    if len(frames.scores) == 0:
        return np.zeros(0, np.intp), np.zeros(0, np.intp), np.zeros(0, np.float32)
    place = max(0, frames.scores.shape[1] - MAX_SHOWN)
    kth = np.partition(frames.scores, place, axis=1)[:, place]
    least = np.minimum(kth, np.float32(FAINTEST))
    wanted = (frames.scores >= least[:, None]) & ~frames.gated[:, None]
    _, classes = np.nonzero(wanted)
    return wanted.sum(axis=1), classes, frames.scores[wanted]


def _state(snapshot: Snapshot, news: News) -> dict[str, Any]:
    """Return the part of the header that each message repeats."""
    meter = snapshot.meter
    return {
        "running": not snapshot.stopped and not snapshot.health.ended,
        "clock_s": round(snapshot.duration_s, 3),
        "gate_dbfs": snapshot.settings.gate_dbfs,
        "level": {
            "rms_dbfs": _finite(meter.rms_dbfs),
            "peak_dbfs": _finite(meter.hold_dbfs),
            "text": _level(meter.rms_dbfs),
        },
        "events": [_event(event) for event in snapshot.events[-LOG_ROWS:]],
        "n_events": snapshot.n_events,
        "counts": snapshot.counts,
        "health": health_entries(snapshot.health, news),
    }


def _level(rms_dbfs: float) -> str:
    """Write a level as a reader expects it; below `SILENT_DBFS` only dither is left."""
    return text.level(rms_dbfs) if rms_dbfs >= SILENT_DBFS else "silence"


def _finite(dbfs: float) -> float | None:
    return round(dbfs, 1) if np.isfinite(dbfs) else None


def _event(event: HeardEvent) -> dict[str, Any]:
    return {
        "number": event.number,
        "at": event.heard_at,
        "label": event.label,
        "offset_s": round(event.offset_s, 3),
        "lasted": text.duration(event.offset_s - event.onset_s),
        "peak": round(event.peak, 2),
        "open": event.is_open,
    }


def health_entries(health: Health, news: News) -> list[tuple[str, str, str]]:
    """Return the entries of the status strip: name, value, and ``warn`` or an empty string.

    Parameters
    ----------
    health : Health
        Health of the stream.
    news : News
        The update, with the state of the session and the transport of its audio.
    """
    received = "nothing yet"
    if health.sample_rate is not None and health.channels is not None:
        received = f"{text.rate(health.sample_rate)} {text.channels(health.channels)}"
    is_sparse = news.listening and health.packets_per_s < SPARSE_PACKETS_PER_S[news.way]
    is_late = news.listening and (health.score_age_s or 0) > SLUGGISH_S
    is_silent = news.listening and health.ended and health.packets > 0
    return [
        ("Connection", _connection(health, news), "warn" if is_silent or news.was_lost else ""),
        ("Received", received, ""),
        ("Heard at", text.rate(health.model_sample_rate), ""),
        ("Packets", f"{health.packets_per_s:.0f} per s", "warn" if is_sparse else ""),
        ("Newest score", _age(health.score_age_s), "warn" if is_late else ""),
        ("Inference", _times(health), ""),
        ("Queue", f"{health.pending_windows}", "warn" if health.pending_windows > 1 else ""),
        ("Dropped windows", f"{health.dropped_windows}", "warn" if health.dropped_windows else ""),
        ("Lost packets", f"{health.lost_packets}", "warn" if health.lost_packets else ""),
    ]


def _connection(health: Health, news: News) -> str:
    if not news.listening:
        return "ended"
    if news.way == "playback":
        return "playing" if health.packets and not health.ended else "waiting for the browser"
    if not health.packets:
        return f"connecting by {WAYS[news.way]}"
    return f"{'silent' if health.ended else 'connected'} by {WAYS[news.way]}"


def _age(seconds: float | None) -> str:
    return "none yet" if seconds is None else f"{seconds:.1f} s old"


def _times(health: Health) -> str:
    if health.inference_p50_s is None or health.inference_p95_s is None:
        return "none yet"
    p50_ms, p95_ms = 1000 * health.inference_p50_s, 1000 * health.inference_p95_s
    return f"{p50_ms:.0f} ms, 95 % within {p95_ms:.0f} ms"
