"""A small classifier taught with real clips, once for all tests here."""

from pathlib import Path

import pytest

from models.audio import Clip, load_clip
from models.inference import Classifier
from models.teaching import TaughtClassifier, teach

Clips = dict[str, list[Clip]]


def clips_of(esc10: Path, folds: str, count: int) -> Clips:
    """Load the first clips of each class out of some folds (the number that names begin with)."""
    return {
        folder.name: [load_clip(path) for path in sorted(folder.glob(f"[{folds}]-*"))[:count]]
        for folder in sorted(esc10.iterdir())
    }


@pytest.fixture(scope="package")
def lessons(esc10: Path) -> Clips:
    """Four clips a class to learn from."""
    return clips_of(esc10, "1", 4)


@pytest.fixture(scope="package")
def unheard(esc10: Path) -> Clips:
    """Three clips a class, of other recordings."""
    return clips_of(esc10, "2", 3)


@pytest.fixture(scope="package")
def taught(yamnet: Classifier, lessons: Clips) -> TaughtClassifier:
    return teach(lessons, base=yamnet)
