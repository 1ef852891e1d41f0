"""Segmentation of recordings into examples, without the silence around each sound.

Conventions
-----------
Silence is relative: a quiet room recorded by a microphone has -60 to -40 dBFS, far above
`examples.SILENT_DBFS`. A sound therefore has to exceed the recording's own noise floor.

A piece extends beyond its sound on either side by `MARGIN_S`, the farthest that a window can reach
and still contain part of the sound. So the label holds for each window of the piece.
"""

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.audio import Channels, Clip, open_flow
from models.audio.reading import Source
from models.teaching.examples import SILENT_DBFS, TEACHING_HOP_S

WINDOW_S = 0.975
"""YAMNet's window, in seconds."""

MARGIN_S = WINDOW_S - TEACHING_HOP_S
"""Length kept before and after a sound, in seconds."""

LONGEST_S = 4.0
"""Longest piece, in seconds. A longer sound becomes several examples of one recording."""

_FRAME_S = 0.01  # shorter than a finger snap, longer than a pitch period of any voice
_FLOOR_PERCENTILE = 10  # of the frames' levels
_ABOVE_FLOOR_DB, _BELOW_PEAK_DB = 6.0, 40.0
_SURELY_DBFS = -40.0  # above the level of any quiet room
_CLEARLY_BELOW_DB = 15.0  # smaller drops below the loudest moment belong to the sound itself


def cut(clip: Clip) -> list[Clip]:
    """Cut a recording of one class into examples.

    Parameters
    ----------
    clip : Clip
        Such as ten claps with pauses between them.

    Returns
    -------
    list of Clip
        Each at most `LONGEST_S` long, in order of time. Sounds separated by less than a window
        stay together; longer pauses are dropped. Empty if the recording is silent.
    """
    pieces = []
    for begin, end in _stretches(_sounding(clip)):
        begin_s, end_s = begin * _FRAME_S - MARGIN_S, end * _FRAME_S + MARGIN_S
        pieces += divide(_excerpt(clip, begin_s, end_s))
    return pieces


def divide(clip: Clip) -> list[Clip]:
    """Divide a clip into equal pieces of at most `LONGEST_S`."""
    count = -(-len(clip.samples) // round(LONGEST_S * clip.sample_rate))
    edges = np.linspace(0, len(clip.samples), count + 1).astype(int)
    return [
        Clip.from_samples(clip.samples[first:last], clip.sample_rate)
        for first, last in pairwise(edges)
    ]


def load_excerpt(
    source: Source,
    begin_s: float,
    end_s: float,
    *,
    audio_track: int | None = None,
    channels: Channels = "mix",
    progress: Callable[[float], None] | None = None,
) -> Clip:
    """Load an excerpt of a recording, decoding no further than its end.

    Parameters
    ----------
    source : str, os.PathLike, bytes, bytearray, memoryview or binary file
        As for `models.load_clip`. Only the excerpt is held in memory, at any length.
    begin_s, end_s : float
        Start and end of the excerpt, in seconds. It ends early where the recording ends.
    audio_track, channels : optional
        As for `models.load_clip`, except that "each" is not allowed.
    progress : callable, optional
        Called with the decoded fraction, in [0, 1]; its exceptions propagate unchanged.

    Returns
    -------
    Clip
        At YAMNet's rate.

    Raises
    ------
    RecordingError
        If the recording cannot be decoded, or ends before the excerpt begins.
    """
    done = 0.0

    def wait() -> None:
        if progress is not None:
            progress(done)

    with open_flow(
        source,
        max_duration_s=math.inf,
        audio_track=audio_track,
        channels=channels,
        on_wait=wait,
    ) as flow:
        first, last = (max(0, round(at * flow.sample_rate)) for at in (begin_s, end_s))
        pieces, n_decoded = [], 0
        for block in flow.blocks():
            pieces.append(block[max(0, first - n_decoded) : max(0, last - n_decoded)])
            n_decoded += len(block)
            done = min(1.0, n_decoded / max(1, last))
            wait()
            if n_decoded >= last:
                break
        return Clip.from_samples(np.concatenate(pieces), flow.sample_rate)


def _excerpt(clip: Clip, begin_s: float, end_s: float) -> Clip:
    first, last = (max(0, round(at * clip.sample_rate)) for at in (begin_s, end_s))
    return Clip.from_samples(clip.samples[first:last], clip.sample_rate)


def _sounding(clip: Clip) -> NDArray[np.bool_]:
    """Detect the frames above the noise floor: bool of shape (n_frames,)."""
    size = round(_FRAME_S * clip.sample_rate)
    frames = np.pad(clip.samples, (0, -len(clip.samples) % size)).reshape(-1, size)
    power = np.square(frames, dtype=np.float64).mean(axis=1)
    levels_dbfs = 10 * np.log10(np.maximum(power, 1e-12))
    peak, floor = levels_dbfs.max(), np.percentile(levels_dbfs, _FLOOR_PERCENTILE)
    threshold = min(max(floor + _ABOVE_FLOOR_DB, peak - _BELOW_PEAK_DB), peak - _CLEARLY_BELOW_DB)
    # A click in a steady sound, such as a mouse click, must not turn the rest into silence.
    threshold = min(threshold, _SURELY_DBFS)
    loud: NDArray[np.bool_] = levels_dbfs >= max(threshold, SILENT_DBFS)
    return loud


def _stretches(loud: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Join sounding frames across pauses shorter than a window; (first, end) frame indices."""
    at = np.flatnonzero(loud)
    if not len(at):
        return []
    breaks = np.flatnonzero(np.diff(at) > round(WINDOW_S / _FRAME_S))
    begins, ends = at[np.r_[0, breaks + 1]], at[np.r_[breaks, len(at) - 1]] + 1
    return [(int(begin), int(end)) for begin, end in zip(begins, ends, strict=True)]
