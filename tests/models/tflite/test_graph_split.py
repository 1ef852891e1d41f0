"""Where a network is cut, and that no file makes the cutting stumble."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from models.tflite import read_network
from models.tflite.flatbuffer import Table
from models.tflite.graph_split import cut
from models.tflite.runtimes import open_interpreter
from tests.models.inference.building import Model, Plan
from tests.models.tflite.test_network import DAMAGE, damage


def read(content: bytes, folder: Path) -> tuple[tuple[int, ...], ...]:
    """Shapes that a model's file states of its input and output."""
    path = folder / "part.tflite"
    path.write_bytes(content)
    network = read_network(path)
    return network.inputs[0].shape, network.outputs[0].shape


def test_the_builtin_model_is_cut_at_its_patch(builtin_path: Path, tmp_path: Path) -> None:
    content = builtin_path.read_bytes()
    found = cut(content)
    assert found is not None
    assert (found.n_spectra, found.n_bands) == (64, 64)
    assert read(found.front_end, tmp_path) == ((15_600,), (1, 64, 64, 1))
    assert read(found.back_end, tmp_path) == ((1, 64, 64, 1), (1, 521))


def test_few_bytes_are_changed(builtin_path: Path) -> None:
    """Weights stay where they are."""
    content = builtin_path.read_bytes()
    found = cut(content)
    assert found is not None
    for part in (found.front_end, found.back_end):
        assert len(part) == len(content)
        changed = np.frombuffer(part, np.uint8) != np.frombuffer(content, np.uint8)
        assert 0 < np.count_nonzero(changed) <= 16


@pytest.mark.model
def test_yamnets_front_end_makes_its_log_mel_patch(yamnet_path: Path) -> None:
    found = cut(yamnet_path.read_bytes())
    assert found is not None
    whole = open_interpreter(yamnet_path, keep_tensors=True)
    part = open_interpreter(yamnet_path, content=found.front_end)
    samples = np.random.default_rng(0).uniform(-1, 1, 15_600).astype(np.float32)
    (kept,) = (
        one["index"]
        for one in whole.get_tensor_details()
        if tuple(one["shape"]) == (1, 96, 64) and one["dtype"] is np.int8
    )
    for interpreter in (whole, part):
        interpreter.tensor(interpreter.get_input_details()[0]["index"])()[:] = samples
        interpreter.invoke()
    patch = part.tensor(part.get_output_details()[0]["index"])()
    np.testing.assert_array_equal(patch[..., 0], whole.tensor(kept)())


def test_a_network_without_a_patch_is_not_cut() -> None:
    assert cut(Plan().content()) is None


def test_what_cuts_its_windows_itself_is_not_cut(dynamic_path: Path) -> None:
    assert cut(dynamic_path.read_bytes()) is None


def many_patches(n_operators: int) -> bytes:
    """Each patch would be a place but for the window, which is looked at again at the end."""
    model = Model()
    graph = model.graph()
    window, last = graph.tensor([1, 96, 160, 1]), graph.tensor([1, 96, 160, 1], name="scores")
    patch = window
    for _ in range(n_operators):
        made = graph.tensor([1, 96, 160, 1])
        graph.operator("LOGISTIC", [patch], [made])
        patch = made
    graph.operator("ADD", [patch, window], [last])
    graph.ends([window], [last])
    return model.file()


def test_many_patches_beside_the_window_are_passed_over_in_one_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Twice the operators take twice the reading: a file cannot make the search take ages."""
    read_integers, slots_read = Table.integers, []

    def counted(table: Table, slot: int) -> tuple[int, ...]:
        slots_read.append(slot)
        return read_integers(table, slot)

    monkeypatch.setattr(Table, "integers", counted)
    n_read = []
    for n_operators in (200, 400):
        slots_read.clear()
        assert cut(many_patches(n_operators)) is None
        n_read.append(len(slots_read))
    few, many = n_read
    assert 200 < few < many <= 2 * few


@settings(max_examples=300, suppress_health_check=list(HealthCheck))
@given(**DAMAGE)
def test_damage_is_no_stumbling_block(
    builtin_path: Path, cut: float, flips: list[tuple[float, int]]
) -> None:
    content = builtin_path.read_bytes()
    damaged = damage(content, cut, [(place * 0.05, bit) for place, bit in flips])
    assert damaged_parts(damaged) in ([], [len(damaged)] * 2)


def damaged_parts(content: bytes) -> list[int]:
    found = cut(content)
    return [] if found is None else [len(found.front_end), len(found.back_end)]
