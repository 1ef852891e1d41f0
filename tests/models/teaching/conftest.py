"""Small classifiers taught with synthesised sounds and with real clips, once for all tests here."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from models.audio import Clip, load_clip
from models.inference import Classifier
from models.teaching import TaughtClassifier, teach
from tests.models.teaching.sounds import MAKERS, wav

Clips = dict[str, list[Clip]]


def made(seeds: Iterable[int]) -> Clips:
    """Synthesise a sound of each class for each seed."""
    return {
        label: [load_clip(wav(make(3.0, seed))) for seed in seeds] for label, make in MAKERS.items()
    }


def clips_of(esc10: Path, folds: str, count: int) -> Clips:
    """Load the first clips of each class out of some folds (the number that names begin with)."""
    return {
        folder.name: [load_clip(path) for path in sorted(folder.glob(f"[{folds}]-*"))[:count]]
        for folder in sorted(esc10.iterdir())
    }


@pytest.fixture(scope="package")
def lessons() -> Clips:
    """Four synthesised clips of each class to learn from."""
    return made(range(4))


@pytest.fixture(scope="package")
def unheard() -> Clips:
    """Three synthesised clips of each class that are not learnt from."""
    return made(range(10, 13))


@pytest.fixture(scope="package")
def taught(builtin: Classifier, lessons: Clips) -> TaughtClassifier:
    """The built-in model, taught the synthesised classes."""
    return teach(lessons, base=builtin)


@pytest.fixture(scope="package")
def real_lessons(esc10: Path) -> Clips:
    """Four real clips of each class to learn from."""
    return clips_of(esc10, "1", 4)


@pytest.fixture(scope="package")
def real_unheard(esc10: Path) -> Clips:
    """Three real clips of each class, of other recordings."""
    return clips_of(esc10, "2", 3)


@pytest.fixture(scope="package")
def really_taught(yamnet: Classifier, real_lessons: Clips) -> TaughtClassifier:
    """YAMNet, taught ten classes of real clips."""
    return teach(real_lessons, base=yamnet)
