"""Recordings of a few seconds, and an archive of them."""

import io
import sys
import wave
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import models
from models.archive import Archive

SAMPLE_RATE = 16_000

Record = Callable[..., Path]


def tone(seed: int, duration_s: float = 4.0) -> np.ndarray:
    """A melody, of its own for each seed, in noise."""
    generator = np.random.default_rng(seed)
    n_samples = round(duration_s * SAMPLE_RATE)
    pitches_hz = generator.uniform(200, 3000, n_samples // 4000 + 1)
    phase = np.cumsum(np.repeat(pitches_hz, 4000)[:n_samples]) / SAMPLE_RATE
    noise = generator.standard_normal(n_samples)
    return 0.3 * np.sin(2 * np.pi * phase) + 0.02 * noise


def wav(samples: np.ndarray, sample_rate: int = SAMPLE_RATE) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(sample_rate)
        writer.writeframes((samples * 32767).astype("<i2").tobytes())
    return file.getvalue()


@pytest.fixture(autouse=True)
def main_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new process imports the main module, which is a page's script after a test of a page."""
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the recordings."""
    folder = tmp_path / "recordings"
    folder.mkdir()
    return folder


@pytest.fixture
def record(folder: Path) -> Record:
    """Write a recording of a seed; its name says when it began."""

    def write(seed: int, name: str | None = None, duration_s: float = 4.0) -> Path:
        path = folder / (name or f"202305{seed + 1:02d}_053000.wav")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(wav(tone(seed, duration_s)))
        return path

    return write


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """A new archive."""
    return models.open_archive(tmp_path / "archive")
