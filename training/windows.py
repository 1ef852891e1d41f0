"""Training windows: augmented sounds, their log-mel spectra, and the teacher's scores.

Conventions
-----------
Windows are stored in shards of `SHARD_WINDOWS`, each a folder of arrays with one row per window:

- ``mel.npy``: float16 (n, 64, 64), log-mel spectra;
- ``scores.npy``: float16 (n, 521), the teacher's;
- ``embeddings.npy``: float16 (n, 1024), the teacher's;
- ``category.npy``: int8 (n,), the index of ESC-50's class if it is certainly present, else -1.

A shard depends only on its number, so an interrupted step continues where it stopped. The folder
``esc50`` has all windows of ESC-50's clips without augmentation, at a hop of 0.48 s, with two more
arrays: ``fold.npy`` and ``clip.npy``, the clip's number.
"""

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from training import augmentation, esc50
from training.bank import SIGNALS, Bank, Sound, open_bank
from training.frontend import WINDOW_SAMPLES, log_mel
from training.teacher import Teacher

SHARD_WINDOWS = 8192
VALIDATION = "validation"

_SHARES = {
    "esc50": 0.27,
    "effect": 0.33,
    "speech": 0.09,
    "music": 0.11,
    "instrument": 0.06,
    "synthetic": 0.14,
}
_LABELLED_SHARE = 0.25  # of a shard: ESC-50 alone, with its label
_SIGNAL_SHARE = 0.06  # synthesised signals alone
_QUIET_SHARE = 0.01  # digital silence and hiss
_ACTIVE_DB = 15.0  # a window this far below its recording's loudest may contain only background
_SEED = 20_261_201
_BATCH = 256

_Window = tuple[NDArray[np.float32], int]  # samples, category

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Drawer:
    """Random selection from the bank: a kind by its share, then a source, then a sound.

    Parameters
    ----------
    bank : Bank
        All sounds.
    held_out : bool
        Whether to select sounds for validation instead of those for training.
    """

    bank: Bank
    held_out: bool
    _groups: dict[str, dict[str, list[Sound]]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        groups: dict[str, dict[str, list[Sound]]] = {kind: {} for kind in _SHARES}
        for sound in self.bank.sounds:
            if sound.is_held_out == self.held_out and sound.fold in (
                0,
                *esc50.TRAINING_FOLDS,
                esc50.VALIDATION_FOLD,
            ):
                groups[sound.kind].setdefault(sound.source, []).append(sound)
        object.__setattr__(self, "_groups", groups)

    def sound(self, rng: np.random.Generator, kind: str | None = None) -> Sound:
        """Draw a sound of a kind; by default of a random kind."""
        groups = self._groups
        kinds = [name for name in _SHARES if groups[name]]
        shares = np.array([_SHARES[name] for name in kinds])
        own = groups[kind or str(rng.choice(kinds, p=shares / shares.sum()))]
        sizes = np.sqrt([len(sounds) for sounds in own.values()])
        source = str(rng.choice(list(own), p=sizes / sizes.sum()))
        return own[source][rng.integers(len(own[source]))]

    def signal(self, rng: np.random.Generator) -> NDArray[np.float32]:
        """Draw the samples of a synthesised signal."""
        own = self._groups["synthetic"][SIGNALS]
        return self.bank.read(own[rng.integers(len(own))])

    def samples(self, rng: np.random.Generator) -> NDArray[np.float32]:
        """Draw the samples of a sound."""
        return self.bank.read(self.sound(rng))


def make_shards(work: Path, n_shards: int, n_workers: int) -> None:
    """Make the training shards that are missing, and one for validation.

    Parameters
    ----------
    work : Path
        Contains ``bank``; ``windows`` is written. A shard takes 110 MB.
    n_shards : int
        Number of training shards.
    n_workers : int
        Number of processes.
    """
    (work / "windows").mkdir(exist_ok=True)
    names = [VALIDATION, *(f"{number:03d}" for number in range(n_shards))]
    missing = [(work, name) for name in names if not (work / "windows" / name).is_dir()]
    make_clip_windows(work)
    os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"
    with get_context("spawn").Pool(n_workers) as pool:
        for name in pool.imap_unordered(_make_shard, missing):
            _log.info("Windows: shard %s", name)


def make_clip_windows(work: Path) -> None:
    """Make the windows of ESC-50's clips, for evaluation."""
    target = work / "windows" / "esc50"
    if target.is_dir():
        return
    bank = open_bank(work)
    sounds = [sound for sound in bank.sounds if sound.source == "esc50"]
    cuts = [clip_windows(bank.read(sound)) for sound in sounds]
    sizes = [len(windows) for windows in cuts]
    made = iter(
        (window, esc50.CATEGORIES.index(sound.category))
        for sound, windows in zip(sounds, cuts, strict=True)
        for window in windows
    )
    folds = np.repeat(np.array([sound.fold for sound in sounds], np.int8), sizes)
    clips = np.repeat(np.arange(len(sounds), dtype=np.int32), sizes)
    _save(target, lambda: next(made), sum(sizes), fold=folds, clip=clips)


def _make_shard(task: tuple[Path, str]) -> str:
    work, name = task
    held_out = name == VALIDATION
    number = 1_000_000 if held_out else int(name)
    drawer = Drawer(open_bank(work), held_out)
    rng = np.random.default_rng((_SEED, number))
    _save(work / "windows" / name, lambda: _window(rng, drawer), SHARD_WINDOWS)
    return name


def _window(rng: np.random.Generator, drawer: Drawer) -> _Window:
    chance = rng.random()
    if chance < _QUIET_SHARE:
        hiss = rng.standard_normal(WINDOW_SAMPLES) * 10 ** (rng.uniform(-110, -50) / 20)
        return (hiss * (rng.random() < 0.8)).astype(np.float32), -1
    if chance < _QUIET_SHARE + _LABELLED_SHARE:
        return _labelled(rng, drawer)
    if chance > 1 - _SIGNAL_SHARE:
        window = augmentation.cut(rng, drawer.signal(rng))
        return augmentation.vary_alone(rng, window), -1
    return augmentation.vary(rng, lambda: drawer.samples(rng)), -1


def _labelled(rng: np.random.Generator, drawer: Drawer) -> _Window:
    """Make a window of ESC-50 alone, labelled only if it is within 15 dB of the clip's loudest."""
    sound = drawer.sound(rng, "esc50")
    samples = drawer.bank.read(sound)
    window = augmentation.cut(rng, samples)
    is_active = _rms(window) > loudest_rms(samples) * 10 ** (-_ACTIVE_DB / 20)
    if rng.random() < 0.6:
        window = augmentation.vary_alone(rng, window)
    return window, esc50.CATEGORIES.index(sound.category) if is_active else -1


def loudest_rms(samples: NDArray[np.float32]) -> float:
    """Return the RMS of a sound's loudest window, of those that start every 0.1 s."""
    if len(samples) <= WINDOW_SAMPLES:
        return float(np.sqrt(np.sum(samples**2) / WINDOW_SAMPLES))
    energy = np.concatenate([[0], np.cumsum(np.square(samples, dtype=np.float64))])
    starts = np.arange(0, len(samples) - WINDOW_SAMPLES + 1, 1600)
    return float(np.sqrt(np.max(energy[starts + WINDOW_SAMPLES] - energy[starts]) / WINDOW_SAMPLES))


def _rms(samples: NDArray[np.float32]) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))


def _save(
    target: Path, make: Callable[[], _Window], count: int, **more: NDArray[np.generic]
) -> None:
    teacher = Teacher()
    arrays: dict[str, list[NDArray[np.generic]]] = {
        "mel": [],
        "scores": [],
        "embeddings": [],
        "category": [],
    }
    for first in range(0, count, _BATCH):
        made = [make() for _ in range(min(_BATCH, count - first))]
        windows = np.stack([samples for samples, _ in made])
        scores, embeddings = teacher.hear(windows)
        arrays["mel"].append(log_mel(windows).astype(np.float16))
        arrays["scores"].append(scores.astype(np.float16))
        arrays["embeddings"].append(embeddings.astype(np.float16))
        arrays["category"].append(np.array([category for _, category in made], np.int8))
    part = target.with_suffix(".part")
    part.mkdir(exist_ok=True)
    for name, blocks in arrays.items():
        np.save(part / f"{name}.npy", np.concatenate(blocks))
    for name, array in more.items():
        np.save(part / f"{name}.npy", array)
    part.rename(target)


def clip_windows(samples: NDArray[np.float32], hop_samples: int = 7680) -> NDArray[np.float32]:
    """Cut a clip into windows as `models` does: shape (n_windows, 15600), the last one padded."""
    n_windows = 1 + -(-max(0, len(samples) - WINDOW_SAMPLES) // hop_samples)
    padded = np.zeros((n_windows - 1) * hop_samples + WINDOW_SAMPLES, np.float32)
    padded[: len(samples)] = samples
    return sliding_window_view(padded, WINDOW_SAMPLES)[::hop_samples]
