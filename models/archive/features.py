"""Features of a recording: what an archive stores of it, computed in one pass."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.archive.store import ArchivedModel
from models.archive.tables import EVENT_THRESHOLD, MIN_STORED_SCORE
from models.audio import open_flow
from models.audio.buffers import CountedBlocks
from models.audio.flow import Flow
from models.audio.levels import RunningFrameLevels
from models.audio.reading import Source
from models.audio.timing import frame_onsets_s
from models.events import Event, EventRules
from models.events.timeline import Timeline
from models.inference import SoundClassifier

MAX_DURATION_S = 48 * 3600.0
"""Longest recording: recorders that run for days begin a file every day or more often."""

_LARGEST = float(np.finfo(np.float16).max)


@dataclass(frozen=True, eq=False)
class Features:
    """Features of consecutive windows of a recording.

    Parameters
    ----------
    embeddings : ndarray of float16, shape (n_windows, n_values)
        Embeddings.
    levels_dbfs : ndarray of float32, shape (n_windows,)
        RMS level of each window; minus infinity is digital silence.
    windows : ndarray of int32, shape (n_scores,)
        Window of each score that is at least `MIN_STORED_SCORE`, ascending.
    classes : ndarray of uint16, shape (n_scores,)
        Class of each of these scores.
    scores : ndarray of float32, shape (n_scores,)
        These scores.
    n_samples : int
        Number of samples that these windows begin with: that of the recording, for a whole one.
    """

    embeddings: NDArray[np.float16]
    levels_dbfs: NDArray[np.float32]
    windows: NDArray[np.int32]
    classes: NDArray[np.uint16]
    scores: NDArray[np.float32]
    n_samples: int

    @property
    def n_windows(self) -> int:
        """Number of windows."""
        return len(self.embeddings)

    def beginning_with(self, n_samples: int) -> "Features":
        """Return the same features, for windows that begin in so many samples."""
        return replace(self, n_samples=n_samples)

    @property
    def n_bytes(self) -> int:
        """Size in memory, in bytes."""
        arrays = (self.embeddings, self.levels_dbfs, self.windows, self.classes, self.scores)
        return sum(array.nbytes for array in arrays)


@dataclass(frozen=True)
class SourceProperties:
    """Properties of the file that features were computed of.

    Parameters
    ----------
    container, codec : str
        Short names.
    sample_rate, channels : int
        As recorded.
    broke_at_s : float or None
        Time at which it is truncated, in seconds; None if it is complete.
    """

    container: str
    codec: str
    sample_rate: int
    channels: int
    broke_at_s: float | None


def compute_features(
    source: Source, classifier: SoundClassifier, hop_s: float
) -> tuple[Features, SourceProperties]:
    """Decode a recording, and compute scores, embeddings and levels of its windows in one pass.

    Parameters
    ----------
    source : path, bytes or binary file
        The recording.
    classifier : SoundClassifier
        Computes scores and embeddings.
    hop_s : float
        Step between two windows, in seconds.

    Raises
    ------
    RecordingError
        If the recording cannot be read.
    ModelError
        If the model has no embeddings.
    """
    framing = classifier.framing(hop_s)
    levels = RunningFrameLevels(framing)
    with open_flow(source, sample_rate=framing.sample_rate, max_duration_s=MAX_DURATION_S) as flow:
        blocks = CountedBlocks(_measured(flow, levels))
        pieces = [
            _piece(scores, embeddings)
            for scores, embeddings in classifier.classify_and_embed_blocks(blocks, framing.hop_s)
        ]
        properties = _properties(flow)
    levels_dbfs = levels.levels_dbfs().astype(np.float32)
    return _assembled(pieces, levels_dbfs, blocks.n_samples), properties


def join_features(parts: Sequence[Features]) -> Features:
    """Join the features of consecutive parts of a recording."""
    starts = np.cumsum([0, *(part.n_windows for part in parts[:-1])])
    windows = [part.windows + np.int32(start) for part, start in zip(parts, starts, strict=True)]
    return Features(
        embeddings=np.concatenate([part.embeddings for part in parts]),
        levels_dbfs=np.concatenate([part.levels_dbfs for part in parts]),
        windows=np.concatenate(windows),
        classes=np.concatenate([part.classes for part in parts]),
        scores=np.concatenate([part.scores for part in parts]),
        n_samples=sum(part.n_samples for part in parts),
    )


def find_stored_events(features: Features, model: ArchivedModel) -> list[Event]:
    """Detect events of all classes whose score reaches `EVENT_THRESHOLD`.

    Stored scores suffice, because all frames of these events are above `MIN_STORED_SCORE`.

    Returns
    -------
    list of Event
        Ordered by onset.
    """
    heard = np.unique(features.classes[features.scores >= np.float32(EVENT_THRESHOLD)])
    dense = np.zeros((features.n_windows, len(heard)), np.float32)
    columns = np.searchsorted(heard, features.classes)
    columns = np.minimum(columns, max(0, len(heard) - 1))
    if len(heard):
        wanted = heard[columns] == features.classes
        dense[features.windows[wanted], columns[wanted]] = features.scores[wanted]
    timeline = Timeline(
        dense,
        frame_onsets_s(features.n_windows, model.hop_samples, model.sample_rate),
        model.window_s,
        model.hop_s,
        tuple(model.labels[index] for index in heard),
        features.n_samples / model.sample_rate,
    )
    return EventRules(EVENT_THRESHOLD).find(timeline)


def _measured(flow: Flow, levels: RunningFrameLevels) -> Iterator[NDArray[np.float32]]:
    for block in flow.blocks():
        levels.append(block)
        yield block


def _piece(scores: NDArray[np.float32], embeddings: NDArray[np.float32]) -> Features:
    """Keep what is stored of a few windows; levels and samples are counted elsewhere."""
    windows, classes = np.nonzero(scores >= np.float32(MIN_STORED_SCORE))
    return Features(
        embeddings=np.clip(embeddings, -_LARGEST, _LARGEST).astype(np.float16),
        levels_dbfs=np.empty(0, np.float32),
        windows=windows.astype(np.int32),
        classes=classes.astype(np.uint16),
        scores=scores[windows, classes],
        n_samples=0,
    )


def _assembled(
    pieces: Sequence[Features], levels_dbfs: NDArray[np.float32], n_samples: int
) -> Features:
    return replace(join_features(pieces), levels_dbfs=levels_dbfs, n_samples=n_samples)


def _properties(flow: Flow) -> SourceProperties:
    source = flow.source
    return SourceProperties(
        source.container, source.codec, source.sample_rate, source.channels, flow.broke_at_s()
    )
