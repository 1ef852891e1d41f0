"""The starter model as it is committed: its contract, what it knows, and where it stays quiet."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from models import taxonomy
from models.audio import Clip, load_clip
from models.classifier import Classifier
from models.metadata import read_labels
from models.runtimes import available_runtimes, open_interpreter
from models.starter.classes import ESC10_LABELS, LABELS, SILENCE
from models.starter.esc import read_recordings
from models.starter.evaluate import MODEL_FILE, Accuracy, measure_accuracy, noise_clip

KNOWN_FOLD = 4  # none of its recordings was trained on
TEN = [LABELS.index(label) for label in ESC10_LABELS.values()]


@pytest.fixture(scope="module")
def starter() -> Iterator[Classifier]:
    classifier = Classifier(MODEL_FILE)
    yield classifier
    classifier.close()


@pytest.fixture(scope="module")
def accuracy(starter: Classifier, esc10: Path) -> Accuracy:
    recordings = [one for one in read_recordings(esc10) if one.fold == KNOWN_FOLD]
    assert len(recordings) == 80
    return measure_accuracy(starter, recordings)


def test_the_file_is_small_enough_to_be_committed() -> None:
    assert MODEL_FILE.stat().st_size <= 500_000


def test_its_contract_is_yamnets() -> None:
    interpreter = open_interpreter(MODEL_FILE)
    (given,), (taken,) = interpreter.get_input_details(), interpreter.get_output_details()
    assert (given["dtype"], list(given["shape"])) == (np.float32, [15_600])
    assert (taken["dtype"], list(taken["shape"])) == (np.float32, [1, 13])


def test_its_labels_are_packed_into_it_in_order() -> None:
    packed = read_labels(MODEL_FILE)
    assert packed is not None
    assert packed.labels == LABELS
    assert set(LABELS) <= set(taxonomy.labels())
    assert LABELS[:4] == ("Silence", "Speech", "Music", "Dog")


@pytest.mark.recordings
def test_it_knows_the_ten_classes_in_recordings_it_was_not_trained_on(accuracy: Accuracy) -> None:
    assert accuracy.among_ten >= 0.8
    assert all(share >= 0.5 for share in accuracy.by_label.values()), accuracy.by_label


def test_digital_silence_is_silence(starter: Classifier) -> None:
    scores = starter.classify(Clip.from_samples(np.zeros(48_000, np.float32), 16_000)).scores
    assert scores[:, SILENCE].min() > 0.9
    assert np.delete(scores, SILENCE, axis=1).max() < 0.1


@pytest.mark.parametrize("level_dbfs", [-10, -20, -30, -40, -50])
@pytest.mark.parametrize("seed", range(3))
def test_white_noise_is_none_of_its_classes(
    starter: Classifier, level_dbfs: float, seed: int
) -> None:
    scores = starter.classify(noise_clip(level_dbfs, 0.0, seed)).scores
    assert np.delete(scores, SILENCE, axis=1).max() < 0.3


@pytest.mark.parametrize("slope_db", [-3.0, -6.0], ids=["pink", "brown"])
@pytest.mark.parametrize("level_dbfs", [-20, -30, -40])
def test_coloured_noise_is_none_of_its_classes(
    starter: Classifier, slope_db: float, level_dbfs: float
) -> None:
    timeline = starter.classify(noise_clip(level_dbfs, slope_db, seed=0))
    assert all(score < 0.3 for label, score in timeline.top(13) if label != "Silence")


@pytest.mark.recordings
def test_speech_is_speech_and_none_of_the_ten(starter: Classifier, recordings: Path) -> None:
    mean = starter.classify(load_clip(recordings / "speech_reading.ogg")).scores.mean(axis=0)
    assert mean[LABELS.index("Speech")] > 0.7
    assert mean[TEN].max() < 0.3


@pytest.mark.recordings
@pytest.mark.parametrize("name", ["vibe_ace.ogg", "trumpet.ogg"])
def test_music_is_music_before_all_else(starter: Classifier, recordings: Path, name: str) -> None:
    assert starter.classify(load_clip(recordings / name)).top(1)[0][0] == "Music"


@pytest.mark.recordings
@pytest.mark.parametrize("name", ["robin.ogg", "humpback.ogg"])
def test_what_it_does_not_know_scores_low_on_the_whole(
    starter: Classifier, recordings: Path, name: str
) -> None:
    mean = starter.classify(load_clip(recordings / name)).scores.mean(axis=0)
    assert mean[TEN].max() < 0.3


@pytest.mark.runtimes
@pytest.mark.recordings
def test_runtimes_agree(starter: Classifier, recordings: Path) -> None:
    """To one step in a hundred on the mean, and on all that is clear."""
    if "tflite" not in available_runtimes():
        pytest.skip("tflite-runtime has no wheel for this Python")
    other = Classifier(MODEL_FILE, runtime="tflite")
    for name in ("speech_reading.ogg", "trumpet.ogg"):
        clip = load_clip(recordings / name)
        ours, theirs = (one.classify(clip).scores for one in (starter, other))
        assert np.abs(ours - theirs).mean() < 0.01
        clear = ours.max(axis=1) > 0.6
        np.testing.assert_array_equal(ours.argmax(axis=1)[clear], theirs.argmax(axis=1)[clear])
    other.close()


@pytest.mark.recordings
def test_scores_equal_mediapipe(
    starter: Classifier, recordings: Path, mediapipe_scores: Callable[[Clip], np.ndarray]
) -> None:
    clip = load_clip(recordings / "speech_reading.ogg")
    expected = mediapipe_scores(clip)
    scores = starter.classify(clip, hop_s=0.975).scores
    assert expected.shape == scores.shape
    assert np.abs(expected - scores).max() == 0.0


@pytest.fixture
def mediapipe_scores() -> Callable[[Clip], np.ndarray]:
    """How MediaPipe's AudioClassifier scores a clip by its own reading of the file's metadata."""
    pytest.importorskip("mediapipe", reason="MediaPipe has no wheel for this Python")
    from mediapipe.tasks.python import BaseOptions, audio, components

    def classify(clip: Clip) -> np.ndarray:
        options = audio.AudioClassifierOptions(BaseOptions(model_asset_path=str(MODEL_FILE)))
        with audio.AudioClassifier.create_from_options(options) as classifier:
            data = components.containers.AudioData.create_from_array(
                clip.samples.copy(), clip.sample_rate
            )
            results = classifier.classify(data)
        rows = np.empty((len(results), len(LABELS)), np.float32)
        for row, result in zip(rows, results, strict=True):
            for category in result.classifications[0].categories:
                assert category.category_name == LABELS[category.index]
                row[category.index] = category.score
        return rows

    return classify
