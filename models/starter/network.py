"""The network, the front end that makes its input, and the training.

Conventions
-----------
The front end is YAMNet's (``features.py`` in tensorflow/models) but for its step: spectra of
25 ms in steps of 15 ms (YAMNet: 10 ms, which takes half as long again), Hann window, 64 mel bands
from 125 to 7500 Hz, logarithm of the magnitude plus 0.001. The network takes its 64 frames as a
picture of one channel.

TensorFlow is needed by this module and `models.starter.tflite_file` alone, which are imported
only when a training begins.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from models.starter import augment
from models.starter.bank import Bank
from models.starter.classes import LABELS

Float32 = NDArray[np.float32]

N_FRAMES, N_BANDS = 64, 64
LOG_OFFSET = 0.001

_SAMPLE_RATE, _FRAME, _STEP, _FFT = 16_000, 400, 240, 512
_LOWEST_HZ, _HIGHEST_HZ = 125.0, 7500.0

_WIDTHS = ((16, 2), (32, 2), (64, 2), (64, 1), (96, 2), (128, 1))
"""Channels and stride of each convolution of 3 by 3: 7.5 million multiplications together."""

_EMBEDDING_SIZE = 1024
_BATCH = 64
_PEAK_RATE = 2e-3  # learning rate after warm-up; falls to nothing along a cosine
_WEIGHT_DECAY = 1e-2
_TEACHING = 0.5  # weight of the teacher's embeddings beside the scores
_MIXED = 0.5  # share of windows that are mixed with another


def mel_magnitudes(waveforms: Any) -> Any:  # noqa: ANN401  # TensorFlow has no types
    """Compute magnitudes in mel bands, (..., 64, 64), of windows (..., 15600)."""
    spectra = tf.abs(tf.signal.stft(waveforms, _FRAME, _STEP, _FFT))
    return tf.tensordot(spectra, _mel_weights(), 1)


def _mel_weights() -> Any:  # noqa: ANN401
    with tf.init_scope():  # a constant, even where a graph is being made
        return tf.signal.linear_to_mel_weight_matrix(
            N_BANDS, _FFT // 2 + 1, _SAMPLE_RATE, _LOWEST_HZ, _HIGHEST_HZ
        ).numpy()


def to_mel(windows: Float32) -> Float32:
    """Compute magnitudes in mel bands of windows, shape (n_windows, 15600)."""
    magnitudes: Float32 = mel_magnitudes(tf.constant(windows)).numpy()
    return magnitudes


def logarithm(mel: Float32) -> Float32:
    """Turn magnitudes in mel bands into what the network takes."""
    logarithms: Float32 = np.log(mel + np.float32(LOG_OFFSET))
    return logarithms


def train_network(bank: Bank, *, n_steps: int, seed: int) -> Any:  # noqa: ANN401
    """Train a network on a bank of windows.

    Parameters
    ----------
    bank : Bank
        What to learn from.
    n_steps : int
        Batches of 64 windows to learn from.
    seed : int
        For the first weights and the order of all.

    Returns
    -------
    keras.Model
        From log-mel windows, shape (n, 64, 64, 1), to scores, shape (n, 13).
    """
    tf.keras.utils.set_random_seed(seed)
    student = _student()
    batches = _Batches(bank, n_steps, seed)
    student.compile(
        optimizer=tf.keras.optimizers.AdamW(
            tf.keras.optimizers.schedules.CosineDecay(
                0.0, n_steps, warmup_target=_PEAK_RATE, warmup_steps=n_steps // 20
            ),
            weight_decay=_WEIGHT_DECAY,
        ),
        loss={"scores": "binary_crossentropy", "embeddings": "mse"},
        loss_weights={"scores": 1.0, "embeddings": _TEACHING},
        jit_compile=True,
    )
    student.fit(batches, epochs=1, verbose=0, shuffle=False)
    return tf.keras.Model(student.input, student.get_layer("scores").output)


def _student() -> Any:  # noqa: ANN401
    layers = tf.keras.layers
    given = layers.Input((N_FRAMES, N_BANDS, 1))
    seen = given
    for channels, stride in _WIDTHS:
        seen = layers.Conv2D(channels, 3, stride, "same", use_bias=False)(seen)
        seen = layers.ReLU()(layers.BatchNormalization()(seen))
    pooled = layers.GlobalAveragePooling2D()(seen)
    # Only for the training: what the teacher knows, beyond the thirteen classes.
    taught = layers.Dense(_EMBEDDING_SIZE, name="embeddings")(pooled)
    scores = layers.Dense(len(LABELS), "sigmoid", name="scores")(layers.Dropout(0.2)(pooled))
    return tf.keras.Model(given, {"scores": scores, "embeddings": taught})


class _Batches(tf.keras.utils.PyDataset):
    """Batches of windows, mixed and disturbed anew each time they are drawn."""

    def __init__(self, bank: Bank, n_steps: int, seed: int) -> None:
        super().__init__()
        self._bank = bank
        self._n_steps = n_steps
        self._seed = seed
        self._mean = bank.embeddings.mean(axis=0, dtype=np.float32)
        self._deviation = bank.embeddings.std(axis=0, dtype=np.float32) + 0.05

    def __len__(self) -> int:
        return self._n_steps

    def __getitem__(self, index: int) -> tuple[Float32, dict[str, Float32], dict[str, Float32]]:
        rng = np.random.default_rng((self._seed, index))
        first, second = rng.integers(len(self._bank.mel), size=(2, _BATCH))
        mel, targets = self._bank.mel[first].astype(np.float32), self._bank.targets[first]
        mixed = rng.random(_BATCH) < _MIXED
        both = augment.mix(
            (mel, self._bank.mel[second].astype(np.float32)),
            (targets, self._bank.targets[second]),
            rng.uniform(-20, 10, _BATCH),
        )
        mel = np.where(mixed[:, None, None], both[0], mel)
        targets = np.where(mixed[:, None], both[1], targets)
        embeddings = (self._bank.embeddings[first] - self._mean) / self._deviation
        given = logarithm(augment.disturb(rng, mel))[..., None]
        # The teacher has not heard the mixes.
        weights = {"scores": np.ones(_BATCH, np.float32), "embeddings": 1.0 - mixed}
        return given, {"scores": targets, "embeddings": embeddings.astype(np.float32)}, weights
