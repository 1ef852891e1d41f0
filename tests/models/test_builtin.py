"""The built-in model as it is committed: its contract, and what it recognises."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from models.audio import Clip, load_clip
from models.demonstration import demonstration_events, demonstration_recording
from models.events import find_events, taxonomy
from models.inference import Classifier
from models.registry.catalog import BUILTIN, CATALOG
from models.tflite import read_labels
from models.tflite.runtimes import available_runtimes, open_interpreter
from training import esc50
from training.evaluation import category_scores


def test_the_file_is_small_enough_to_be_committed(builtin_path: Path) -> None:
    assert builtin_path.stat().st_size <= 1_600_000


def test_its_contract_is_yamnets(builtin_path: Path) -> None:
    interpreter = open_interpreter(builtin_path)
    (given,), (taken,) = interpreter.get_input_details(), interpreter.get_output_details()
    assert (given["dtype"], list(given["shape"])) == (np.float32, [15_600])
    assert (taken["dtype"], list(taken["shape"])) == (np.float32, [1, 521])
    packed = read_labels(builtin_path)
    assert packed is not None
    assert packed.labels == taxonomy.labels()


def test_its_card_states_its_digest() -> None:
    card = Path(__file__).parents[2] / "models" / BUILTIN / "README.md"
    entry = CATALOG[BUILTIN]
    assert entry.sha256 in card.read_text(encoding="utf-8")
    assert f"{entry.size_bytes:,} bytes" in card.read_text(encoding="utf-8")


def test_digital_silence_is_silence(builtin: Classifier) -> None:
    timeline = builtin.classify(Clip.from_samples(np.zeros(48_000, np.float32), 16_000))
    silence = builtin.labels.index("Silence")
    assert timeline.scores[:, silence].min() > 0.8
    assert np.delete(timeline.scores, silence, axis=1).max() < 0.3


def test_it_finds_all_that_the_demonstration_clip_contains(builtin: Classifier) -> None:
    timeline = builtin.classify(load_clip(demonstration_recording()))
    found = find_events(timeline, 0.35)  # beyond the default of 0.3
    for true in demonstration_events():
        assert any(
            event.label == true.label
            and event.onset_s < true.offset_s
            and event.offset_s > true.onset_s
            for event in found
        ), true.label


@pytest.mark.recordings
def test_it_knows_the_fifty_classes_in_recordings_it_was_not_trained_on(
    builtin: Classifier, esc50_folder: Path
) -> None:
    clips = [
        one for one in esc50.read_recordings(esc50_folder) if one.fold == esc50.VALIDATION_FOLD
    ]
    means = np.stack([builtin.classify(load_clip(one.path)).scores.mean(axis=0) for one in clips])
    found = category_scores(means).argmax(axis=1)
    right = [
        esc50.CATEGORIES[index] == one.category for index, one in zip(found, clips, strict=True)
    ]
    assert np.mean(right) >= 0.71


@pytest.mark.recordings
def test_speech_and_music_come_first(builtin: Classifier, recordings: Path) -> None:
    true = {"speech_reading.ogg": "Speech", "vibe_ace.ogg": "Music", "trumpet.ogg": "Music"}
    for name, label in true.items():
        assert builtin.classify(load_clip(recordings / name)).top(1)[0][0] == label, name


@pytest.mark.runtimes
def test_runtimes_agree(builtin_path: Path, builtin: Classifier) -> None:
    if "tflite" not in available_runtimes():
        pytest.skip("tflite-runtime has no wheel for this Python")
    other = Classifier(builtin_path, runtime="tflite")
    clip = load_clip(demonstration_recording())
    ours, theirs = (one.classify(clip).scores for one in (builtin, other))
    assert np.abs(ours - theirs).mean() < 0.01
    assert np.abs(ours - theirs).max() < 0.2
    other.close()


@pytest.mark.parametrize("gain", [1.0, 10.0])
def test_scores_equal_mediapipe(
    builtin: Classifier, mediapipe_scores: Callable[[Clip], np.ndarray], gain: float
) -> None:
    as_written = load_clip(demonstration_recording()).samples
    clip = Clip.from_samples(gain * as_written, 16_000)
    assert np.abs(clip.samples).max() > 1 or gain == 1, "beyond full scale"
    expected = mediapipe_scores(clip)
    scores = builtin.classify(clip, hop_s=0.975).scores
    assert expected.shape == scores.shape
    assert np.abs(expected - scores).max() == 0.0


@pytest.fixture
def mediapipe_scores(builtin_path: Path) -> Callable[[Clip], np.ndarray]:
    """Score a clip with MediaPipe's AudioClassifier, by its own reading of the metadata."""
    pytest.importorskip("mediapipe", reason="MediaPipe has no wheel for this Python")
    from mediapipe.tasks.python import BaseOptions, audio, components

    labels = taxonomy.labels()

    def classify(clip: Clip) -> np.ndarray:
        options = audio.AudioClassifierOptions(BaseOptions(model_asset_path=str(builtin_path)))
        with audio.AudioClassifier.create_from_options(options) as classifier:
            data = components.containers.AudioData.create_from_array(
                clip.samples.copy(), clip.sample_rate
            )
            results = classifier.classify(data)
        rows = np.empty((len(results), len(labels)), np.float32)
        for row, result in zip(rows, results, strict=True):
            for category in result.classifications[0].categories:
                assert category.category_name == labels[category.index]
                row[category.index] = category.score
        return rows

    return classify
