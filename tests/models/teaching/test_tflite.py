from pathlib import Path

import numpy as np
import pytest
from mediapipe.tasks.python import BaseOptions
from mediapipe.tasks.python.audio import AudioClassifier, AudioClassifierOptions
from mediapipe.tasks.python.components.containers import AudioData

from models.audio import Clip, load_clip
from models.demonstration import demonstration_recording
from models.errors import ModelError
from models.inference import Classifier
from models.opening import open_classifier
from models.teaching import TaughtClassifier, teach
from models.tflite.runtimes import available_runtimes

WINDOW_S = 0.975
KINDS = ("exclusive", "independent")


@pytest.fixture(scope="module", params=KINDS)
def exported(
    request: pytest.FixtureRequest,
    builtin: Classifier,
    taught: TaughtClassifier,
    lessons: dict[str, list[Clip]],
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[TaughtClassifier, Path]:
    if request.param == "independent":
        few = {label: clips[:1] for label, clips in lessons.items()}
        taught = teach(few, base=builtin, scores="independent")
    path = tmp_path_factory.mktemp("exported") / "mine.tflite"
    return taught, taught.export_tflite(path)


@pytest.fixture(scope="module")
def sounds(unheard: dict[str, list[Clip]]) -> list[Clip]:
    """Five seconds each: claps with silence behind them, and parts of the demonstration clip."""
    claps = np.concatenate([unheard["Clapping"][0].samples, np.zeros(2 * 16_000, np.float32)])
    clip = load_clip(demonstration_recording()).samples
    parts = [claps, *(clip[start_s * 16_000 :] for start_s in (0, 20, 44))]
    return [Clip.from_samples(part[: 5 * 16_000], 16_000) for part in parts]


def test_mediapipe_gives_the_same_scores(
    exported: tuple[TaughtClassifier, Path], sounds: list[Clip]
) -> None:
    taught, path = exported
    options = AudioClassifierOptions(base_options=BaseOptions(model_asset_path=str(path)))
    with AudioClassifier.create_from_options(options) as theirs:
        for clip in sounds:
            ours = taught.classify(clip, WINDOW_S).scores
            results = theirs.classify(AudioData.create_from_array(np.array(clip.samples), 16_000))
            assert len(results) > 4
            for scores, result in zip(ours, results, strict=False):
                categories = result.classifications[0].categories
                assert {one.category_name for one in categories} == set(taught.labels)
                for one in categories:
                    assert taught.labels[one.index] == one.category_name
                    # Measured: 3e-7.
                    assert abs(one.score - scores[one.index]) < 1e-4


# TFLite Runtime rounds 8-bit layers otherwise where it keeps tensors: 0.0012 measured.
@pytest.mark.parametrize(("runtime", "tolerance"), [("litert", 1e-4), ("tflite", 0.01)])
@pytest.mark.runtimes
def test_earmark_opens_it_like_any_other_file(
    exported: tuple[TaughtClassifier, Path], sounds: list[Clip], runtime: str, tolerance: float
) -> None:
    if runtime not in available_runtimes():
        pytest.skip(f"{runtime} has no wheel for this Python")
    taught, path = exported
    opened = open_classifier(path, runtime=runtime, workers=1)
    same_runtime = Classifier(taught.base.path, runtime=runtime, workers=1)
    reference = TaughtClassifier(same_runtime, taught.learnt)
    assert opened.labels == taught.labels
    assert opened.contract == taught.contract
    for clip in sounds:
        given, expected = opened.classify(clip).scores, reference.classify(clip).scores
        np.testing.assert_allclose(given, expected, atol=tolerance)
    opened.close()
    reference.close()


def test_it_is_no_larger_than_its_base(exported: tuple[TaughtClassifier, Path]) -> None:
    taught, path = exported
    assert path.stat().st_size < taught.base.path.stat().st_size
    again = taught.export_tflite(path.with_name("again.tflite"))
    assert again.read_bytes() == path.read_bytes()


def test_a_place_that_takes_no_file_is_told(taught: TaughtClassifier, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be written"):
        taught.export_tflite(tmp_path / "missing" / "mine.tflite")
    with pytest.raises(ModelError, match="cannot be written"):
        taught.save(tmp_path / "missing" / "mine.earmark")
