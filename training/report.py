"""Evaluation of the model's file and of YAMNet: the figures of the model card.

Conventions
-----------
The quantised file is measured through its back end, from cached log-mel patches to scores and
embeddings. The recordings were not used for training: ESC-50's fold 4, and the validation windows.
"""

import json
import logging
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.inference.embeddings import find_embedding
from models.registry.catalog import CATALOG
from models.tflite.graph_split import cut
from models.tflite.runtimes import open_interpreter
from training import esc50
from training.evaluation import (
    agreement,
    category_scores,
    clip_means,
    reliability,
    taught_accuracy,
)
from training.export import SHIFT
from training.windows import VALIDATION

_SEEDS = range(3)

_log = logging.getLogger(__name__)

_Results = dict[str, object]


def evaluate_file(work: Path, path: Path) -> _Results:
    """Measure a model's file.

    Parameters
    ----------
    work : Path
        Contains ``windows``; ``report.json`` is written.
    path : Path
        The model's file.

    Returns
    -------
    dict
        All figures, by name.
    """
    model = _BackEnd(path)
    clips = _Clips.open(work / "windows" / "esc50")
    validation = work / "windows" / VALIDATION
    teacher = np.load(validation / "scores.npy").astype(np.float32)
    own, _ = model.run(np.load(validation / "mel.npy", mmap_mode="r"))
    scores, embeddings = model.run(clips.mel)
    report: _Results = {
        "agreement": agreement(own, teacher),
        "reliability": reliability(own, teacher),
        "agreement_esc50": agreement(scores[clips.is_held_out], clips.scores[clips.is_held_out]),
    }
    for name, one, embedded in (
        ("builtin", scores, embeddings),
        ("yamnet", clips.scores, clips.embeddings),
    ):
        report[name] = {
            "zero_shot": clips.zero_shot(one),
            "taught": {
                str(count): [clips.taught(embedded, count, seed) for seed in _SEEDS]
                for count in (1, 5, None)
            },
        }
    (work / "report.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
    return report


class _BackEnd:
    """The part of a model that takes spectra."""

    def __init__(self, path: Path) -> None:
        parts = cut(path.read_bytes())
        if parts is None:
            raise ValueError(f"{path} has no spectra to cut at.")
        n_classes = CATALOG["yamnet"].n_classes
        self._interpreter = open_interpreter(
            path, "litert", keep_tensors=True, content=parts.back_end
        )
        embedding = find_embedding(path, self._interpreter, n_classes)
        tensor = self._interpreter.tensor
        self._input = tensor(self._interpreter.get_input_details()[0]["index"])
        self._scores = tensor(self._interpreter.get_output_details()[0]["index"])
        self._embedding, self._values = tensor(embedding.index), embedding.values

    def run(self, mel: NDArray[np.float16]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Compute scores (n, 521) and embeddings (n, 1024) of patches (n, 64, 64)."""
        scores = np.empty((len(mel), self._scores().size), np.float32)
        embeddings = np.empty((len(mel), self._embedding().size), np.float32)
        for patch, score, embedding in zip(mel, scores, embeddings, strict=True):
            self._input()[0, :, :, 0] = patch.astype(np.float32) + SHIFT
            self._interpreter.invoke()
            score[:] = self._scores().reshape(-1)
            embedding[:] = self._embedding().reshape(-1)
        self._values.decode(embeddings)
        return scores, embeddings


class _Clips:
    """The windows of ESC-50's clips."""

    def __init__(self, arrays: dict[str, NDArray]) -> None:
        self.mel, self.fold, self.clip = arrays["mel"], arrays["fold"], arrays["clip"]
        self.category = arrays["category"]
        self.scores = arrays["scores"].astype(np.float32)
        self.embeddings = arrays["embeddings"].astype(np.float32)
        self.is_held_out = self.fold == esc50.VALIDATION_FOLD

    @classmethod
    def open(cls, folder: Path) -> "_Clips":
        names = ("mel", "scores", "embeddings", "category", "fold", "clip")
        return cls({name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in names})

    def zero_shot(self, scores: NDArray[np.float32]) -> dict[str, object]:
        """Measure the accuracy over fifty classes on fold 4, and list confusions by class."""
        chosen = self.is_held_out
        means, first = clip_means(scores[chosen], self.clip[chosen])
        found = category_scores(means).argmax(axis=1)
        truth = self.category[chosen][first]
        by_class = {}
        for index, name in enumerate(esc50.CATEGORIES):
            own = found[truth == index]
            wrong = [esc50.CATEGORIES[one] for one in own if one != index]
            by_class[name] = [int((own == index).sum()), len(own), sorted(set(wrong))]
        return {"accuracy": float((found == truth).mean()), "by_class": by_class}

    def taught(self, embeddings: NDArray[np.float32], count: int | None, seed: int) -> float:
        return taught_accuracy(embeddings, self.clip, self.category, self.fold, count, seed)
