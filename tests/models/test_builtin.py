"""The student of YAMNet as it is committed: its contract, and that it recognises what it should."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from models import taxonomy
from models.audio import Clip, load_clip
from models.classifier import Classifier
from models.metadata import read_labels
from models.runtimes import open_interpreter

FOLDER = Path(__file__).parents[2] / "models" / "builtin"
FILE = FOLDER / "builtin.tflite"


@pytest.fixture(scope="module")
def builtin() -> Iterator[Classifier]:
    classifier = Classifier(FILE)
    yield classifier
    classifier.close()


def test_its_card_states_its_size_and_digest() -> None:
    card = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert hashlib.sha256(FILE.read_bytes()).hexdigest() in card
    assert f"{FILE.stat().st_size:,} bytes" in card
    assert FILE.stat().st_size <= 1_600_000


def test_its_contract_is_yamnets() -> None:
    interpreter = open_interpreter(FILE)
    (given,), (taken,) = interpreter.get_input_details(), interpreter.get_output_details()
    assert (given["dtype"], list(given["shape"])) == (np.float32, [15_600])
    assert (taken["dtype"], list(taken["shape"])) == (np.float32, [1, 521])
    packed = read_labels(FILE)
    assert packed is not None
    assert packed.labels == taxonomy.labels()


def test_digital_silence_is_silence(builtin: Classifier) -> None:
    timeline = builtin.classify(Clip.from_samples(np.zeros(48_000, np.float32), 16_000))
    silence = builtin.labels.index("Silence")
    assert timeline.scores[:, silence].min() > 0.8
    assert np.delete(timeline.scores, silence, axis=1).max() < 0.3


@pytest.mark.recordings
@pytest.mark.parametrize(
    ("name", "label"),
    [("speech_reading.ogg", "Speech"), ("vibe_ace.ogg", "Music"), ("trumpet.ogg", "Music")],
)
def test_it_recognises_speech_and_music(
    builtin: Classifier, recordings: Path, name: str, label: str
) -> None:
    assert builtin.classify(load_clip(recordings / name)).top(1)[0][0] == label
