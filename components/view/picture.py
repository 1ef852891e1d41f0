"""Picture file of the player: waveform, spectrogram and best classes of a clip, compressed.

Conventions
-----------
The file is compressed by gzip. It contains the length of a header (uint32), the header (JSON,
UTF-8), and four arrays, each aligned to its element's size, all little-endian: the waveform's
extremes (int16, two per stretch), the spectrogram (uint8, by columns, each from the lowest band
up), and the best classes of each frame: their indices (uint16) and their scores (uint8, in
`SCORE_STEPS`), best first. picture.js reads it.
"""

import gzip
import hashlib
import io
import json
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.audio.envelope import Envelope
from models.audio.spectrogram import Spectrogram
from models.events import taxonomy
from models.events.timeline import Timeline

SCORE_STEPS = 256
"""Number of quantization steps of a score in a byte: those of YAMNet's output, so that its scores
are exact; only 1.0 becomes 255/256."""

BEST = 8
"""Number of classes per frame: as many as the player's bars show."""

_BLOCK_FRAMES = 4_096
_LEVEL = 1  # gzip level: higher ones save a tenth and take three times as long


def picture_file(
    envelope: Envelope, spectrogram: Spectrogram, timeline: Timeline, labels: Collection[str]
) -> bytes:
    """Return the contents of the picture file.

    Parameters
    ----------
    envelope, spectrogram, timeline
        Waveform, spectrogram and scores of the same clip.
    labels : collection of str
        Labels of the classes that may be among the best.
    """
    indices, scores = _best(timeline, labels)
    categories = [
        taxonomy.CATEGORIES.index(category) if category is not None else -1
        for category in map(taxonomy.category, timeline.labels)
    ]
    header = {
        "wave": {
            "step_s": envelope.step_s,
            "count": len(envelope.extremes),
            "peak": envelope.peak,
        },
        "spectrogram": _spectrogram_header(spectrogram),
        "best": {"k": indices.shape[1], "frames": len(indices)},
        "labels": timeline.labels,
        "categories": categories,
    }
    arrays = (envelope.extremes, spectrogram.levels.T, indices, scores)
    return gzip.compress(_laid_out(header, arrays), _LEVEL, mtime=0)


@dataclass(frozen=True, eq=False)
class SpectrogramFile:
    """A spectrogram by itself, for the player.

    Parameters
    ----------
    data : bytes
        Contents of the file: as a picture file, with the spectrogram alone.
    digest : str
        SHA-256 of `data`, in hexadecimal.
    """

    data: bytes
    digest: str


def spectrogram_file(spectrogram: Spectrogram) -> SpectrogramFile:
    """Return the file of a spectrogram."""
    header = {"spectrogram": _spectrogram_header(spectrogram)}
    data = gzip.compress(_laid_out(header, (spectrogram.levels.T,)), _LEVEL, mtime=0)
    return SpectrogramFile(data, hashlib.sha256(data).hexdigest())


def _spectrogram_header(spectrogram: Spectrogram) -> dict[str, object]:
    return {
        "step_s": spectrogram.step_s,
        "count": spectrogram.levels.shape[1],
        "bands_hz": np.round(spectrogram.bands_hz, 1).tolist(),
        "edges_hz": [spectrogram.bottom_hz, spectrogram.top_hz],
        "floor_db": spectrogram.floor_db,
    }


def in_steps(scores: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Quantize scores to bytes, in steps of 1 / `SCORE_STEPS`.

    Parameters
    ----------
    scores : ndarray of float32, any shape
        Scores in [0, 1].

    Returns
    -------
    ndarray of uint8, same shape
        Numbers of steps, in [0, 255].
    """
    steps: NDArray[np.uint8] = np.minimum(np.rint(scores * SCORE_STEPS), 255).astype(np.uint8)
    return steps


def _laid_out(header: object, arrays: Collection[NDArray[np.generic]]) -> bytes:
    file = io.BytesIO()
    text = json.dumps(header, ensure_ascii=False).encode()
    file.write(np.uint32(len(text)).astype("<u4").tobytes())
    file.write(text)
    for array in arrays:
        file.write(b"\0" * (-file.tell() % array.itemsize))
        file.write(np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes())
    return file.getvalue()


def _best(
    timeline: Timeline, labels: Collection[str]
) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
    allowed = set(labels)
    columns = np.array([i for i, label in enumerate(timeline.labels) if label in allowed], np.intp)
    k = min(BEST, len(columns))
    indices = np.empty((timeline.n_frames, k), np.uint16)
    scores = np.empty((timeline.n_frames, k), np.uint8)
    for start in range(0, timeline.n_frames if k else 0, _BLOCK_FRAMES):
        block = timeline.scores[start : start + _BLOCK_FRAMES, columns]
        some = np.argpartition(-block, k - 1, axis=1)[:, :k]
        values = np.take_along_axis(block, some, axis=1)
        order = np.lexsort((some, -values), axis=1)
        rows = slice(start, start + len(block))
        indices[rows] = columns[np.take_along_axis(some, order, axis=1)]
        scores[rows] = in_steps(np.take_along_axis(values, order, axis=1))
    return indices, scores
