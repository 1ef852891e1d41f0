"""What a file says of itself, and that no file can make the reader stumble."""

import tracemalloc
from pathlib import Path

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.errors import ModelError
from models.tflite import Properties, network, read_network, read_properties
from models.tflite.runtimes import open_interpreter
from tests.hostile import forging
from tests.models.inference.building import HeadPlan, Plan, flatbuffer, metadata

WORDS = {"name": "Frogs", "description": "x" * 1_000, "version": "1", "licence": "CC0-1.0"}
STATED = metadata(sample_rate=48_000, channels=1, label_files=["", "b.txt"], author="A", **WORDS)


def test_numbers_are_those_of_the_schema() -> None:
    for number, name in network._OPERATORS.items():
        assert getattr(schema.BuiltinOperator, name) == number
    for number, dtype in network._DTYPES.items():
        assert getattr(schema.TensorType, dtype.upper()) == number


def test_it_is_what_the_runtime_reads(builtin_path: Path) -> None:
    read, interpreter = read_network(builtin_path), open_interpreter(builtin_path)
    for mine, theirs in (
        (read.inputs, interpreter.get_input_details()),
        (read.outputs, interpreter.get_output_details()),
    ):
        assert [one.name for one in mine] == [one["name"] for one in theirs]
        assert [one.shape for one in mine] == [tuple(one["shape"]) for one in theirs]
        assert [one.dtype for one in mine] == [np.dtype(one["dtype"]).name for one in theirs]


@pytest.mark.model
def test_yamnet_says_of_itself_what_it_takes(yamnet_path: Path) -> None:
    read = read_network(yamnet_path)
    assert read.last_operators == ("LOGISTIC",)
    stated = read_properties(read.metadata)
    assert stated.label_files == (("yamnet_label_list.txt",),)
    assert (stated.sample_rate, stated.channels, stated.version) == (16_000, 1, "v1")


def test_quantisation_is_read(tmp_path: Path) -> None:
    head = HeadPlan(3, "SOFTMAX", "int8", 1 / 256, -128, name="scores")
    plan = Plan((1, 4_000), (head,), "uint8", 1 / 128, 128, signature=(-1, 4_000))
    read = read_network(plan.save(tmp_path))
    (taken,), (given_,) = read.outputs, read.inputs
    assert (given_.dtype, given_.scale, given_.zero_point) == ("uint8", 1 / 128, 128)
    assert (given_.shape, given_.signature) == ((1, 4_000), (-1, 4_000))
    assert (taken.dtype, taken.scale, taken.zero_point) == ("int8", 1 / 256, -128)
    assert read.last_operators == ("SOFTMAX",)


def test_metadata_is_read() -> None:
    assert read_properties(STATED) == Properties(
        author="A", sample_rate=48_000, channels=1, label_files=((), ("b.txt",)), **WORDS
    )
    assert read_properties(b"") == Properties()
    image = flatbuffer({3: [{2: [{3: {0: ("Uint8", 2), 1: {0: ("Uint32", 48_000)}}}]}]})
    assert read_properties(image).sample_rate is None


def damage(content: bytes, cut: float, flips: list[tuple[float, int]]) -> bytes:
    values = bytearray(content)
    for place, bit in flips:
        values[int(place * len(values))] ^= 1 << bit
    return bytes(values[: int(cut * len(values))])


PLACES = st.floats(0, 1, exclude_max=True)
DAMAGE = {
    "cut": st.one_of(st.just(1.0), PLACES),
    "flips": st.lists(st.tuples(PLACES, st.integers(0, 7)), max_size=20),
}
SMALL = Plan((1, 500), (HeadPlan(1),), metadata=STATED).content()


@given(**DAMAGE)
@settings(max_examples=300)
def test_damaged_metadata_states_less(cut: float, flips: list[tuple[float, int]]) -> None:
    assert isinstance(read_properties(damage(STATED, cut, flips)), Properties)


@given(**DAMAGE)
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_file_is_read_or_refused(
    tmp_path: Path, cut: float, flips: list[tuple[float, int]]
) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(damage(SMALL, cut, flips))
    try:
        assert isinstance(read_network(path), network.Network)
    except ModelError as error:
        assert "model.tflite" in error.arrived


def test_operators_that_feed_each_other_in_a_circle(tmp_path: Path) -> None:
    """Both outputs of a file whose last RESHAPE was made to read what it gives."""
    path = Plan((1, 500), (HeadPlan(1, shape=(1, 1)),)).save(tmp_path)
    content = bytearray(path.read_bytes())
    model = schema.ModelT.InitFromPackedBuf(content)
    (graph,) = model.subgraphs
    last = graph.operators[-1]
    last.inputs[0] = last.outputs[0]
    builder = flatbuffers.Builder(1 << 12)
    builder.Finish(model.Pack(builder), b"TFL3")
    path.write_bytes(bytes(builder.Output()))
    assert read_network(path).last_operators == ("",)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (forging.many_operators_with_one_name(60_000), "more than 16,777,216 bytes"),
        (forging.many_outputs_of_one_tensor(250), "more than 16,777,216 bytes"),
        (forging.many_outputs_of_one_tensor(60_000, 1), "60,000 outputs, more than 256"),
        (forging.many_operators_with_one_name(70_000, b"x"), "70,000 items, more than 65,536"),
    ],
)
def test_what_small_files_refer_to_again_and_again_is_bounded(
    tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(content)
    tracemalloc.start()
    try:
        with pytest.raises(ModelError, match=said):
            read_network(path)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 64 << 20


def test_names_of_lists_that_are_referred_to_again_and_again_are_bounded() -> None:
    assert read_properties(forging.metadata_of_many_tensors(200)).label_files
    assert read_properties(forging.metadata_of_many_tensors(60_000)) == Properties()
