"""Training batches: weighted sampling of windows, and augmentation of their spectra.

Conventions
-----------
Arrays are memory-mapped. A batch depends only on the seed and its number.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training import esc50
from training.network import FLOOR
from training.windows import VALIDATION

_RARITY = 0.5  # exponent: 0 samples windows uniformly, 1 classes uniformly
_MOST_OFTEN = 8.0  # largest sampling weight of a window, relative to the mean
_OCCURS = 0.2  # score from which a class counts as present


@dataclass(frozen=True)
class Shard:
    """Arrays of one shard, one row per window; see `training.windows`."""

    mel: NDArray[np.float16]
    scores: NDArray[np.float16]
    embeddings: NDArray[np.float16]
    category: NDArray[np.int8]

    @classmethod
    def open(cls, folder: Path) -> "Shard":
        """Map a shard's arrays into memory."""
        names = ("mel", "scores", "embeddings", "category")
        return cls(*(np.load(folder / f"{name}.npy", mmap_mode="r") for name in names))


class Windows:
    """All training windows.

    Parameters
    ----------
    folder : Path
        Parent folder of the shards.
    label_weight : float
        Weight with which a recording's label corrects the teacher, in [0, 1].
    label_matrix : ndarray of bool, shape (50, 521)
        AudioSet's classes for each class of ESC-50.
    """

    def __init__(self, folder: Path, label_weight: float, label_matrix: NDArray[np.bool_]) -> None:
        paths = sorted(path for path in folder.iterdir() if path.name.isdigit())
        self._shards = [Shard.open(path) for path in paths]
        self._starts = np.cumsum([0, *(len(shard.mel) for shard in self._shards)])
        self._weights = _draw_weights(np.concatenate([one.scores for one in self._shards]))
        self._cumulated = np.cumsum(self._weights) / self._weights.sum()
        self._label_weight = label_weight
        self._labels = label_matrix
        embeddings = np.sqrt(np.asarray(self._shards[0].embeddings, np.float32))
        self._centre, self._scale = embeddings.mean(axis=0), embeddings.std(axis=0) + 0.05

    def __len__(self) -> int:
        return int(self._starts[-1])

    def batch(self, seed: int, number: int, size: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Sample patches (n, 64, 64), scores (n, 521), embeddings (n, 1024) and categories (n,)."""
        rng = np.random.default_rng((seed, number))
        chosen = np.searchsorted(self._cumulated, rng.random(size))
        mel, scores, embeddings, category = self._rows(np.sort(chosen))
        mel = _disturbed(rng, mel)
        scores = self._corrected(scores, category)
        embeddings = (np.sqrt(embeddings) - self._centre) / self._scale
        return (
            torch.from_numpy(mel),
            torch.from_numpy(scores),
            torch.from_numpy(embeddings),
            torch.from_numpy(category.astype(np.int64)),
        )

    def _rows(self, chosen: NDArray[np.intp]) -> tuple[NDArray, NDArray, NDArray, NDArray]:
        parts = []
        for shard, start, end in zip(self._shards, self._starts, self._starts[1:], strict=False):
            own = chosen[(chosen >= start) & (chosen < end)] - start
            if len(own):
                parts.append(
                    [shard.mel[own], shard.scores[own], shard.embeddings[own], shard.category[own]]
                )
        mel, scores, embeddings, category = (
            np.concatenate(one) for one in zip(*parts, strict=True)
        )
        return (
            mel.astype(np.float32),
            scores.astype(np.float32),
            embeddings.astype(np.float32),
            category,
        )

    def _corrected(
        self, scores: NDArray[np.float32], category: NDArray[np.int8]
    ) -> NDArray[np.float32]:
        """Move the teacher's scores towards the label: the best class of the label is raised."""
        labelled = np.flatnonzero(category >= 0)
        for row in labelled:
            own = np.flatnonzero(self._labels[category[row]])
            if len(own):
                best = own[np.argmax(scores[row, own])]
                scores[row, best] += self._label_weight * (1 - scores[row, best])
        return scores


def label_matrix(labels: tuple[str, ...]) -> NDArray[np.bool_]:
    """Return the AudioSet classes that correct the teacher per ESC-50 class: bool, (50, 521)."""
    own = [
        () if name in esc50.WITHOUT_COUNTERPART else esc50.AUDIOSET_LABELS[name]
        for name in esc50.CATEGORIES
    ]
    return np.array([[label in names for label in labels] for names in own])


def _draw_weights(scores: NDArray[np.float16]) -> NDArray[np.float64]:
    occurs = scores >= _OCCURS
    counts = np.maximum(occurs.sum(axis=0), 20)
    rarity = (1 / counts) ** _RARITY
    weights = np.maximum((occurs * rarity).max(axis=1), np.median(rarity) * 0.1)
    return np.minimum(weights / weights.mean(), _MOST_OFTEN)


def _disturbed(rng: np.random.Generator, mel: NDArray[np.float32]) -> NDArray[np.float32]:
    """Shift in time, mask bands and spectra (SpecAugment, Park et al. 2019), change the gain."""
    for patch in mel:
        if rng.random() < 0.5:
            patch[:] = np.roll(patch, int(rng.integers(len(patch))), axis=0)
        if rng.random() < 0.3:
            start, length = int(rng.integers(64)), int(rng.integers(1, 9))
            patch[:, start : start + length] = FLOOR
        if rng.random() < 0.3:
            start, length = int(rng.integers(64)), int(rng.integers(1, 11))
            patch[start : start + length] = FLOOR
    gain = rng.uniform(-0.35, 0.35, (len(mel), 1, 1)).astype(np.float32)  # 3 dB
    return np.maximum(mel + gain, np.float32(FLOOR))


def open_validation(folder: Path) -> Shard:
    """Memory-map the validation shard."""
    return Shard.open(folder / VALIDATION)
