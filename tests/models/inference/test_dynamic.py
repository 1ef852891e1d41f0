"""The original YAMNet, which cuts its windows itself, by a model with the same contract."""

import shutil
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.analysis import analyse
from models.audio import Clip, load_clip
from models.audio.playback import wav_file
from models.errors import Cancelled, ModelError, SettingError
from models.events import taxonomy
from models.inference import Classifier, contract, engine_setup, spectra, worker_pool
from models.live import LiveSettings, LiveStream
from models.opening import open_classifier
from models.registry.catalog import CATALOG
from models.tflite.runtimes import Interpreter, Runtime, available_runtimes, open_interpreter
from tests.conftest import DYNAMIC_STAND_IN
from tests.models.inference.dynamic import dynamic_model
from tests.models.live.parts import Clock, cut, feed, noise, until

WINDOW, HOP = 15_600, 7_680
NOISE = np.random.default_rng(0).uniform(-0.5, 0.5, 16_000 * 60).astype(np.float32)


@pytest.fixture(scope="module")
def dynamic(dynamic_path: Path) -> Iterator[Classifier]:
    classifier = open_classifier(dynamic_path)
    yield classifier
    classifier.close()


@pytest.fixture(scope="module")
def stand_in(shared_models: Path) -> Path:
    """The original's stand-in, for what only its own network does."""
    return shared_models / DYNAMIC_STAND_IN


@pytest.fixture(scope="module")
def interpreter(dynamic_path: Path) -> Interpreter:
    return open_interpreter(dynamic_path)


def clip_of(n_samples: int) -> Clip:
    return Clip.from_samples(NOISE[:n_samples], 16_000)


def single_pass(interpreter: Interpreter, samples: np.ndarray) -> dict[int, np.ndarray]:
    """What the model gives for all samples at once, by last dimension."""
    (given,) = interpreter.get_input_details()
    interpreter.resize_tensor_input(given["index"], [len(samples)])
    interpreter.allocate_tensors()
    interpreter.tensor(given["index"])()[:] = samples
    interpreter.invoke()
    outputs = (interpreter.tensor(one["index"])() for one in interpreter.get_output_details())
    return {output.shape[-1]: output.copy() for output in outputs}


@pytest.mark.parametrize("runtime", available_runtimes())
@pytest.mark.parametrize("rate_place", [0, 1])
def test_an_input_of_the_sample_rate_is_filled_in(
    tmp_path: Path, rate_place: int, runtime: Runtime
) -> None:
    scores = []
    for place in (None, rate_place):
        path = tmp_path / f"{place}.tflite"
        path.write_bytes(dynamic_model(place))
        with closing(Classifier(path, workers=1, runtime=runtime)) as classifier:
            scores += [classifier.classify(clip_of(n)).scores for n in (16_000 * 5, WINDOW)]
    for without, beside in zip(scores[:2], scores[2:], strict=True):
        np.testing.assert_allclose(beside, without, atol=1e-5)


def n_frames(n_samples: int) -> int:
    return 1 + -(-max(0, n_samples - WINDOW) // HOP)


def test_its_contract_is_read_from_the_file(dynamic: Classifier) -> None:
    entry = CATALOG["yamnet-dynamic"]
    expected = contract.Contract(entry.sample_rate, entry.window_samples, entry.n_classes, HOP)
    assert replace(dynamic.contract, heads=()) == expected
    assert [(head.n_classes, head.activation) for head in dynamic.contract.heads] == [
        (521, "sigmoid")
    ]
    assert entry.hop_s == HOP / entry.sample_rate
    assert entry.embedding_size == contract.EMBEDDING_SIZE


def test_labels_that_are_not_in_it_are_yamnets(dynamic: Classifier) -> None:
    assert dynamic.labels == taxonomy.labels()


def test_labels_that_are_in_it_are_taken(dynamic_path: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.tflite"
    shutil.copyfile(dynamic_path, own)
    with zipfile.ZipFile(own, "a") as archive:
        archive.writestr("labels.txt", "\n".join(f"class {number}" for number in range(521)))
    classifier = Classifier(own, workers=1)
    assert classifier.labels[520] == "class 520"
    classifier.close()
    shutil.copyfile(dynamic_path, own)
    with zipfile.ZipFile(own, "a") as archive:
        archive.writestr("labels.txt", "one\ntwo")
    with pytest.raises(ModelError, match="521 scores but lists 2 labels"):
        Classifier(own)


# A block is a batch of windows; one long block is a single pass.
@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(
    n_samples=st.one_of(
        st.integers(1, 100_000),
        st.builds(
            lambda frames, beside: WINDOW + frames * HOP + beside,
            st.integers(0, 12),
            st.integers(-2, 2),
        ),
    ),
    block=st.integers(1, 9),
)
def test_blocks_equal_a_single_pass(
    dynamic: Classifier, interpreter: Interpreter, n_samples: int, block: int
) -> None:
    whole = WINDOW + (n_frames(n_samples) - 1) * HOP
    expected = single_pass(interpreter, np.pad(NOISE[:n_samples], (0, whole - n_samples)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker_pool, "BATCH_WINDOWS", block)
        timeline = dynamic.classify(clip_of(n_samples))
        embeddings = dynamic.embed(clip_of(n_samples))
    assert timeline.n_frames == n_frames(n_samples)
    np.testing.assert_array_equal(timeline.scores, expected[521])
    np.testing.assert_array_equal(embeddings, expected[1024])
    np.testing.assert_allclose(timeline.onsets_s, 0.48 * np.arange(timeline.n_frames))


@pytest.mark.recordings
def test_the_original_itself_pads_a_clip_to_whole_windows(stand_in: Path) -> None:
    with closing(Classifier(stand_in, workers=1)) as classifier:
        for n_samples in (1, 400, WINDOW - 1, WINDOW + 1, WINDOW + HOP + 2):
            expected = single_pass(open_interpreter(stand_in), NOISE[:n_samples])
            scores = classifier.classify(clip_of(n_samples)).scores
            np.testing.assert_array_equal(scores, expected[521])


def test_a_clip_of_next_to_nothing_is_one_silent_window(dynamic: Classifier) -> None:
    (scores,) = dynamic.classify(Clip.from_samples(np.zeros(1, np.float32), 16_000)).scores
    (silent,) = dynamic.score(np.zeros((1, WINDOW), np.float32))
    np.testing.assert_array_equal(scores, silent)
    assert dynamic.labels[int(silent.argmax())] == "Silence"


def test_single_windows_need_not_be_neighbours(dynamic: Classifier) -> None:
    scores = dynamic.classify(clip_of(200_000)).scores
    chosen = [7, 2, 19, 2]
    windows = np.stack([NOISE[one * HOP : one * HOP + WINDOW] for one in chosen])
    np.testing.assert_array_equal(dynamic.score(windows), scores[chosen])


def test_another_hop_is_refused(dynamic: Classifier) -> None:
    for hear in (dynamic.classify, dynamic.embed):
        with pytest.raises(SettingError, match=r"0\.48 s apart.*no other hop") as caught:
            hear(clip_of(16_000), 0.1)
        assert "yamnet" in caught.value.remedy
    with pytest.raises(SettingError, match="milliseconds"):
        dynamic.classify(clip_of(16_000), 480)


@pytest.mark.recordings
def test_recordings_are_what_they_are(stand_in: Path, recordings: Path) -> None:
    with closing(Classifier(stand_in)) as classifier:
        for name, label in (("speech_reading.ogg", "Speech"), ("trumpet.ogg", "Trumpet")):
            clip = load_clip(recordings / name, max_duration_s=600)
            assert label in [found for found, _ in classifier.classify(clip).top(5)]


def test_many_share_it_and_nothing_mixes(dynamic: Classifier) -> None:
    lengths = [20_000, 300_000, 5_000, 150_000]
    alone = [dynamic.classify(clip_of(length)).scores for length in lengths]
    together: dict[int, np.ndarray] = {}

    def classify(index: int) -> None:
        together[index] = dynamic.classify(clip_of(lengths[index])).scores

    running = [threading.Thread(target=classify, args=(index,)) for index in range(len(lengths))]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    for index, scores in enumerate(alone):
        np.testing.assert_array_equal(together[index], scores)


def test_progress_and_cancelling(dynamic: Classifier) -> None:
    fractions: list[float] = []
    dynamic.classify(clip_of(len(NOISE)), progress=fractions.append)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)
    assert fractions == sorted(fractions)
    assert len(fractions) == 1 + -(-n_frames(len(NOISE)) // worker_pool.BATCH_WINDOWS)

    def cancel(fraction: float) -> None:
        if fraction > 0:
            raise Cancelled

    with pytest.raises(Cancelled):
        dynamic.classify(clip_of(len(NOISE)), progress=cancel)
    assert dynamic.classify(clip_of(WINDOW)).n_frames == 1


@pytest.mark.skipif(sys.platform != "linux", reason="memory is counted in KiB on Linux")
def test_memory_does_not_grow_with_the_clip(dynamic: Classifier) -> None:
    import resource

    dynamic.classify(clip_of(len(NOISE)))
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    minutes = Clip.from_samples(np.tile(NOISE, 5), 16_000)
    timeline = dynamic.classify(minutes)
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib
    given_kib = (3 * minutes.samples.nbytes + 2 * timeline.scores.nbytes) / 1024
    # In one piece the interpreter alone would take 1.2 MB for each of its 625 windows.
    assert grown_kib < given_kib + 50_000


def test_a_live_stream_hears_with_it_at_any_interval(dynamic: Classifier) -> None:
    clock = Clock()
    with LiveStream(dynamic, LiveSettings(interval_s=0.24), clock=clock) as stream:
        feed(stream, cut(noise(3.0), clock=clock))
        until(lambda: stream.snapshot().n_frames >= 9)
        frames = stream.snapshot(since=0).frames
    samples = stream.recording().clip.samples
    starts = np.round(frames.onsets_s * 16_000).astype(int)
    np.testing.assert_array_equal(np.diff(starts), 3_840)
    expected = dynamic.score(np.stack([samples[start : start + WINDOW] for start in starts]))
    np.testing.assert_array_equal(frames.scores, expected)


def test_a_model_that_cuts_other_windows_is_refused(
    dynamic_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("DYNAMIC_HOP_SAMPLES", 5_000), ("DYNAMIC_WINDOW_SAMPLES", 25_000)):
        with monkeypatch.context() as patch:
            patch.setattr(contract, name, value)
            with pytest.raises(ModelError, match=r"gave \[\d, 521\] for \d+ samples"):
                Classifier(dynamic_path)


class Stuck:
    """An engine whose interpreter cannot be brought to run."""

    def run(self, _samples: np.ndarray, _hop_samples: int, _rows: np.ndarray) -> None:
        raise RuntimeError("tensorflow/lite/kernels/reshape.cc:92 num_input_elements")


def test_a_model_that_does_not_run_is_refused() -> None:
    promised = contract.Contract(16_000, WINDOW, 521, HOP)
    with pytest.raises(ModelError, match=r"any\.tflite does not run on 38640 samples"):
        engine_setup.check_windows(Path("any.tflite"), Stuck(), promised)


class Outputs:
    """An interpreter of which only the outputs are described."""

    def __init__(self, *shapes: tuple[int, ...], dtype: type = np.float32) -> None:
        self._shapes, self._dtype = shapes, dtype

    def get_output_details(self) -> list[dict[str, object]]:
        return [
            {"index": number, "name": "", "shape": np.array(shape), "dtype": self._dtype}
            for number, shape in enumerate(self._shapes)
        ]


def test_outputs_are_told_apart_in_any_order() -> None:
    for shapes in ([(1, 521), (1, 1024), (1, 64)], [(1, 64), (1, 521), (1, 1024)]):
        found = contract.find_dynamic_outputs(Path("any"), Outputs(*shapes))
        assert found.scores == shapes.index((1, 521))
        assert found.embeddings == shapes.index((1, 1024))
        assert found.n_classes == 521


@pytest.mark.parametrize(
    "outputs",
    [
        Outputs(),
        Outputs((1, 521)),
        Outputs((1, 521), (1, 1024)),
        Outputs((1, 521), (1, 1024), (1, 65)),
        Outputs((1, 1024), (1, 1024), (1, 64)),
        Outputs((1, 521), (1, 1024), (1, 64), (1, 3)),
        Outputs((521,), (1, 1024), (1, 64)),
        Outputs((1, 521), (1, 1024), (1, 64), dtype=np.int8),
    ],
)
def test_other_models_of_any_length_are_refused(outputs: Outputs) -> None:
    with pytest.raises(ModelError, match="three outputs"):
        contract.find_dynamic_outputs(Path("any"), outputs)


def test_no_engine_keeps_tensors_for_what_is_an_output(
    dynamic_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[bool] = []

    def noted(path: Path, runtime: Runtime, *, keep_tensors: bool) -> Interpreter:
        kept.append(keep_tensors)
        return open_interpreter(path, runtime, keep_tensors=keep_tensors)

    monkeypatch.setattr(engine_setup, "open_interpreter", noted)
    classifier = Classifier(dynamic_path, workers=1)
    assert classifier.embed(clip_of(16_000)).shape == (2, 1024)
    assert kept == [False]
    classifier.close()


@pytest.mark.recordings
@pytest.mark.runtimes
def test_the_stand_in_is_too_new_for_the_old_runtime(stand_in: Path) -> None:
    if "tflite" not in available_runtimes():
        pytest.skip("tflite-runtime has no wheel for this Python")
    with pytest.raises(ModelError, match="could not be opened by TFLite Runtime"):
        Classifier(stand_in, runtime="tflite")


@pytest.mark.parametrize("frames", [1, 5, 12])
def test_its_spectra_are_those_of_a_single_pass(
    dynamic: Classifier,
    interpreter: Interpreter,
    frames: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker_pool, "BATCH_WINDOWS", 5)
    samples = NOISE[: WINDOW + (frames - 1) * HOP - 100]
    clip = Clip.from_samples(samples, 16_000)
    timeline, magnitudes = dynamic.classify_blocks_with_spectra([clip.samples])
    np.testing.assert_array_equal(timeline.scores, dynamic.classify(clip).scores)
    whole = single_pass(interpreter, np.pad(samples, (0, 100)))[contract.MEL_BANDS]
    assert magnitudes.shape == ((frames + 1) * 48, 64)
    expected = np.exp(whole) - spectra.LOG_OFFSET
    np.testing.assert_allclose(magnitudes, expected[: len(magnitudes)], rtol=2e-3, atol=1e-5)


def test_spectra_of_samples_far_beyond_full_scale_are_finite(dynamic: Classifier) -> None:
    timeline, magnitudes = dynamic.classify_blocks_with_spectra([1e6 * NOISE])
    assert magnitudes.max() == np.finfo(np.float16).max
    assert np.isfinite(timeline.scores).all()


@pytest.mark.parametrize("n_samples", [100, WINDOW, 20 * HOP, 40 * HOP + 9])
def test_a_clip_in_blocks_is_heard_alike(dynamic: Classifier, n_samples: int) -> None:
    clip = clip_of(n_samples)
    blocks = np.array_split(clip.samples, 13)
    whole, spectra_of_whole = dynamic.classify_blocks_with_spectra([clip.samples])
    found, spectra_found = dynamic.classify_blocks_with_spectra(blocks)
    np.testing.assert_array_equal(found.scores, whole.scores)
    np.testing.assert_array_equal(found.scores, dynamic.classify_blocks(blocks).scores)
    np.testing.assert_array_equal(spectra_found, spectra_of_whole)
    np.testing.assert_array_equal(dynamic.embed_blocks(blocks), dynamic.embed(clip))


def test_the_inspector_shows_what_the_model_saw(dynamic: Classifier) -> None:
    tone = 0.5 * np.sin(2 * np.pi * 1_000 * np.arange(48_000) / 16_000).astype(np.float32)
    found = analyse(
        wav_file(Clip.from_samples(tone, 16_000)),
        dynamic,
        hop_s=0.48,
        max_duration_s=60,
        progress=lambda _fraction: None,
    )
    picture = found.spectrogram
    assert (picture.bottom_hz, picture.top_hz) == (125, 7_500)
    assert picture.levels.shape == (64, 300)
    loudest = picture.bands_hz[picture.levels.mean(axis=1).argmax()]
    assert loudest == pytest.approx(1_000, rel=0.05)


def test_other_models_keep_their_spectra(builtin: Classifier) -> None:
    with pytest.raises(ModelError, match="does not output its spectra"):
        builtin.classify_blocks_with_spectra([clip_of(16_000).samples])
