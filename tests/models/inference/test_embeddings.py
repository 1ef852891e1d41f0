import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.audio import Clip, load_clip
from models.errors import Cancelled, ModelError, SettingError
from models.inference import Classifier, embeddings, engine_setup
from models.tflite import runtimes
from models.tflite.runtimes import Interpreter, Runtime, available_runtimes, open_interpreter
from tests.models.inference.building import Plan, metadata


def noise(duration_s: float, seed: int = 0) -> Clip:
    generator = np.random.default_rng(seed)
    samples = generator.uniform(-0.5, 0.5, round(16_000 * duration_s)).astype(np.float32)
    return Clip.from_samples(samples, 16_000)


def music(duration_s: float) -> Clip:
    times_s = np.arange(round(16_000 * duration_s)) / 16_000
    tones = [np.sin(2 * np.pi * hz * times_s) for hz in (220, 277, 330)]
    faded = np.sum(tones, axis=0) * np.exp(-(times_s % 0.5) * 6) / 4
    return Clip.from_samples(faded.astype(np.float32), 16_000)


@pytest.mark.parametrize("hop_s", [0.1, 0.48, 0.975])
@pytest.mark.parametrize("duration_s", [0.01, 0.975, 12.34])
def test_a_row_for_each_window_of_classify(
    builtin: Classifier, hop_s: float, duration_s: float
) -> None:
    clip = noise(duration_s)
    rows = builtin.embed(clip, hop_s)
    assert rows.shape == (builtin.classify(clip, hop_s).n_frames, 1024)
    assert rows.dtype == np.float32
    assert rows.min() >= 0
    assert 0 < rows.max() <= 100


@pytest.mark.model
def test_the_last_layer_makes_the_scores_of_it(yamnet: Classifier, yamnet_path: Path) -> None:
    """The model's own weights, applied by hand, lead from the embeddings to its scores."""
    interpreter = open_interpreter(yamnet_path, keep_tensors=True)
    tensors = {one["name"]: one for one in interpreter.get_tensor_details()}

    def values(name: str) -> np.ndarray:
        scale, zero_point = tensors[name]["quantization"]
        raw = interpreter.tensor(tensors[name]["index"])()
        return (raw.astype(np.float64) - zero_point) * scale

    weights = values("tower0/network/layer29/fc/MatMul")
    biases = values("network/layer29/fc/biases")
    clip = music(10)
    logits = yamnet.embed(clip) @ weights.T + biases
    by_hand = 1 / (1 + np.exp(-logits))
    # Logits come in steps of 0.347: half of one is at most 0.043 in the score; scores in 1/256.
    assert np.abs(by_hand - yamnet.classify(clip).scores).max() < 0.05


@pytest.mark.model
def test_it_is_the_same_without_the_name(
    yamnet_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interpreter = open_interpreter(yamnet_path, keep_tensors=True)
    by_name = embeddings.find_embedding(yamnet_path, interpreter, 521)
    assert by_name.scale == pytest.approx(0.022328, abs=1e-6)
    assert by_name.zero_point == -128
    monkeypatch.setattr(embeddings, "TENSOR_NAME", "of another export")
    assert embeddings.find_embedding(yamnet_path, interpreter, 521) == by_name


def test_a_model_without_embeddings_says_which_have_them(tmp_path: Path) -> None:
    plan = Plan((15_600,), metadata=metadata(sample_rate=16_000))
    with closing(Classifier(plan.save(tmp_path), workers=1)) as classifier:
        for _ in range(2):
            with pytest.raises(ModelError, match=r"no embedding.* yamnet, yamnet-dynamic, builtin"):
                classifier.embed(noise(3))
        assert classifier.classify(noise(3)).n_frames == 6


class Network:
    """An interpreter of a network that is only described."""

    def __init__(self, *tensors: dict[str, Any], operators: list[dict[str, Any]]) -> None:
        self._tensors = [{"index": number, **one} for number, one in enumerate(tensors)]
        self._operators = operators

    def get_tensor_details(self) -> list[dict[str, Any]]:
        return self._tensors

    def _get_ops_details(self) -> list[dict[str, Any]]:
        return self._operators


def tensor(*shape: int, dtype: type = np.int8, name: str = "", scale: float = 0.5) -> dict:
    return {"name": name, "shape": np.array(shape), "dtype": dtype, "quantization": (scale, -3)}


def find(*tensors: dict[str, Any], operators: list[dict[str, Any]]) -> embeddings.EmbeddingTensor:
    network = Network(*tensors, operators=operators)
    return embeddings.find_embedding(Path("made-up.tflite"), network, 10)


LAST = {"inputs": [1, 2, -1], "outputs": [3]}
PARTS = (tensor(1024, dtype=np.int32), tensor(1, 1024), tensor(10, 1024), tensor(1, 10))


def test_what_feeds_the_last_layer_is_found() -> None:
    assert find(*PARTS, operators=[LAST]).index == 1
    by_float = find(tensor(1024), tensor(1, 1024, dtype=np.float32), *PARTS[2:], operators=[LAST])
    assert (by_float.scale, by_float.zero_point) == (1.0, 0)


@pytest.mark.parametrize(
    ("tensors", "operators"),
    [
        (PARTS, []),
        (PARTS, [{"inputs": [1, 0], "outputs": [3]}]),
        (PARTS, [{"inputs": [1, 2], "outputs": [0]}]),
        ((PARTS[0], tensor(1, 512), *PARTS[2:]), [LAST]),
        ((PARTS[0], tensor(1, 1024, scale=0.0), *PARTS[2:]), [LAST]),
        ((PARTS[0], tensor(1, 512, name=embeddings.TENSOR_NAME), *PARTS[2:]), [LAST]),
        ((PARTS[0], tensor(2, 1024), *PARTS[2:]), [LAST]),
    ],
)
def test_what_is_no_embedding_is_refused(
    tensors: tuple[dict[str, Any], ...], operators: list[dict[str, Any]]
) -> None:
    with pytest.raises(ModelError, match=r"made-up\.tflite has no embedding"):
        find(*tensors, operators=operators)


def test_nothing_is_opened_before_it_is_asked(
    builtin_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[bool] = []

    def counted(path: Path, runtime: Runtime, *, keep_tensors: bool) -> Interpreter:
        opened.append(keep_tensors)
        return open_interpreter(path, runtime, keep_tensors=keep_tensors)

    monkeypatch.setattr(engine_setup, "open_interpreter", counted)
    classifier = Classifier(builtin_path, workers=1)
    classifier.classify(noise(20))
    assert opened == []
    classifier.embed(noise(20))
    classifier.embed(noise(20))
    assert opened == [True]
    classifier.close()


def test_many_share_it_and_nothing_mixes(builtin: Classifier) -> None:
    clips = [noise(5.0, seed) for seed in range(6)]
    alone = [(builtin.embed(clip), builtin.classify(clip).scores) for clip in clips]
    together: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    def work(index: int) -> None:
        together[index] = (builtin.embed(clips[index]), builtin.classify(clips[index]).scores)

    threads = [threading.Thread(target=work, args=(index,)) for index in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for index, expected in enumerate(alone):
        for got, wanted in zip(together[index], expected, strict=True):
            np.testing.assert_array_equal(got, wanted)


def test_progress_and_cancelling(builtin: Classifier) -> None:
    fractions: list[float] = []
    builtin.embed(noise(30.0), progress=fractions.append)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)
    assert fractions == sorted(fractions)

    def cancel(fraction: float) -> None:
        if fraction > 0:
            raise Cancelled

    with pytest.raises(Cancelled):
        builtin.embed(noise(60.0), progress=cancel)
    assert len(builtin.embed(noise(1.0))) == 2


def test_what_classify_refuses_is_refused(builtin: Classifier) -> None:
    with pytest.raises(ModelError, match="44100 Hz"):
        builtin.embed(Clip.from_samples(np.zeros(44_100, np.float32), 44_100))
    with pytest.raises(SettingError, match="2 s"):
        builtin.embed(noise(1.0), hop_s=2)


def test_closing_ends_its_threads(builtin_path: Path) -> None:
    before = set(threading.enumerate())
    classifier = Classifier(builtin_path, workers=2)
    classifier.embed(noise(20))
    own = set(threading.enumerate()) - before
    assert own
    classifier.close()
    for thread in own:
        thread.join(60)
        assert not thread.is_alive()
    for use in (classifier.embed, classifier.classify):
        with pytest.raises(ModelError, match="The classifier is closed"):
            use(noise(1))
    with pytest.raises(ModelError, match="The classifier is closed"):
        classifier.score(noise(1).samples[None, :15_600])


@pytest.mark.runtimes
def test_both_runtimes_see_nearly_the_same(builtin: Classifier, builtin_path: Path) -> None:
    if "tflite" not in available_runtimes():
        pytest.skip("tflite-runtime has no wheel for this Python")
    other = Classifier(builtin_path, runtime="tflite")
    ours, theirs = builtin.embed(music(10)), other.embed(music(10))
    other.close()
    alike = np.sum(ours * theirs, axis=1)
    alike /= np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
    assert alike.min() > 0.95


def test_a_runtime_that_keeps_no_tensors_is_told(
    builtin_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def old(model_path: str, num_threads: int) -> None:
        raise AssertionError(model_path, num_threads)

    monkeypatch.setattr(runtimes, "_interpreter_class", lambda _runtime: old)
    with pytest.raises(SettingError, match="does not preserve tensors"):
        open_interpreter(builtin_path, keep_tensors=True)


@pytest.mark.model
@pytest.mark.recordings
def test_clips_of_a_kind_are_near_each_other(yamnet: Classifier, esc10: Path) -> None:
    """The nearest neighbour of most clips, by the mean of their rows, is of their own class."""
    paths = sorted(path for kind in esc10.iterdir() for path in sorted(kind.glob("*"))[:4])
    means = np.stack([yamnet.embed(load_clip(path), 0.975).mean(axis=0) for path in paths])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    alike = means @ means.T
    np.fill_diagonal(alike, -1)
    kinds = np.array([path.parent.name for path in paths])
    assert len(set(kinds)) == 10
    assert np.mean(kinds[alike.argmax(axis=1)] == kinds) > 0.6


@pytest.mark.parametrize("hop_s", [0.1, 0.96])
@pytest.mark.parametrize("duration_s", [0.01, 12.34])
def test_one_pass_gives_the_scores_and_the_embeddings(
    builtin: Classifier, hop_s: float, duration_s: float
) -> None:
    clip = music(duration_s)
    blocks = [clip.samples[at : at + 9_999] for at in range(0, len(clip.samples), 9_999)]
    scores, embedded = map(
        np.concatenate, zip(*builtin.classify_and_embed_blocks(blocks, hop_s), strict=True)
    )
    assert np.array_equal(scores, builtin.classify(clip, hop_s).scores)
    assert np.array_equal(embedded, builtin.embed(clip, hop_s))


def test_one_pass_of_a_dynamic_model_gives_both(dynamic_path: Path) -> None:
    clip = noise(21.3)
    with closing(Classifier(dynamic_path, workers=1)) as classifier:
        scores, embedded = map(
            np.concatenate, zip(*classifier.classify_and_embed_blocks([clip.samples]), strict=True)
        )
        assert np.array_equal(scores, classifier.classify(clip).scores)
        assert np.array_equal(embedded, classifier.embed(clip))
