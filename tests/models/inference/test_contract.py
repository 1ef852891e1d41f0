"""Models of one's own: what is read from their files, and that their scores are right."""

from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit, softmax

from models.audio import Clip
from models.errors import ModelError, SettingError
from models.inference import Classifier
from models.inference.heads import MAX_CLASSES
from models.inference.inputs import MIN_WINDOW_SAMPLES
from models.tflite.runtimes import Runtime, available_runtimes
from tests.models.inference.building import HeadPlan, Plan, foreign, metadata

N = 4_000
SHAPES = [(N,), (1, N), (1, N, 1)]
RUNTIMES = available_runtimes()


def noise(n_samples: int, sample_rate: int = 16_000, seed: int = 0) -> Clip:
    samples = np.random.default_rng(seed).uniform(-0.9, 0.9, n_samples).astype(np.float32)
    return Clip.from_samples(samples, sample_rate)


def opened(folder: Path, plan: Plan, **options: object) -> Classifier:
    return Classifier(plan.save(folder), workers=1, **options)


def classified(classifier: Classifier) -> tuple[np.ndarray, np.ndarray]:
    """Four neighbouring windows, and their scores."""
    clip = noise(4 * N, classifier.contract.sample_rate)
    scores = classifier.classify(clip, hop_s=classifier.contract.window_s).scores
    classifier.close()
    return clip.samples.reshape(4, N), scores


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("shape", SHAPES)
def test_waveforms_of_every_shape(tmp_path: Path, shape: tuple[int, ...], runtime: Runtime) -> None:
    plan = Plan(shape, (HeadPlan(3, "SOFTMAX"),))
    classifier = opened(tmp_path, plan, runtime=runtime)
    assert classifier.contract.window_samples == N
    assert classifier.contract.channels == 1
    windows, scores = classified(classifier)
    np.testing.assert_allclose(scores, softmax(plan.logits(windows), axis=1), atol=1e-5)


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize(
    ("dtype", "scale", "zero_point"),
    [("int16", 1 / 32_768, 0), ("int8", 1 / 127, -1), ("uint8", 1 / 128, 128)],
)
def test_samples_of_every_type(
    tmp_path: Path, dtype: str, scale: float, zero_point: int, runtime: Runtime
) -> None:
    plan = Plan(dtype=dtype, scale=scale, zero_point=zero_point)
    classifier = opened(tmp_path, plan, runtime=runtime)
    assert classifier.contract.samples.dtype == dtype
    windows, scores = classified(classifier)
    limits = np.iinfo(dtype)
    stored = np.clip(np.rint(windows / scale) + zero_point, limits.min, limits.max)
    expected = softmax(plan.logits((stored - zero_point) * scale), axis=1)
    np.testing.assert_allclose(scores, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("dtype", "full_scale", "middle"), [("int16", 32_768, 0), ("int8", 128, 0), ("uint8", 128, 128)]
)
def test_whole_numbers_without_a_scale_are_pcm(
    tmp_path: Path, dtype: str, full_scale: int, middle: int
) -> None:
    classifier = opened(tmp_path, Plan(dtype=dtype))
    samples = np.array([0, 0.5, -0.5, 1, -1], np.float32)
    limits = np.iinfo(dtype)
    expected = np.clip(samples * full_scale + middle, limits.min, limits.max)
    stored = classifier.contract.samples.encode(samples)
    assert stored.dtype == dtype
    np.testing.assert_array_equal(stored, expected)
    classifier.close()


@pytest.mark.parametrize(
    ("shape", "channels"), [((N, 2), 0), ((1, N, 2), 0), ((1, 2 * N), 2), ((2 * N,), 2)]
)
def test_both_channels_hear_the_same(tmp_path: Path, shape: tuple[int, ...], channels: int) -> None:
    stated = metadata(sample_rate=16_000, channels=channels) if channels else b""
    plan = Plan(shape, metadata=stated)
    classifier = opened(tmp_path, plan)
    assert classifier.contract.channels == 2
    assert classifier.contract.window_samples == N
    windows, scores = classified(classifier)
    both = np.repeat(windows, 2, axis=1)
    np.testing.assert_allclose(scores, softmax(plan.logits(both), axis=1), atol=1e-5)


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize(
    ("last", "n_classes", "activation", "squashing"),
    [
        ("LOGISTIC", 3, "sigmoid", None),
        ("LOGISTIC", 1, "sigmoid", None),
        ("SOFTMAX", 3, "softmax", None),
        ("", 3, "logits", "softmax"),
        ("", 1, "logits", "sigmoid"),
        ("LOG_SOFTMAX", 3, "logits", "softmax"),
    ],
)
def test_what_scores_are_made_of(
    tmp_path: Path,
    last: str,
    n_classes: int,
    activation: str,
    squashing: str | None,
    runtime: Runtime,
) -> None:
    plan = Plan(heads=(HeadPlan(n_classes, last),))
    classifier = opened(tmp_path, plan, runtime=runtime)
    head = classifier.contract.head
    assert (head.activation, head.squashing) == (activation, squashing)
    windows, scores = classified(classifier)
    logits = plan.logits(windows)
    sums_to_one = "softmax" in (activation, squashing)
    expected = softmax(logits, axis=1) if sums_to_one else expit(logits)
    np.testing.assert_allclose(scores, expected, atol=1e-5)


def test_logits_become_sigmoids_for_who_knows_better(tmp_path: Path) -> None:
    plan = Plan(heads=(HeadPlan(3),))
    windows, scores = classified(opened(tmp_path, plan, squashing="sigmoid"))
    np.testing.assert_allclose(scores, expit(plan.logits(windows)), atol=1e-5)
    with pytest.raises(SettingError, match="sigmoid or softmax"):
        opened(tmp_path, plan, squashing="relu")
    ready = opened(tmp_path, Plan(), squashing="sigmoid")
    assert ready.contract.head.squashing is None
    ready.close()


@pytest.mark.parametrize("squashing", ["softmax", "sigmoid"])
def test_logits_of_any_size_give_scores(tmp_path: Path, squashing: str) -> None:
    classifier = opened(tmp_path, Plan(heads=(HeadPlan(3),)), squashing=squashing)
    rows = np.array([[1e30, 0, -1e30], [-1e30, -1e30, -1e30], [0, 0, 0]], np.float32)
    with np.errstate(over="raise", invalid="raise"):
        classifier.contract.head.make_scores(rows)
    assert rows.min() >= 0
    assert rows.max() <= 1
    assert rows[0, 0] == 1
    classifier.close()


@pytest.mark.parametrize("last", ["TANH", "RELU6"])
def test_behind_other_operators_the_values_themselves_tell(tmp_path: Path, last: str) -> None:
    """Tangents reach below 0, and a ReLU6 above 1: neither are scores."""
    classifier = opened(tmp_path, Plan(heads=(HeadPlan(8, last),)))
    assert classifier.contract.head.activation == "logits"
    classifier.close()


@pytest.mark.parametrize(
    ("before", "activation"), [("LOGISTIC", "sigmoid"), ("SOFTMAX", "softmax")]
)
def test_values_that_look_like_scores_are(tmp_path: Path, before: str, activation: str) -> None:
    """ABS leaves scores what they are, and says nothing about them."""
    plan = Plan(heads=(HeadPlan(8, before, then="ABS"),))
    classifier = opened(tmp_path, plan)
    assert classifier.contract.head.activation == activation
    assert classifier.contract.head.squashing is None
    classifier.close()


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize(
    ("last", "dtype", "scale", "zero_point"),
    [
        ("SOFTMAX", "int8", 1 / 256, -128),
        ("LOGISTIC", "uint8", 1 / 256, 0),
        ("LOGISTIC", "int16", 1 / 32_768, 0),
        ("", "int8", 1 / 16, 0),
    ],
)
def test_quantised_scores(
    tmp_path: Path, last: str, dtype: str, scale: float, zero_point: int, runtime: Runtime
) -> None:
    plan = Plan(heads=(HeadPlan(3, last, dtype, scale, zero_point),))
    windows, scores = classified(opened(tmp_path, plan, runtime=runtime))
    logits = plan.logits(windows)
    expected = expit(logits) if last == "LOGISTIC" else softmax(logits, axis=1)
    np.testing.assert_allclose(scores, expected, atol=1.01 * scale)
    assert scores.min() >= 0
    assert scores.max() <= 1


@pytest.mark.parametrize("shape", [(3,), (1, 1, 3), (1, 3, 1)])
def test_scores_of_every_shape(tmp_path: Path, shape: tuple[int, ...]) -> None:
    plan = Plan(heads=(HeadPlan(3, "LOGISTIC", shape=shape),))
    windows, scores = classified(opened(tmp_path, plan))
    np.testing.assert_allclose(scores, expit(plan.logits(windows)), atol=1e-5)


TWO_HEADS = (HeadPlan(5, name="embedding"), HeadPlan(3, "LOGISTIC", name="species"))


@pytest.mark.parametrize(("head", "chosen"), [(None, 1), (0, 0), (1, 1), ("embedding", 0)])
def test_one_head_of_several_gives_the_scores(
    tmp_path: Path, head: int | str | None, chosen: int
) -> None:
    plan = Plan(heads=TWO_HEADS)
    classifier = opened(tmp_path, plan, head=head)
    assert [one.name for one in classifier.contract.heads] == ["embedding", "species"]
    assert classifier.contract.chosen == chosen
    assert len(classifier.labels) == classifier.contract.n_classes == (5, 3)[chosen]
    windows, scores = classified(classifier)
    logits = plan.logits(windows, chosen)
    expected = (softmax(logits, axis=1), expit(logits))[chosen]
    np.testing.assert_allclose(scores, expected, atol=1e-5)


@pytest.mark.parametrize("head", [2, -1, "genus"])
def test_a_head_that_is_not_there(tmp_path: Path, head: int | str) -> None:
    with pytest.raises(SettingError, match=r"0 \(embedding\), 1 \(species\)"):
        opened(tmp_path, Plan(heads=TWO_HEADS), head=head)


@pytest.mark.parametrize(("labels", "chosen"), [("a\nb\nc\nd\ne", 0), ("a\nb\nc", 1)])
def test_the_head_with_names_is_wanted(tmp_path: Path, labels: str, chosen: int) -> None:
    (tmp_path / "labels.txt").write_text(labels)
    classifier = opened(tmp_path, Plan(heads=TWO_HEADS))
    assert classifier.contract.chosen == chosen
    assert classifier.labels == tuple(labels.split())
    other = opened(tmp_path, Plan(heads=TWO_HEADS), head=1 - chosen)
    assert other.labels[0] == "Class 0"
    for one in (classifier, other):
        one.close()


def test_each_head_has_its_own_list_in_the_metadata(tmp_path: Path) -> None:
    plan = Plan(
        heads=TWO_HEADS,
        metadata=metadata(sample_rate=32_000, label_files=["genus.txt", "species.txt"]),
        packed={"species.txt": b"a\nb\nc", "genus.txt": b"A\nB\nC\nD\nE"},
    )
    (tmp_path / "labels.txt").write_text("not\nthese\nones")
    for head, labels in ((0, "ABCDE"), (1, "abc")):
        classifier = opened(tmp_path, plan, head=head)
        assert classifier.labels == tuple(labels)
        assert classifier.label_list.source == "packed"
        assert classifier.contract.sample_rate == 32_000
        classifier.close()


def test_metadata_tells_what_people_read(tmp_path: Path) -> None:
    words = {
        "name": "Frogs",
        "description": "Hears fróg calls.",
        "version": "3",
        "author": "A. Frog",
        "licence": "CC0-1.0",
    }
    classifier = opened(tmp_path, Plan(metadata=metadata(**words)))
    for word, text in words.items():
        assert getattr(classifier.properties, word) == text
    classifier.close()


@pytest.mark.parametrize(
    ("stated", "given", "rate", "known"),
    [(0, None, 16_000, False), (0, 8_000, 8_000, True), (48_000, None, 48_000, True),
     (48_000, 8_000, 48_000, True), (4_294_967_295, 8_000, 8_000, True), (7, None, 16_000, False)],
)  # fmt: skip
def test_the_sample_rate_is_stated_given_or_assumed(
    tmp_path: Path, stated: int, given: int | None, rate: int, known: bool
) -> None:
    plan = Plan(metadata=metadata(sample_rate=stated) if stated else b"")
    classifier = opened(tmp_path, plan, sample_rate=given)
    assert classifier.contract.sample_rate == rate
    assert classifier.contract.sample_rate_known == known
    classifier.close()


@pytest.mark.parametrize("rate", [0, -1, 999, 400_000])
def test_rates_that_no_model_has(tmp_path: Path, rate: int) -> None:
    with pytest.raises(SettingError, match="sample rate"):
        opened(tmp_path, Plan(), sample_rate=rate)


@pytest.mark.parametrize(("shape", "signature"), [((1, N), (-1, N)), ((1, N, 1), (-1, N, 1))])
def test_a_batch_left_open_does_not_matter(
    tmp_path: Path, shape: tuple[int, ...], signature: tuple[int, ...]
) -> None:
    plan = Plan(shape, signature=signature)
    windows, scores = classified(opened(tmp_path, plan))
    np.testing.assert_allclose(scores, softmax(plan.logits(windows), axis=1), atol=1e-5)


def test_the_usual_hop_is_no_longer_than_a_window(tmp_path: Path) -> None:
    short = opened(tmp_path, Plan())
    assert short.contract.usual_hop_s == short.contract.window_s == 0.25
    assert short.classify(noise(N + 1)).hop_s == 0.25
    with pytest.raises(SettingError, match=r"up to one window, 0\.25 s") as caught:
        short.classify(noise(N), hop_s=0.48)
    assert "0.25 s" in caught.value.remedy
    slow = opened(tmp_path, Plan(), sample_rate=4_000)
    assert slow.contract.window_s == 1.0
    assert slow.contract.usual_hop_s == 0.48
    for one in (short, slow):
        one.close()


def test_teachable_machine(tmp_path: Path) -> None:
    """Its export: a second of float32 at 44.1 kHz, a softmax, and numbered labels beside it."""
    n_samples = 44_032
    plan = Plan((1, n_samples), (HeadPlan(3, "SOFTMAX"),))
    (tmp_path / "labels.txt").write_text("0 Background Noise\n1 Clap twice\n2 Whistle\n")
    classifier = opened(tmp_path, plan, sample_rate=44_100)
    assert classifier.labels == ("Background Noise", "Clap twice", "Whistle")
    assert classifier.label_list.source == "beside"
    clip = noise(44_100 * 3, 44_100)
    timeline = classifier.classify(clip)
    hop = round(0.48 * 44_100)
    assert timeline.n_frames == 1 + -(-(len(clip.samples) - n_samples) // hop)
    expected = softmax(plan.logits(clip.samples[hop : hop + n_samples]))
    np.testing.assert_allclose(timeline.scores[1], expected, atol=1e-5)
    classifier.close()


def test_classes_without_names_are_numbered(tmp_path: Path) -> None:
    classifier = opened(tmp_path, Plan())
    assert classifier.labels == ("Class 0", "Class 1", "Class 2")
    assert classifier.label_list.source == "numbered"
    classifier.close()


@pytest.mark.parametrize("as_file", [True, False])
def test_given_labels_go_first(tmp_path: Path, as_file: bool) -> None:
    (tmp_path / "labels.txt").write_text("too\nfew")
    own = tmp_path / "mine.csv"
    own.write_text("index,label\n2,c\n0,a\n1,b\n")
    classifier = opened(tmp_path, Plan(), labels=own if as_file else ["a", "b", "c"])
    assert classifier.labels == ("a", "b", "c")
    assert classifier.label_list.source == "given"
    classifier.close()


@pytest.mark.parametrize("where", ["beside", "packed", "named", "given"])
def test_a_list_of_another_length_is_refused(tmp_path: Path, where: str) -> None:
    plan, options = Plan(), {}
    if where == "beside":
        (tmp_path / "model.csv").write_text("label\na\nb\nc\nd\n")
    elif where == "given":
        options = {"labels": ["a", "b", "c", "d"]}
    else:
        stated = metadata(label_files=["labels.txt"]) if where == "named" else b""
        plan = Plan(metadata=stated, packed={"labels.txt": b"a\nb\nc\nd"})
    with pytest.raises(ModelError, match="3 scores but lists 4 labels"):
        opened(tmp_path, plan, **options)


@pytest.mark.parametrize(
    ("plan", "reason"),
    [
        (Plan((1, 96, 64)), r"a spectrogram.*\[1, 96, 64\]"),
        (Plan((1, 96, 64, 1)), "a spectrogram"),
        (Plan((1, 96, 96, 1)), "an image"),
        (Plan((1, 64, 48, 3)), "an image"),
        (Plan((2, N)), "a spectrogram"),
        (Plan((1, MIN_WINDOW_SAMPLES - 1)), "fewer than a window"),
        (Plan((1, N), metadata=metadata(channels=4)), "4 channels"),
        (Plan((1, N + 1), metadata=metadata(channels=2)), "2 channels"),
        (Plan((1, 1), signature=(1, -1)), "length is left open"),
        (Plan((N,), dtype="int32"), "values of type int32"),
        (Plan((2, 2, N, 2)), "something else"),
        (Plan(heads=(HeadPlan(6, shape=(2, 3)),)), r"gives \[2, 3\]"),
        (Plan(heads=(HeadPlan(6, shape=(1, 2, 3)),)), r"gives \[1, 2, 3\]"),
    ],
)
def test_what_is_refused_and_why(tmp_path: Path, plan: Plan, reason: str) -> None:
    with pytest.raises(ModelError, match=reason):
        opened(tmp_path, plan)


def test_windows_of_more_than_a_minute_are_refused(tmp_path: Path) -> None:
    plan = Plan((1, 70_000), (HeadPlan(1),))
    with pytest.raises(ModelError, match=r"windows of 70 s"):
        opened(tmp_path, plan, sample_rate=1_000)


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("name", ["FlexRFFT", "MyOwnOperator"])
def test_operators_that_the_runtime_lacks_are_named(
    tmp_path: Path, name: str, runtime: Runtime
) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(foreign(name))
    with pytest.raises(ModelError, match=f"does not have: {name}"):
        Classifier(path, runtime=runtime)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b"a text that was renamed", "not a TFLite file"),
        (b"\x89HDF\r\n\x1a\n", "a Keras model"),
        (b"PK\x03\x04 and so on", "a zip archive"),
        (b"\x1f\x8b\x08 and so on", "a gzipped archive"),
        (b"\x1c\x00\x00\x00TFL3", "damaged"),
    ],
)
def test_files_that_are_no_tflite_say_what_they_are(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=reason):
        Classifier(path)
    with pytest.raises(ModelError, match="is a folder"):
        Classifier(tmp_path)


def test_more_classes_than_memory_is_meant_for_are_refused(tmp_path: Path) -> None:
    most = opened(tmp_path, Plan((400,), (HeadPlan(MAX_CLASSES),)))
    assert most.contract.n_classes == MAX_CLASSES
    with pytest.raises(ModelError, match=r"gives \[1, 10001\]") as refused:
        opened(tmp_path, Plan((400,), (HeadPlan(MAX_CLASSES + 1),)))
    assert "10,000" in refused.value.allowed


def test_scores_are_scores_where_a_model_gives_no_numbers(tmp_path: Path) -> None:
    """The logarithm of what is negative, which showed with this clip only."""
    plan = Plan(heads=(HeadPlan(3, then="LOG"),))
    _, scores = classified(opened(tmp_path, plan))
    assert np.isfinite(scores).all()
    assert scores.min() >= 0
    assert scores.max() <= 1
