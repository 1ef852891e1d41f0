"""Training of the student on windows, with checkpoints.

Conventions
-----------
The loss of a window is the binary cross-entropy of all 521 scores against the teacher's, plus the
squared error of the teacher's embedding as predicted from the student's own. Weights are averaged
over the last steps (exponential moving average); the average is evaluated and quantised.
"""

import copy
import logging
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from training.data import Windows, open_validation
from training.evaluation import agreement, zero_shot_accuracy
from training.network import Student

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recipe:
    """Hyperparameters.

    Parameters
    ----------
    steps : int
        Number of batches.
    batch : int
        Windows per batch.
    peak_rate : float
        Learning rate after warm-up; it decays linearly to 0 over the last 30 % of the steps. Before
        that the run does not depend on its length, which can still be changed.
    weight_decay : float
        Of AdamW, applied to weights only.
    embedding_weight : float
        Weight of the embedding loss relative to the score loss.
    label_weight : float
        Weight with which ESC-50's labels correct the teacher, in [0, 1].
    seed : int
        Seed of initial weights and batches.
    threads : int
        Threads of PyTorch. On cores under other load, one is faster than two.
    """

    steps: int = 10_000
    batch: int = 128
    peak_rate: float = 2e-3
    weight_decay: float = 0.02
    embedding_weight: float = 2.0
    label_weight: float = 0.5
    seed: int = 1
    threads: int = 1


_WARM_UP_STEPS, _DECAY, _AVERAGING = 300, 0.3, 0.998
_SAVED_EVERY_S, _EVALUATED_EVERY = 60.0, 1000


def train(work: Path, recipe: Recipe, labels: NDArray[np.bool_], name: str) -> None:
    """Train, or resume training, and write the checkpoint ``NAME.pt``.

    Parameters
    ----------
    work : Path
        Contains ``windows``; ``models`` is written.
    recipe : Recipe
        Must be the same when training is resumed.
    labels : ndarray of bool, shape (50, 521)
        See `training.data.label_matrix`.
    name : str
        Name of the checkpoint.
    """
    torch.set_num_threads(recipe.threads)
    torch.manual_seed(recipe.seed)
    (work / "models").mkdir(exist_ok=True)
    path = work / "models" / f"{name}.pt"
    windows = Windows(work / "windows", recipe.label_weight, labels)
    run = _Run(recipe)
    if path.exists():
        run.load(torch.load(path, weights_only=False))
    _log.info("%d windows; step %d of %d", len(windows), run.step, recipe.steps)
    saved, losses, begun = time.monotonic(), [], time.process_time()
    while run.step < recipe.steps:
        losses.append(run.learn(windows.batch(recipe.seed, run.step, recipe.batch)))
        if run.step % 100 == 0:
            _log.info(
                "step %d: loss %.3f, embedding %.3f, %.0f s of CPU",
                run.step,
                *np.mean(losses, axis=0),
                time.process_time() - begun,
            )
            losses = []
        if run.step % _EVALUATED_EVERY == 0 or run.step == recipe.steps:
            _log.info("step %d: %s", run.step, evaluate(work, run.average))
        if time.monotonic() - saved > _SAVED_EVERY_S or run.step == recipe.steps:
            part = path.with_suffix(".part")
            torch.save(run.state(), part)
            part.rename(path)
            saved = time.monotonic()


def evaluate(work: Path, student: Student) -> dict[str, float]:
    """Measure a student on the validation windows and on ESC-50's fold 4."""
    student.eval()
    shard = open_validation(work / "windows")
    own = predict(student, shard.mel)[0]
    found = agreement(own, np.asarray(shard.scores, np.float32))
    folder = work / "windows" / "esc50"
    fold = np.load(folder / "fold.npy")
    mel = np.load(folder / "mel.npy", mmap_mode="r")[fold == 4]
    found["zero_shot"] = zero_shot_accuracy(
        predict(student, mel)[0],
        np.load(folder / "clip.npy")[fold == 4],
        np.load(folder / "category.npy")[fold == 4],
    )
    return {key: round(value, 4) for key, value in found.items()}


def predict(
    student: Student, mel: NDArray[np.float16]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Compute scores (n, 521) and embeddings (n, 1024) of patches (n, 64, 64)."""
    student.eval()
    scores, embeddings = [], []
    with torch.no_grad():
        for first in range(0, len(mel), 256):
            given = torch.from_numpy(np.asarray(mel[first : first + 256], np.float32))
            with torch.autocast("cpu", torch.bfloat16, enabled=_fast()):
                logits, _, embedding = student(given)
            scores.append(torch.sigmoid(logits.float()).numpy())
            embeddings.append(embedding.float().numpy())
    return np.concatenate(scores), np.concatenate(embeddings)


def _fast() -> bool:
    """Whether the processor supports bfloat16; otherwise float32 is faster."""
    return "avx512_bf16" in Path("/proc/cpuinfo").read_text(encoding="utf-8")


class _Run:
    def __init__(self, recipe: Recipe) -> None:
        self.recipe, self.step = recipe, 0
        self.student = Student().to(memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.student)
        decayed = [one for one in self.student.parameters() if one.dim() > 1]
        others = [one for one in self.student.parameters() if one.dim() <= 1]
        self.optimiser = torch.optim.AdamW(
            [
                {"params": decayed, "weight_decay": recipe.weight_decay},
                {"params": others, "weight_decay": 0.0},
            ],
            lr=recipe.peak_rate,
        )
        self._fast = _fast()

    def learn(self, batch: tuple[Tensor, Tensor, Tensor, Tensor]) -> tuple[float, float]:
        mel, scores, embeddings, _ = batch
        self.student.train()
        for group in self.optimiser.param_groups:
            group["lr"] = self._rate()
        with torch.autocast("cpu", torch.bfloat16, enabled=self._fast):
            logits, guessed, _ = self.student(mel)
        entropy = nn.functional.binary_cross_entropy_with_logits(
            logits.float(), scores, reduction="sum"
        ) / len(mel)
        error = nn.functional.mse_loss(guessed.float(), embeddings)
        self.optimiser.zero_grad(set_to_none=True)
        (entropy + self.recipe.embedding_weight * error).backward()
        nn.utils.clip_grad_norm_(self.student.parameters(), 5.0)
        self.optimiser.step()
        self.step += 1
        self._average()
        return float(entropy.detach()), float(error.detach())

    def _rate(self) -> float:
        """Learning rate: warm-up, constant, linear decay (Zhai et al. 2022; Hu et al. 2024)."""
        left = (self.recipe.steps - self.step) / (_DECAY * self.recipe.steps)
        return self.recipe.peak_rate * min(1.0, (self.step + 1) / _WARM_UP_STEPS, left)

    def _average(self) -> None:
        kept = min(_AVERAGING, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            own = self.student.state_dict()
            for key, value in self.average.state_dict().items():
                if value.is_floating_point():
                    value.lerp_(own[key], 1 - kept)
                else:
                    value.copy_(own[key])

    def state(self) -> dict[str, object]:
        return {
            "step": self.step,
            "student": self.student.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }

    def load(self, state: dict) -> None:
        self.step = state["step"]
        self.student.load_state_dict(state["student"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
