"""Halves of a model give what the whole gives, to the bit, and make no spectrum twice."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.audio import Clip
from models.classifier import Classifier, Contract
from models.classifier.engines import Engine, WindowEngine
from models.classifier.halves import Halves, HalvesEngine
from models.classifier.opening import open_scoring
from models.classifier.reading import read_model
from models.runtimes import Runtime, available_runtimes, open_interpreter
from tests.models.classifier.building import Graph, Model

WINDOW = 15_360
N_SPECTRA, SPECTRUM = 96, 160
NOISE = np.random.default_rng(4).uniform(-1, 1, 160_000).astype(np.float32)
NOISE *= np.linspace(0, 1, len(NOISE), dtype=np.float32)


def scoring(path: Path, runtime: Runtime = "litert") -> Engine:
    reading = read_model(path, runtime)
    engine, _ = open_scoring(path, runtime, reading.contract, reading.interpreter)
    return engine


def one_by_one(classifier: Classifier, clip: Clip, hop_s: float) -> np.ndarray:
    """What the model as it came gives for each window by itself."""
    whole = WindowEngine(open_interpreter(classifier.path, classifier.runtime), classifier.contract)
    framing = classifier.framing(hop_s)
    n_frames = framing.n_frames(len(clip.samples))
    rows = np.empty((n_frames, len(classifier.labels)), np.float32)
    for row, window in zip(rows, framing.windows(clip.samples, 0, n_frames), strict=True):
        whole.run(window, framing.hop_samples, row[np.newaxis])
    return rows


@given(
    hop_samples=st.one_of(st.integers(700, 15_600), st.sampled_from([240, 2_400, 7_680, 15_600])),
    n_samples=st.integers(1, 60_000),
)
def test_the_starters_halves_give_what_the_whole_gives(
    starter: Classifier, hop_samples: int, n_samples: int
) -> None:
    clip = Clip.from_samples(NOISE[-n_samples:], 16_000)
    expected = one_by_one(starter, clip, hop_samples / 16_000)
    timeline = starter.classify(clip, hop_samples / 16_000)
    np.testing.assert_array_equal(timeline.scores, expected)


@pytest.mark.model
@pytest.mark.parametrize("runtime", available_runtimes())
@pytest.mark.parametrize("hop_s", [0.1, 0.333, 0.48, 0.975])
def test_yamnets_halves_give_what_the_whole_gives(
    yamnet_path: Path, runtime: Runtime, hop_s: float
) -> None:
    classifier = Classifier(yamnet_path, runtime=runtime)
    clip = Clip.from_samples(NOISE[:100_000], 16_000)
    expected = one_by_one(classifier, clip, hop_s)
    np.testing.assert_array_equal(classifier.classify(clip, hop_s).scores, expected)
    classifier.close()


@pytest.mark.model
def test_yamnet_is_run_in_halves(yamnet_path: Path) -> None:
    assert isinstance(scoring(yamnet_path), HalvesEngine)


class Counted(HalvesEngine):
    """Counts how often the front end runs."""

    def __init__(self, halves: Halves, path: Path, runtime: Runtime, contract: Contract) -> None:
        super().__init__(halves, path, runtime, contract)
        self.n_runs = 0
        make_spectra = self._make_spectra

        def counted() -> None:
            self.n_runs += 1
            make_spectra()

        self._make_spectra = counted


# The starter makes 64 spectra of a window, 240 samples apart.
@pytest.mark.parametrize(
    ("hop_samples", "n_windows", "n_runs"),
    [(240, 65, 2), (240, 16, 2), (7_680, 16, 9), (7_680, 1, 1), (15_360, 5, 5), (7_681, 5, 5)],
)
def test_no_spectrum_is_made_twice(
    starter_path: Path, hop_samples: int, n_windows: int, n_runs: int
) -> None:
    engine = scoring(starter_path)
    assert isinstance(engine, HalvesEngine)
    contract = read_model(starter_path, "litert").contract
    counted = Counted(engine.halves, starter_path, "litert", contract)
    n_samples = contract.window_samples + (n_windows - 1) * hop_samples
    rows, expected = np.empty((2, n_windows, contract.n_classes), np.float32)
    counted.run(NOISE[:n_samples], hop_samples, rows)
    assert counted.n_runs == n_runs
    engine.run(NOISE[:n_samples], hop_samples, expected)
    np.testing.assert_array_equal(rows, expected)


def reshaped(graph: Graph, tensor: int, shape: list[int]) -> int:
    wanted = graph.tensor([len(shape)], "int32", data=np.array(shape, np.int32))
    made = graph.tensor([abs(length) for length in shape])
    graph.operator("RESHAPE", [tensor, wanted], [made])
    return made


def multiplied(graph: Graph, tensor: int, factors: np.ndarray, shape: list[int]) -> int:
    made = graph.tensor(shape)
    graph.operator("MUL", [tensor, graph.tensor(factors.shape, data=factors)], [made])
    return made


def model(
    folder: Path,
    *,
    uneven: bool = False,
    fixed: bool = False,
    bypass: bool = False,
    n_spectra: int = N_SPECTRA,
) -> Path:
    """Write a model whose "spectra" are the stretches of its window, twice as loud.

    Parameters
    ----------
    folder : Path
        To write it to.
    uneven : bool
        Whether what a spectrum is depends on its place in the window.
    fixed : bool
        Whether the network takes one picture at a time and no more.
    bypass : bool
        Whether the network looks at the window, too.
    n_spectra : int
        In how many it cuts the window.
    """
    made = Model()
    graph = made.graph()
    given = graph.tensor([WINDOW], name="waveform")
    factors = np.linspace(1, 2, WINDOW) if uneven else np.full(WINDOW, 2)
    louder = multiplied(graph, given, factors.astype(np.float32), [WINDOW])
    picture = reshaped(graph, louder, [1, n_spectra, WINDOW // n_spectra, 1])
    flat = reshaped(graph, picture, [1 if fixed else -1, WINDOW])
    generator = np.random.default_rng(0)
    weights = generator.normal(size=(3, WINDOW)).astype(np.float32) / 50
    matrix = graph.tensor(weights.shape, data=weights)
    bias = graph.tensor([3], data=np.zeros(3, np.float32))
    if bypass:
        added = graph.tensor([1, WINDOW])
        graph.operator("ADD", [flat, reshaped(graph, given, [1, WINDOW])], [added])
        flat = added
    logits, scores = graph.tensor([1, 3]), graph.tensor([1, 3], name="scores")
    graph.operator("FULLY_CONNECTED", [flat, matrix, bias], [logits])
    graph.operator("LOGISTIC", [logits], [scores])
    graph.ends([given], [scores])
    path = folder / "model.tflite"
    path.write_bytes(made.file())
    return path


@pytest.fixture
def classifiers() -> Iterator[list[Classifier]]:
    opened: list[Classifier] = []
    yield opened
    for classifier in opened:
        classifier.close()


def test_a_network_of_any_making_is_run_in_halves(tmp_path: Path) -> None:
    engine = scoring(model(tmp_path))
    assert isinstance(engine, HalvesEngine)
    assert engine.halves.step_samples == SPECTRUM
    assert isinstance(engine.halves, Halves)


@pytest.mark.parametrize(
    "other",
    [{"uneven": True}, {"fixed": True}, {"bypass": True}, {"n_spectra": 48}],
    ids=["uneven spectra", "one picture at a time", "the window is looked at", "another step"],
)
def test_a_model_whose_halves_would_give_something_else_is_run_as_it_came(
    tmp_path: Path, classifiers: list[Classifier], other: dict[str, Any]
) -> None:
    path = model(tmp_path, **other)
    assert isinstance(scoring(path), WindowEngine)
    classifiers.append(Classifier(path))
    clip = Clip.from_samples(NOISE[:50_000], 16_000)
    expected = one_by_one(classifiers[0], clip, 0.48)
    np.testing.assert_array_equal(classifiers[0].classify(clip, 0.48).scores, expected)
