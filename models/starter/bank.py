"""The windows to learn from: cut, varied, heard by the teacher, and given their targets.

Conventions
-----------
A `Bank` holds features, not waveforms: magnitudes in mel bands, as the model's own front end
computes them (`models.starter.network`).
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.audio import Clip, load_clip
from models.classifier import Classifier
from models.starter import augment, debian, synthetic, targets
from models.starter.classes import MUSIC, SPEECH, from_teacher
from models.starter.esc import Recording
from models.starter.synthetic import SAMPLE_RATE, WINDOW_SAMPLES

Float32 = NDArray[np.float32]

_log = logging.getLogger(__name__)

_SILENCES = 0.04  # share of windows that hold next to nothing
_PAUSE_DBFS = -45.0  # quieter windows of speech and music are pauses, or a piece's end


@dataclass(frozen=True)
class Portions:
    """How many windows and sounds of each kind to make.

    Parameters
    ----------
    per_recording : int
        Windows of each of ESC-10's recordings.
    others : int
        Windows each of speech, of music, and of sounds that are none of the thirteen.
    sounds : int
        Prompts, spoken sentences and pieces of music that these are cut from, of each.
    """

    per_recording: int
    others: int
    sounds: int


@dataclass(frozen=True, eq=False)
class Bank:
    """Windows with what is to be learned about them.

    Parameters
    ----------
    mel : ndarray of float16, shape (n_windows, 64, 64)
        Magnitudes in mel bands, before the logarithm.
    targets : ndarray of float32, shape (n_windows, 13)
        What the model should score, in [0, 1].
    embeddings : ndarray of float16, shape (n_windows, 1024)
        What the teacher knows of each window.
    """

    mel: NDArray[np.float16]
    targets: Float32
    embeddings: NDArray[np.float16]


@dataclass(frozen=True, eq=False)
class _Sample:
    window: Float32
    target: Callable[[Float32], Float32]  # from the teacher's thirteen scores


def make_bank(
    recordings: Sequence[Recording],
    portions: Portions,
    teacher: Classifier,
    to_mel: Callable[[Float32], Float32],
    rng: np.random.Generator,
) -> Bank:
    """Make the windows that a model learns from.

    Parameters
    ----------
    recordings : sequence of Recording
        ESC-10's, of the folds to train on.
    portions : Portions
        How much of what.
    teacher : Classifier
        YAMNet.
    to_mel : callable
        From windows, shape (n_windows, 15600), to magnitudes, shape (n_windows, 64, 64).
    rng : Generator
        Where all chance comes from.
    """
    samples = _of_recordings(rng, recordings, portions)
    _log.info("%d windows of %d recordings", len(samples), len(recordings))
    speech = [*debian.prompts(rng, 3 * portions.sounds), *debian.spoken(rng, portions.sounds)]
    music = list(debian.played(rng, portions.sounds))
    samples += _of_sounds(rng, speech, portions.others, SPEECH)
    samples += _of_sounds(rng, music, portions.others, MUSIC)
    samples += _of_nothing_known(rng, portions.others)
    samples += _of_silence(rng, round(_SILENCES * len(samples)))
    _log.info("%d windows in all, now heard by the teacher", len(samples))
    return _heard(samples, teacher, to_mel)


def _of_recordings(
    rng: np.random.Generator, recordings: Sequence[Recording], portions: Portions
) -> list[_Sample]:
    samples: list[_Sample] = []
    for recording in recordings:
        clip = load_clip(recording.path).samples
        loudest_dbfs = max(
            augment.level_dbfs(clip[start : start + WINDOW_SAMPLES])
            for start in range(0, len(clip) - WINDOW_SAMPLES + 1, WINDOW_SAMPLES // 4)
        )
        for _ in range(portions.per_recording):
            dry = _cut(rng, clip)
            if augment.level_dbfs(dry) < targets.SILENT_DBFS and rng.random() < 0.7:
                dry = _cut(rng, clip)  # of silence there is plenty
            samples.append(_recorded(rng, recording.label, dry, loudest_dbfs))
    return samples


def _recorded(rng: np.random.Generator, label: str, dry: Float32, loudest_dbfs: float) -> _Sample:
    below_db = loudest_dbfs - augment.level_dbfs(dry)
    window = _varied(rng, dry)
    level = augment.level_dbfs(window)

    def target(teacher: Float32) -> Float32:
        return targets.recording_targets(label, teacher, level, below_db)

    return _Sample(window, target)


def _of_sounds(
    rng: np.random.Generator, sounds: Sequence[Float32], count: int, own: int
) -> list[_Sample]:
    samples = []
    for _ in range(count):
        window = _cut(rng, sounds[int(rng.integers(len(sounds)))])
        while augment.level_dbfs(window) < _PAUSE_DBFS:
            window = _cut(rng, sounds[int(rng.integers(len(sounds)))])
        samples.append(_other(_varied(rng, window), own))
    return samples


def _of_nothing_known(rng: np.random.Generator, count: int) -> list[_Sample]:
    makers, shares = zip(*synthetic.MAKERS, strict=True)
    samples = []
    for choice in rng.choice(len(makers), count, p=shares):
        gain_db = rng.uniform(-45, 0)
        samples.append(_other(augment.amplify(makers[choice](rng), gain_db), None))
    return samples


def _of_silence(rng: np.random.Generator, count: int) -> list[_Sample]:
    samples = [_other(np.zeros(WINDOW_SAMPLES, np.float32), None)]
    for _ in range(count - 1):
        window = augment.amplify(synthetic.noise(rng), rng.uniform(-100, -45))
        samples.append(_other(window, None))
    return samples


def _other(window: Float32, own: int | None) -> _Sample:
    level = augment.level_dbfs(window)
    return _Sample(window, lambda teacher: targets.other_targets(teacher, level, own))


def _cut(rng: np.random.Generator, sound: Float32) -> Float32:
    return (augment.cut_repitched if rng.random() < 0.6 else augment.cut)(rng, sound)


def _varied(rng: np.random.Generator, window: Float32) -> Float32:
    if rng.random() < 0.3:
        window = augment.reverberate(rng, window)
    if rng.random() < 0.2:
        window = augment.band_limit(rng, window)
    if rng.random() < 0.6:
        window = augment.amplify(window, rng.uniform(-20, 12))
    return window


def _heard(
    samples: list[_Sample], teacher: Classifier, to_mel: Callable[[Float32], Float32]
) -> Bank:
    """Let the teacher hear all windows, laid end to end in clips of some minutes."""
    mel, rows, embeddings = [], [], []
    window_s = WINDOW_SAMPLES / SAMPLE_RATE
    for start in range(0, len(samples), 500):
        some = samples[start : start + 500]
        windows = np.stack([sample.window for sample in some])
        clip = Clip.from_samples(windows.reshape(-1), SAMPLE_RATE)
        heard = from_teacher(teacher.classify(clip, hop_s=window_s).scores, teacher.labels)
        rows += [sample.target(row) for sample, row in zip(some, heard, strict=True)]
        embeddings.append(teacher.embed(clip, hop_s=window_s).astype(np.float16))
        mel.append(to_mel(windows).astype(np.float16))
    return Bank(np.concatenate(mel), np.stack(rows), np.concatenate(embeddings))
