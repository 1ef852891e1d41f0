"""Halves of a model give what the whole gives, to the bit, and make no spectrum twice."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.audio import Clip
from models.inference import Classifier, Contract, split_engine
from models.inference.engine_setup import open_scoring
from models.inference.engines import Engine, WindowEngine
from models.inference.model_file import read_model
from models.inference.split_engine import Halves, HalvesEngine
from models.tflite.runtimes import Runtime, available_runtimes, open_interpreter
from tests.models.inference.building import Graph, Model

NOISE = np.random.default_rng(4).uniform(-1, 1, 160_000).astype(np.float32)
NOISE *= np.linspace(0, 1, len(NOISE), dtype=np.float32)


def scoring(path: Path, runtime: Runtime = "litert") -> Engine:
    reading = read_model(path, runtime)
    engine, _ = open_scoring(path, runtime, reading.contract, reading.interpreter)
    return engine


def one_by_one(
    classifier: Classifier, clip: Clip, hop_s: float, path: Path | None = None
) -> np.ndarray:
    """What the model as it came gives for each window by itself; `path` is where it lies now."""
    interpreter = open_interpreter(path or classifier.path, classifier.runtime)
    whole = WindowEngine(interpreter, classifier.contract)
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
def test_the_builtin_models_halves_give_what_the_whole_gives(
    builtin: Classifier, hop_samples: int, n_samples: int
) -> None:
    clip = Clip.from_samples(NOISE[-n_samples:], 16_000)
    expected = one_by_one(builtin, clip, hop_samples / 16_000)
    timeline = builtin.classify(clip, hop_samples / 16_000)
    np.testing.assert_array_equal(timeline.scores, expected)


@pytest.mark.parametrize("runtime", available_runtimes())
def test_the_halves_give_what_the_whole_gives_on_each_runtime(
    builtin_path: Path, runtime: Runtime
) -> None:
    assert isinstance(scoring(builtin_path, runtime), HalvesEngine)
    halves_give_what_the_whole_gives(builtin_path, runtime)


@pytest.mark.model
@pytest.mark.parametrize("runtime", available_runtimes())
def test_yamnets_halves_give_what_the_whole_gives(yamnet_path: Path, runtime: Runtime) -> None:
    assert isinstance(scoring(yamnet_path, runtime), HalvesEngine)
    halves_give_what_the_whole_gives(yamnet_path, runtime)


def halves_give_what_the_whole_gives(path: Path, runtime: Runtime) -> None:
    clip = Clip.from_samples(NOISE[:100_000], 16_000)
    with closing(Classifier(path, runtime=runtime)) as classifier:
        for hop_s in (0.1, 0.333, 0.48, 0.975):
            expected = one_by_one(classifier, clip, hop_s)
            np.testing.assert_array_equal(classifier.classify(clip, hop_s).scores, expected)


class Counted(HalvesEngine):
    """Counts how often the front end runs."""

    def __init__(self, parts: Halves, path: Path, runtime: Runtime, contract: Contract) -> None:
        super().__init__(parts, path, runtime, contract)
        self.n_runs = 0
        make_spectra = self._make_spectra

        def counted() -> None:
            self.n_runs += 1
            make_spectra()

        self._make_spectra = counted


# The built-in model makes 64 spectra of a window, 240 samples apart.
@pytest.mark.parametrize(
    ("hop_samples", "n_windows", "n_runs"),
    [(240, 65, 2), (240, 16, 2), (7_680, 16, 9), (7_680, 1, 1), (15_360, 5, 5), (7_681, 5, 5)],
)
def test_no_spectrum_is_made_twice(
    builtin_path: Path, hop_samples: int, n_windows: int, n_runs: int
) -> None:
    engine = scoring(builtin_path)
    assert isinstance(engine, HalvesEngine)
    contract = read_model(builtin_path, "litert").contract
    counted = Counted(engine.halves, builtin_path, "litert", contract)
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


@dataclass(frozen=True)
class Made:
    """A model whose "spectra" are the stretches of its window, made louder.

    Parameters
    ----------
    stereo, dtype, sample_rate, step_samples, n_spectra
        What it takes, and how it cuts that.
    heads, last
        Classes of each of its outputs, and what makes scores of their values.
    factors : tuple of float
        How much louder the first spectra are; those behind them as much, in turn. All should be
        alike, wherever they are in the window.
    limited : bool
        Whether a spectrum is at least a ten-thousandth of the window's loudest sample: 80 dB, as
        is usual where levels are shown in decibels.
    bypass : bool
        Whether the back end looks at the window, too.
    """

    stereo: bool = False
    dtype: str = "float32"
    sample_rate: int = 16_000
    step_samples: int = 160
    n_spectra: int = 96
    heads: tuple[int, ...] = (3,)
    last: str = "LOGISTIC"
    factors: tuple[float, ...] = (2.0,)
    limited: bool = False
    bypass: bool = False

    @property
    def window(self) -> int:
        return self.n_spectra * self.step_samples

    def save(self, folder: Path) -> Path:
        made = Model()
        graph = made.graph()
        shape = [1, self.window, 2] if self.stereo else [self.window]
        scale = 0.0 if self.dtype == "float32" else 1 / 128
        given = graph.tensor(shape, self.dtype, scale=scale, name="waveform")
        window = self._mono(graph, given, shape)
        patch = self._patch(graph, window)
        flat = reshaped(graph, patch, [1, self.window])
        if self.bypass:
            flat, before = graph.tensor([1, self.window]), flat
            graph.operator("ADD", [before, reshaped(graph, window, [1, self.window])], [flat])
        graph.ends([given], [self._head(graph, flat, place) for place in range(len(self.heads))])
        path = folder / "model.tflite"
        path.write_bytes(made.file())
        return path

    def _mono(self, graph: Graph, given: int, shape: list[int]) -> int:
        floats = given
        if self.dtype != "float32":
            floats = graph.tensor(shape)
            graph.operator("DEQUANTIZE", [given], [floats])
        if not self.stereo:
            return floats
        axis = graph.tensor([1], "int32", data=np.array([2], np.int32))
        mono = graph.tensor([1, self.window])
        graph.operator("MEAN", [floats, axis], [mono], keepDims=False)
        return reshaped(graph, mono, [self.window])

    def _patch(self, graph: Graph, window: int) -> int:
        factors = np.resize(np.array(self.factors, np.float32), self.n_spectra)
        louder = multiplied(graph, window, np.repeat(factors, self.step_samples), [self.window])
        if self.limited:
            axis = graph.tensor([1], "int32", data=np.array([0], np.int32))
            loudest, louder_still = graph.tensor([1]), graph.tensor([self.window])
            graph.operator("REDUCE_MAX", [louder, axis], [loudest], keepDims=True)
            least = multiplied(graph, loudest, np.array([1e-4], np.float32), [1])
            graph.operator("MAXIMUM", [louder, least], [louder_still])
            louder = louder_still
        return reshaped(graph, louder, [1, self.n_spectra, self.step_samples, 1])

    def _head(self, graph: Graph, flat: int, place: int) -> int:
        n_classes = self.heads[place]
        generator = np.random.default_rng(place)
        weights = generator.normal(size=(n_classes, self.window)).astype(np.float32) / 50
        matrix = graph.tensor(weights.shape, data=weights)
        bias = graph.tensor([n_classes], data=np.zeros(n_classes, np.float32))
        values, scores = graph.tensor([1, n_classes]), graph.tensor([1, n_classes])
        graph.operator("FULLY_CONNECTED", [flat, matrix, bias], [values])
        options = {"beta": 1.0} if self.last == "SOFTMAX" else {}
        graph.operator(self.last, [values], [scores], **options)
        graph.parts.tensors[scores].name = f"head {place}"
        return scores


def assert_equal_to_the_whole(
    classifier: Classifier, sound: np.ndarray, path: Path | None = None
) -> None:
    rate = classifier.contract.sample_rate
    for hop_s in (0.48, 0.1, 0.0333, classifier.contract.window_s):
        clip = Clip.from_samples(sound, rate)
        expected = one_by_one(classifier, clip, hop_s, path)
        np.testing.assert_array_equal(classifier.classify(clip, hop_s).scores, expected)


@pytest.mark.parametrize(
    "made",
    [
        Made(),
        Made(stereo=True),
        Made(dtype="int8"),
        Made(dtype="int16", stereo=True),
        Made(heads=(3, 5), last="SOFTMAX"),
        Made(last="LOG_SOFTMAX"),
        Made(sample_rate=44_100, step_samples=441),
        Made(sample_rate=48_000, step_samples=720, n_spectra=33),
    ],
    ids=str,
)
def test_a_model_of_any_making_is_run_in_halves(tmp_path: Path, made: Made) -> None:
    path = made.save(tmp_path)
    for head in range(len(made.heads)):
        with closing(Classifier(path, sample_rate=made.sample_rate, head=head)) as classifier:
            reading = read_model(path, "litert", made.sample_rate)
            contract = reading.contract.choosing(head)
            engine, _ = open_scoring(path, "litert", contract, reading.interpreter)
            assert isinstance(engine, HalvesEngine)
            assert engine.halves.step_samples == made.step_samples
            assert_equal_to_the_whole(classifier, NOISE[-70_000:])


def uneven(n_spectra: int) -> tuple[float, ...]:
    return tuple(np.linspace(2, 3, n_spectra))


def but_for(place: int) -> tuple[float, ...]:
    return tuple(2.0 + (other == place) for other in range(96))


@pytest.mark.parametrize(
    "made",
    [
        *(Made(factors=uneven(n_spectra)) for n_spectra in (2, 3, 4, 24, 25, 96)),
        *(Made(factors=but_for(place)) for place in (0, 50, 95)),
        Made(n_spectra=64, step_samples=240, factors=uneven(16)),
        Made(limited=True),
        Made(bypass=True),
        Made(n_spectra=48, step_samples=320),
    ],
    ids=[
        *(f"every {n_spectra} spectra are uneven" for n_spectra in (2, 3, 4, 24, 25, 96)),
        *(f"all but spectrum {place} are even" for place in (0, 50, 95)),
        "every 16 of 64 spectra are uneven",
        "spectra of the whole window",
        "the window is looked at",
        "no such step",
    ],
)
def test_a_model_whose_halves_would_give_something_else_is_run_as_it_came(
    tmp_path: Path, made: Made
) -> None:
    path = made.save(tmp_path)
    assert isinstance(scoring(path), WindowEngine)
    with closing(Classifier(path)) as classifier:
        faint = NOISE[:60_000].copy()
        faint[::7_000] = 1
        assert_equal_to_the_whole(classifier, faint)


def test_what_kept_halves_from_being_tried_is_in_the_log(
    builtin_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It may be a mistake of the project's own."""

    def stumble(*_: object) -> None:
        raise ValueError("operands could not be broadcast together")

    monkeypatch.setattr(HalvesEngine, "patches", stumble)
    with caplog.at_level("INFO", logger=split_engine.__name__):
        assert isinstance(scoring(builtin_path), WindowEngine)
    (record,) = caplog.records
    assert builtin_path.name in record.message
    assert record.exc_info is not None
    assert record.exc_info[0] is ValueError


def test_a_large_model_is_run_as_it_came(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = Made().save(tmp_path)
    monkeypatch.setattr(split_engine, "MAX_FILE_BYTES", path.stat().st_size)
    assert isinstance(scoring(path), HalvesEngine)
    monkeypatch.setattr(split_engine, "MAX_FILE_BYTES", path.stat().st_size - 1)
    assert isinstance(scoring(path), WindowEngine)


def test_a_file_that_is_gone_stays_open(tmp_path: Path, builtin_path: Path) -> None:
    """Threads that begin later need it no more."""
    path = tmp_path / "gone.tflite"
    path.write_bytes(builtin_path.read_bytes())
    with closing(Classifier(path, workers=4)) as classifier:
        path.unlink()
        clip = Clip.from_samples(NOISE, 16_000)
        with closing(Classifier(builtin_path)) as other:
            np.testing.assert_array_equal(
                classifier.classify(clip).scores, other.classify(clip).scores
            )
