"""Clips and sounds by seed, and their reference results."""

import hashlib
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from components.view.picture import picture_file
from models.analysis import analyse
from models.audio import MAX_DURATION_S, Clip, load_clip
from models.audio.playback import wav_file
from models.demonstration import demonstration_events, demonstration_recording
from models.inference import Classifier
from tests.load.microphone import RATE_HZ

CLIP_S = 10.0
HOP_S = 0.48
"""The page's default, in seconds."""

_CLIP_RATE_HZ = 16_000


@cache
def _demonstrated(sample_rate: int) -> NDArray[np.float32]:
    return load_clip(demonstration_recording(), sample_rate=sample_rate).samples


def clip(seed: int) -> bytes:
    """Cut ten seconds from the demonstration clip, at a random position and level."""
    random = np.random.default_rng(seed)
    whole = _demonstrated(_CLIP_RATE_HZ)
    cut = np.roll(whole, -int(random.integers(len(whole))))[: round(CLIP_S * _CLIP_RATE_HZ)]
    return wav_file(Clip.from_samples(cut * np.float32(random.uniform(0.5, 1.0)), _CLIP_RATE_HZ))


def sound(seed: int) -> NDArray[np.float32]:
    """Return one of the demonstration clip's events, at 48 kHz, as input of a microphone.

    Silence is excluded: a microphone that sends only silence counts as muted, and no class is
    shown then.
    """
    events = [event for event in demonstration_events() if event.label != "Silence"]
    event = events[seed % len(events)]
    return _demonstrated(RATE_HZ)[round(event.onset_s * RATE_HZ) : round(event.offset_s * RATE_HZ)]


def digest(data: bytes) -> str:
    """Return the SHA-256 in hexadecimal, which also identifies a recording in the app."""
    return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True)
class Alone:
    """Result of a recording without concurrent load.

    Parameters
    ----------
    picture : str
        Digest of the player's picture: it holds waveform, spectrogram, and the scores of the
        best classes of each frame.
    best : tuple of str
        The three classes with the highest score in any frame.
    """

    picture: str
    best: tuple[str, ...]


def best_of(seed: int, classifier: Classifier) -> tuple[str, ...]:
    """Return the three best classes of a sound, without a microphone."""
    return heard_alone(wav_file(Clip.from_samples(sound(seed), RATE_HZ)), classifier).best


def heard_alone(recording: bytes, classifier: Classifier) -> Alone:
    """Analyse a recording as the page does, in this process."""
    analysis = analyse(
        recording,
        classifier,
        hop_s=HOP_S,
        max_duration_s=MAX_DURATION_S,
        progress=lambda _fraction: None,
    )
    timeline = analysis.timeline
    picture = picture_file(analysis.envelope, analysis.spectrogram, timeline, timeline.labels)
    return Alone(digest(picture), tuple(label for label, _ in timeline.top(3, by="max")))
