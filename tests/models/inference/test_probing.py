"""Models from anywhere: described, or refused with a reason, and never the end of this process."""

import io
import json
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from models.audio import Clip
from models.errors import ModelError, SettingError
from models.inference import Classifier, ModelDescription, probing
from models.inference.probing import ProbeLimits
from models.opening import describe_model, open_classifier
from models.registry.catalog import BUILTIN, CATALOG, find_model
from models.tflite.runtimes import Runtime, available_runtimes
from tests.models.inference.building import (
    HeadPlan,
    Plan,
    crashing,
    endless,
    foreign,
    greedy,
    metadata,
)

RUNTIMES = available_runtimes()


@pytest.fixture(params=["each way once", pytest.param("many", marks=pytest.mark.slow)])
def n_damaged(request: pytest.FixtureRequest) -> int:
    """Damaged files of each model: 12 in a row are damaged in as many ways."""
    count: int = request.config.getoption("--damaged-models")
    return 12 if request.param == "each way once" else count


def saved(folder: Path, content: bytes, name: str = "model.tflite") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def crash(
    folder: Path, name: str = "model.tflite", runtime: Runtime = "litert"
) -> tuple[Path, ModelError]:
    """Have a file crash the process that describes it, and tell what is said of that."""
    for n_unused in range(0, 160, 20):
        path = saved(folder, crashing(n_unused), name)
        with pytest.raises(ModelError) as caught:
            describe_model(path, runtime=runtime)
        if "crashed" in caught.value.arrived:
            break
    return path, caught.value


@pytest.mark.model
def test_yamnet_is_described(yamnet_path: Path, yamnet: Classifier) -> None:
    described = describe_model(yamnet_path)
    assert described.name == "yamnet/classification"
    assert described.author == "TensorFlow"
    assert described.licence.startswith("Apache")
    assert (described.sample_rate, described.channels) == (16_000, 1)
    assert (described.input_shape, described.input_dtype) == ((15_600,), "float32")
    assert (described.window_samples, described.hop_samples) == (15_600, None)
    assert described.has_embeddings
    assert described.window_ms > 0
    (head,) = described.heads
    assert head.labels == yamnet.labels
    assert (head.labels_source, head.labels_file) == ("packed", "yamnet_label_list.txt")
    assert (head.activation, head.squashing) == ("sigmoid", None)
    assert described.size_bytes == yamnet_path.stat().st_size


def test_the_original_yamnet_is_described(dynamic_path: Path) -> None:
    described = describe_model(dynamic_path)
    assert described.input_shape == (-1,)
    assert described.hop_samples == 7_680
    assert described.heads[0].labels_source == "yamnet"
    assert described.has_embeddings


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_model_of_ones_own_is_described(tmp_path: Path, runtime: Runtime) -> None:
    heads = (HeadPlan(5, name="a"), HeadPlan(3, "SOFTMAX", "int8", 1 / 256, -128, name="b"))
    plan = Plan((1, 4_000, 1), heads, "int16", 1 / 32_768, metadata=metadata(name="Two"))
    path = plan.save(tmp_path)
    (tmp_path / "model_labels.txt").write_text("0 Dog\n1 Cat\n2 Rain\n")
    described = describe_model(path, runtime=runtime)
    assert described.name == "Two"
    assert described.sample_rate is None
    assert (described.input_shape, described.input_dtype) == ((1, 4_000, 1), "int16")
    assert described.usual_head == 1
    first, second = described.heads
    assert (first.name, first.n_classes, first.activation) == ("a", 5, "logits")
    assert (first.labels_source, first.squashing) == ("numbered", "softmax")
    assert second.labels == ("Dog", "Cat", "Rain")
    assert (second.labels_source, second.labels_file) == ("beside", "model_labels.txt")
    assert not described.has_embeddings
    assert describe_model(path, runtime=runtime, sample_rate=8_000).sample_rate == 8_000
    assert ModelDescription.from_json(json.loads(json.dumps(described.as_json()))) == described


@pytest.mark.recordings
@pytest.mark.parametrize(
    ("name", "reason", "remedy"),
    [
        ("person_detect_model.tflite", "an image", "YAMNet/classification"),
        ("yamnet_spectra_in.tflite", "a spectrogram.*log-mel", "YAMNet/classification"),
    ],
)
def test_real_files_that_are_no_waveform_classifier(
    shared_models: Path, name: str, reason: str, remedy: str
) -> None:
    with pytest.raises(ModelError, match=reason) as caught:
        describe_model(shared_models / name)
    assert remedy in caught.value.remedy


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    for path, reason in (
        (tmp_path, "is a folder"),
        (tmp_path / "missing.tflite", "no model file"),
        (saved(tmp_path, b""), "it is empty"),
        (saved(tmp_path, foreign(), "foreign.tflite"), "FlexRFFT"),
    ):
        with pytest.raises(ModelError, match=reason):
            describe_model(path)
    with pytest.raises(ModelError, match="not a TFLite file") as caught:
        describe_model(saved(tmp_path, b"index,mid,display_name\n0,/m/09x0r,Speech\n", "map.csv"))
    assert "convert" in caught.value.remedy


def test_a_files_name_is_not_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    crash(tmp_path, "telling.tflite")
    assert "a probe ended" in caplog.text
    assert "telling" not in caplog.text


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_crash_ends_in_a_message(tmp_path: Path, runtime: Runtime) -> None:
    _, told = crash(tmp_path, runtime=runtime)
    assert re.search(r"crashed .* \(SIG\w+\)", told.arrived)
    assert "process of its own" in told.allowed


@pytest.mark.parametrize("limits", [ProbeLimits(wall_s=1), ProbeLimits(cpu_s=1)])
def test_a_hang_ends_in_a_message(tmp_path: Path, limits: ProbeLimits) -> None:
    with pytest.raises(ModelError, match=r"not opened and run within 1 s|all the time"):
        describe_model(saved(tmp_path, endless()), limits=limits)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds a process to its memory")
@pytest.mark.parametrize("runtime", RUNTIMES)
def test_no_model_takes_all_memory(tmp_path: Path, runtime: Runtime) -> None:
    path = saved(tmp_path, greedy(times=30_000))  # 480 MB
    with pytest.raises(ModelError, match="memory"):
        describe_model(path, runtime=runtime, limits=ProbeLimits(memory_bytes=300 << 20))
    assert describe_model(path, runtime=runtime).heads[0].n_classes == 1


def test_values_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    """The logarithm of what is negative."""
    plan = Plan(heads=(HeadPlan(3, then="LOG"),))
    with pytest.raises(ModelError, match="NaN or infinite"):
        describe_model(plan.save(tmp_path))


def test_names_that_are_no_text(tmp_path: Path) -> None:
    content = Plan(heads=(HeadPlan(3, name="the scores"),), inner_name="inner").content()
    for name, usable in ((b"the scores", False), (b"inner", True)):
        path = saved(tmp_path, content.replace(name, b"\xff" * len(name)))
        if usable:
            assert not describe_model(path).has_embeddings
        else:
            with pytest.raises(ModelError, match="could not be opened"):
                describe_model(path)


def test_a_probe_knows_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "HF_TOKEN", "AWS_SECRET_ACCESS_KEY", "PYTHONSTARTUP"):
        monkeypatch.setenv(name, "secret")
    environment = probing._environment()
    assert "secret" not in environment.values()
    source = "import os; print(sorted(os.environ))"
    command = [sys.executable, "-c", source]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert "TOKEN" not in run.stdout


def test_settings_are_checked_before(tmp_path: Path) -> None:
    path = Plan().save(tmp_path)
    with pytest.raises(SettingError, match="'onnx'"):
        describe_model(path, runtime="onnx")
    with pytest.raises(SettingError, match="sample rate"):
        describe_model(path, sample_rate=5)


@pytest.fixture
def probes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that were opened in a process of their own."""
    asked: list[str] = []
    really = probing._ask

    def counted(path: Path, *others: object) -> dict[str, object]:
        asked.append(path.name)
        return really(path, *others)

    monkeypatch.setattr(probing, "_ask", counted)
    probing._sound.clear()
    return asked


def test_a_file_is_probed_once_before_it_is_opened(tmp_path: Path, probes: list[str]) -> None:
    path = Plan(seed=1).save(tmp_path, "one.tflite")
    shutil.copyfile(path, tmp_path / "same.tflite")
    other = Plan(seed=2).save(tmp_path, "other.tflite")
    for one in (path, path, tmp_path / "same.tflite", other):
        open_classifier(one, workers=1).close()
    assert probes == ["one.tflite", "other.tflite"]
    for runtime in RUNTIMES[1:]:
        open_classifier(path, workers=1, runtime=runtime).close()
        assert probes.pop() == "one.tflite"
    open_classifier(Plan(seed=3).save(tmp_path), workers=1, probe=False).close()
    assert len(probes) == 2


def test_what_was_described_is_not_probed_again(tmp_path: Path, probes: list[str]) -> None:
    path = Plan(seed=1).save(tmp_path)
    describe_model(path)
    open_classifier(path, workers=1).close()
    assert probes == ["model.tflite"]


def test_the_catalogs_files_are_known(builtin_path: Path, probes: list[str]) -> None:
    open_classifier(builtin_path, workers=1).close()
    open_classifier(BUILTIN, workers=1).close()
    assert probes == []


def test_labels_that_are_given_make_up_for_a_list_that_does_not_fit(tmp_path: Path) -> None:
    path = Plan().save(tmp_path)
    (tmp_path / "labels.txt").write_text("too\nfew")
    with pytest.raises(ModelError, match="lists 2 labels"):
        open_classifier(path)
    classifier = open_classifier(path, workers=1, labels=("a", "b", "c"), sample_rate=8_000)
    assert classifier.labels == ("a", "b", "c")
    classifier.close()


def test_a_crashing_file_is_not_opened_here(tmp_path: Path) -> None:
    path, _ = crash(tmp_path)
    with pytest.raises(ModelError, match="crashed"):
        open_classifier(path)


def damaged(content: bytes, seed: int) -> bytes:
    """Turn some bits of a file over, cut it off, or both."""
    generator = np.random.default_rng(seed)
    values = bytearray(content)
    if seed % 6 > 1:
        # Half of them where the network is described, not in the weights.
        length = len(values) if seed % 2 else min(len(values), 20_000)
        begin = len(values) - length if seed % 4 == 0 else 0
        for at in generator.integers(begin, begin + length, generator.integers(1, 40)):
            values[at] ^= 1 << int(generator.integers(8))
    if seed % 6 < 3:
        del values[int(generator.integers(len(values))) :]
    return bytes(values)


def outcome(folder: Path, content: bytes, runtime: Runtime, seed: int) -> ModelError | None:
    """None where the file still is a model; what is neither that nor refused comes out."""
    path = saved(folder, damaged(content, seed), f"{seed}.tflite")
    try:
        describe_model(path, runtime=runtime, limits=ProbeLimits(cpu_s=4, wall_s=20))
    except ModelError as error:
        return error
    finally:
        path.unlink()
    return None


def test_damaged_files_of_the_catalog_are_described_or_refused(
    tmp_path: Path, builtin_path: Path, n_damaged: int
) -> None:
    """YAMNet's, where it is on this machine."""
    path = find_model(CATALOG["yamnet"]) or builtin_path
    damaged_ones_are_described_or_refused(tmp_path, path.read_bytes(), RUNTIMES[-1], n_damaged)


def test_damaged_dynamic_models_are_described_or_refused(
    tmp_path: Path, dynamic_path: Path, n_damaged: int
) -> None:
    damaged_ones_are_described_or_refused(tmp_path, dynamic_path.read_bytes(), "litert", n_damaged)


def test_damaged_models_of_ones_own_are_described_or_refused(
    tmp_path: Path, n_damaged: int
) -> None:
    damaged_ones_are_described_or_refused(tmp_path, OWN.content(), RUNTIMES[-1], n_damaged)


OWN = Plan(packed={"labels.txt": b"a\nb\nc"}, metadata=metadata(sample_rate=8_000))


def damaged_ones_are_described_or_refused(
    folder: Path, content: bytes, runtime: Runtime, count: int
) -> None:
    with ThreadPoolExecutor(2) as pool:
        run = partial(outcome, folder, content, runtime)
        errors = [error for error in pool.map(run, range(count)) if error is not None]
    assert len(errors) > count / 4
    for error in errors:
        assert all((error.arrived, error.allowed, error.remedy))
        assert "Traceback" not in str(error)
    still = describe_model(OWN.save(folder))  # and this process goes on
    classifier = open_classifier(folder / still.file_name, workers=1)
    assert classifier.classify(Clip.from_samples(np.zeros(8_000, np.float32), 8_000)).n_frames == 3
    classifier.close()


@pytest.mark.parametrize(
    "report",
    [
        b"",
        b"[" * 100_000,
        b"9" * 5_000,
        b"[]",
        b"{}",
        b'{"refused": 1}',
        b'{"refused": ["a"]}',
        b'{"description": null}',
        b'{"description": {"heads": [1], "input_shape": []}}',
        b'{"description": {"heads": [], "input_shape": 1}}',
        b'{"description": {"heads": [], "input_shape": [], "strange": 1}}',
    ],
)
def test_a_report_may_be_anything(tmp_path: Path, report: bytes) -> None:
    """A model that takes over its process writes what it wants."""
    path, limits = tmp_path / "model.tflite", ProbeLimits()
    with pytest.raises(ModelError, match=r"model\.tflite ended without a valid result"):
        answer = probing._read_report(path, io.BytesIO(report), limits)
        probing._understood(path, answer, limits)
