"""Inputs of flattened features are told from waveforms, and a sample rate is filled in."""

from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit

from models.audio import Clip
from models.errors import ModelError
from models.inference import Classifier
from models.opening import describe_model
from models.tflite.runtimes import Runtime, available_runtimes
from tests.models.inference.building import HeadPlan, Model, Plan, flatbuffer, metadata

RUNTIMES = available_runtimes()
N = 4_000


def refused(path: Path) -> ModelError:
    with pytest.raises(ModelError) as caught:
        Classifier(path, workers=1)
    assert "features of a sound, not its waveform" in caught.value.arrived
    assert "takes the waveform" in caught.value.remedy
    with pytest.raises(ModelError) as probed:
        describe_model(path)
    assert str(probed.value) == str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("dtype", "scale", "zero_point", "told"),
    [
        ("int8", 0.1, -128, "from 0 to 25.5"),  # tflite-micro's micro_speech
        ("int8", 0.3, 127, "from -76.5 to 0"),  # decibels
        ("int8", 0.1, -100, "from -2.8 to 22.7"),
        ("uint8", 1 / 255, 0, "from 0 to 1"),
        ("int16", 0.01, -32_768, "from 0 to 655.35"),
    ],
)
def test_a_range_that_is_no_waveforms(
    tmp_path: Path, dtype: str, scale: float, zero_point: int, told: str
) -> None:
    plan = Plan((1, 1_960), (HeadPlan(4, "SOFTMAX"),), dtype, scale, zero_point)
    assert told in refused(plan.save(tmp_path)).arrived


@pytest.mark.parametrize(
    ("dtype", "scale", "zero_point"),
    [
        ("int8", 1 / 128, 0),
        ("int8", 0.006, 20),
        ("uint8", 1 / 128, 128),
        ("uint8", 0, 0),
        ("int16", 1 / 32_768, 0),
    ],
)
def test_ranges_of_waveforms(tmp_path: Path, dtype: str, scale: float, zero_point: int) -> None:
    plan = Plan((1, 1_960), (HeadPlan(4, "SOFTMAX"),), dtype, scale, zero_point)
    Classifier(plan.save(tmp_path), workers=1).close()


def test_an_autoencoder(tmp_path: Path) -> None:
    plan = Plan((1, 640), (HeadPlan(640),))
    assert "as many values as it takes, 640" in refused(plan.save(tmp_path)).arrived


@pytest.mark.parametrize(
    "name",
    [
        "mfcc_input",
        "serving_default_melSpectrogram:0",
        "log-mel",
        "features",
        "audio_features:0",
        "fbank",
        "Reshape_1",
        "model/reshape",
        "spectrograms",
        "stft",
    ],
)
def test_names_of_features(tmp_path: Path, name: str) -> None:
    told = refused(Plan(name=name).save(tmp_path)).arrived
    assert ("behind other operators" if "eshape" in name else "its input is called") in told


@pytest.mark.parametrize(
    ("slot", "text"), [(0, "mfcc"), (1, "A log-mel spectrogram of one second.")]
)
def test_metadata_that_names_features(tmp_path: Path, slot: int, text: str) -> None:
    content = flatbuffer({3: [{2: [{slot: text}]}]})
    assert "its input is called" in refused(Plan(metadata=content).save(tmp_path)).arrived


def test_a_description_of_a_waveform_may_name_features(tmp_path: Path) -> None:
    told = "Raw audio, of which the model makes a spectrogram."
    plan = Plan(metadata=flatbuffer({3: [{2: [{1: told}]}]}))
    Classifier(plan.save(tmp_path), workers=1).close()


@pytest.mark.parametrize("name", ["audio_clip", "reshape_input", "caramel", "x", "input_1", ""])
def test_names_of_waveforms(tmp_path: Path, name: str) -> None:
    Classifier(Plan(name=name).save(tmp_path), workers=1).close()


def test_metadata_that_states_a_sample_rate_outweighs_a_name(tmp_path: Path) -> None:
    content = metadata(sample_rate=16_000, channels=1)
    Classifier(Plan(name="features", metadata=content).save(tmp_path), workers=1).close()


def convolved(shape: tuple[int, ...], n_values: int) -> bytes:
    """A model that reshapes its input, convolves it, and gives two values of the result."""
    model = Model()
    graph = model.graph()
    given = graph.tensor([1, n_values], name="x")
    picture = graph.tensor(shape)
    wanted = graph.tensor([4], "int32", data=np.array(shape, np.int32))
    graph.operator("RESHAPE", [given, wanted], [picture], newShape=list(shape))
    kernel = graph.tensor(
        (2, 1, 1, shape[-1]), data=np.full((2, 1, 1, shape[-1]), 0.01, np.float32)
    )
    bias = graph.tensor([2], data=np.zeros(2, np.float32))
    made = graph.tensor((*shape[:3], 2))
    graph.operator(
        "CONV_2D", [picture, kernel, bias], [made], kind="Conv2D", padding=0, strideW=1, strideH=1
    )
    axes = graph.tensor([2], "int32", data=np.array([1, 2], np.int32))
    pooled = graph.tensor([1, 2])
    graph.operator("MEAN", [made, axes], [pooled], kind="Reducer", keepDims=False)
    scores = graph.tensor([1, 2], name="scores")
    graph.operator("LOGISTIC", [pooled], [scores])
    graph.ends([given], [scores])
    return model.file()


@pytest.mark.parametrize(
    ("shape", "sides"), [((1, 49, 40, 1), "49 by 40"), ((1, 1, 50, 13), "50 by 13")]
)
def test_rows_that_are_convolved_as_pictures(
    tmp_path: Path, shape: tuple[int, ...], sides: str
) -> None:
    path = tmp_path / "m.tflite"
    path.write_bytes(convolved(shape, int(np.prod(shape))))
    assert f"as a picture of {sides}" in refused(path).arrived


@pytest.mark.parametrize("shape", [(1, 1, N, 1), (1, N, 1, 1), (1, 100, 1, 160)])
def test_rows_that_are_convolved_along_time(tmp_path: Path, shape: tuple[int, ...]) -> None:
    path = tmp_path / "m.tflite"
    path.write_bytes(convolved(shape, int(np.prod(shape))))
    Classifier(path, workers=1).close()


def with_rate(names: tuple[str, str], *, rate_first: bool = False, dtype: str = "int32") -> bytes:
    """A model whose scores are sigmoids of the first two samples plus the rate in tens of kHz."""
    model = Model()
    graph = model.graph()
    waveform = graph.tensor([N, 1], name=names[0])
    rate = graph.tensor([1], dtype, name=names[1])
    start, size = (
        graph.tensor([2], "int32", data=np.array(each, np.int32)) for each in ([0, 0], [2, 1])
    )
    first = graph.tensor([2, 1])
    graph.operator("SLICE", [waveform, start, size], [first])
    real = graph.tensor([1])
    graph.operator("CAST", [rate], [real], inDataType=2 if dtype == "int32" else 0, outDataType=0)
    factor = graph.tensor([1], data=np.array([1e-4], np.float32))
    scaled, added = graph.tensor([1]), graph.tensor([2, 1])
    graph.operator("MUL", [real, factor], [scaled])
    graph.operator("ADD", [first, scaled], [added])
    scores = graph.tensor([2, 1], name="scores")
    graph.operator("LOGISTIC", [added], [scores])
    graph.ends([rate, waveform] if rate_first else [waveform, rate], [scores])
    return model.file()


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize(
    ("names", "options"),
    [
        (("decoded_sample_data", "decoded_sample_data:1"), {}),
        (("decoded_sample_data:0", "decoded_sample_data:1"), {}),
        (("audio", "sample_rate"), {"rate_first": True}),
        (("audio", "serving_default_rate:0"), {"dtype": "float32"}),
    ],
)
@pytest.mark.parametrize("sample_rate", [16_000, 8_000])
def test_an_input_of_the_sample_rate_is_filled_in(
    tmp_path: Path,
    names: tuple[str, str],
    options: dict[str, object],
    sample_rate: int,
    runtime: Runtime,
) -> None:
    path = tmp_path / "m.tflite"
    path.write_bytes(with_rate(names, **options))
    classifier = Classifier(path, workers=1, sample_rate=sample_rate, runtime=runtime)
    samples = np.random.default_rng(0).uniform(-0.9, 0.9, 4 * N).astype(np.float32)
    scores = classifier.classify(
        Clip.from_samples(samples, sample_rate), hop_s=N / sample_rate
    ).scores
    classifier.close()
    expected = expit(samples.reshape(4, N)[:, :2] + sample_rate * 1e-4)
    np.testing.assert_allclose(scores, expected, atol=1e-6)


@pytest.mark.parametrize("names", [("audio", "length"), ("audio", "separate"), ("audio", "b:1")])
def test_another_second_input_is_refused(tmp_path: Path, names: tuple[str, str]) -> None:
    path = tmp_path / "m.tflite"
    path.write_bytes(with_rate(names))
    with pytest.raises(ModelError, match=f"takes 2 inputs \\(audio, {names[1]}\\)"):
        Classifier(path, workers=1)
