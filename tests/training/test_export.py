"""The model's file: it computes what the weights say, and is read like YAMNet's."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from models.audio import Clip
from models.events import taxonomy
from models.inference import Classifier
from models.inference.engine_setup import open_scoring
from models.inference.model_file import read_model
from models.inference.split_engine import HalvesEngine
from models.tflite.runtimes import available_runtimes
from training import frontend
from training.export import SHIFT, Convolution, write_model

CHANNELS, STRIDES = (8, 12, 16, 512), (2, 2, 2, 2)


@pytest.fixture(scope="module")
def layers() -> tuple[list[Convolution], NDArray[np.float32], NDArray[np.float32]]:
    rng = np.random.default_rng(0)
    convolutions, n_in = [], 1
    for n_out, stride in zip(CHANNELS, STRIDES, strict=True):
        kernels = rng.normal(0, 1.2 / np.sqrt(9 * n_in), (n_out, 3, 3, n_in)).astype(np.float32)
        biases = rng.normal(0.3, 0.2, n_out).astype(np.float32)
        convolutions.append(Convolution(kernels, biases, stride, ceiling=20.0))
        n_in = n_out
    weights = rng.normal(0, 0.02, (521, 2 * n_in)).astype(np.float32)
    return convolutions, weights, rng.normal(-3, 1, 521).astype(np.float32)


@pytest.fixture(scope="module")
def path(
    layers: tuple[list[Convolution], NDArray[np.float32], NDArray[np.float32]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    written = tmp_path_factory.mktemp("model") / "model.tflite"
    written.write_bytes(write_model(*layers))
    return written


@pytest.fixture(scope="module")
def clip() -> Clip:
    rng = np.random.default_rng(1)
    loudness = np.repeat(10 ** rng.uniform(-3, -0.5, 40), 1600)
    samples = (rng.standard_normal(64_000) * loudness).astype(np.float32)
    return Clip.from_samples(samples, frontend.SAMPLE_RATE)


def convolve(seen: NDArray[np.float32], one: Convolution) -> NDArray[np.float32]:
    """Convolve (height, width, n) as TensorFlow does: for stride 2 zeros go behind only."""
    before = 1 if one.stride == 1 else 0
    padded = np.pad(seen, ((before, 1), (before, 1), (0, 0)))
    size = seen.shape[0] // one.stride
    result = np.zeros((size, size, len(one.biases)), np.float32) + one.biases
    for row in range(3):
        for column in range(3):
            part = padded[row :: one.stride, column :: one.stride][:size, :size]
            result += part @ one.kernels[:, row, column].T
    return np.clip(result, 0, one.ceiling)


def test_the_file_computes_what_its_weights_say(
    layers: tuple[list[Convolution], NDArray[np.float32], NDArray[np.float32]],
    path: Path,
    clip: Clip,
) -> None:
    convolutions, weights, biases = layers
    classifier = Classifier(path)
    seen = frontend.log_mel(clip.samples[None, : frontend.WINDOW_SAMPLES])[0, :, :, None] + SHIFT
    for one in convolutions:
        seen = convolve(seen, one)
    embedding = np.concatenate([seen.mean(axis=(0, 1)), seen.max(axis=(0, 1))])
    scores = 1 / (1 + np.exp(-(weights @ embedding + biases)))
    np.testing.assert_allclose(classifier.embed(clip)[0], embedding, atol=0.3)
    np.testing.assert_allclose(classifier.classify(clip).scores[0], scores, atol=0.03)


def test_it_has_yamnets_labels_and_contract(path: Path) -> None:
    classifier = Classifier(path)
    assert classifier.labels == taxonomy.labels()
    assert classifier.contract.sample_rate_known
    assert classifier.contract.sample_rate == 16_000
    assert classifier.contract.window_samples == 15_600
    assert classifier.contract.head.activation == "sigmoid"


def test_it_runs_in_halves(path: Path) -> None:
    classifier = Classifier(path)
    reading = read_model(path, "litert", None, None)
    engine, _ = open_scoring(path, "litert", classifier.contract, reading.interpreter)
    assert isinstance(engine, HalvesEngine)


@pytest.mark.runtimes
def test_both_runtimes_give_the_same_scores(path: Path, clip: Clip) -> None:
    if "tflite" not in available_runtimes():
        pytest.skip("TFLite Runtime ends with Python 3.11")
    first, second = (Classifier(path, runtime=name).classify(clip) for name in ("litert", "tflite"))
    np.testing.assert_allclose(first.scores, second.scores, atol=0.02)


def test_the_same_weights_give_the_same_bytes(
    layers: tuple[list[Convolution], NDArray[np.float32], NDArray[np.float32]], path: Path
) -> None:
    assert write_model(*layers) == path.read_bytes()
