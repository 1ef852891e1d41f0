"""What the samples hold."""

import gzip
import json
from pathlib import Path

import numpy as np

from components.server.live_messages import write_message
from components.view.picture import picture_file, spectrogram_file
from models.audio import timing
from models.audio.envelope import Envelope
from models.audio.spectrogram import Spectrogram
from models.events.timeline import Timeline
from tests.components.server.test_live_messages import news_of
from tests.models.live.parts import write_message as write_pcm_message

FOLDER = Path(__file__).parent

LABELS = ("Speech", "Dog", "Nothing known", "Siren")


def live_message() -> bytes:
    """Return a message of the live panel, with the labels of a new stream."""
    return write_message(news_of())


def pcm_message() -> bytes:
    """Return a message of the microphone."""
    samples = np.array([0, 1, -1, 32_767, -32_768], np.int16)
    return write_pcm_message(3, 48_000, 5_000_000_000, samples)


def picture() -> bytes:
    """Return a picture file, decompressed: three columns of two bands, two frames."""
    envelope = Envelope(0.5, np.array([[-32_767, 16_000], [-1, 1], [0, 300]], np.int16))
    levels = np.array([[0, 10, 20], [100, 200, 255]], np.uint8)
    spectrogram = Spectrogram(levels, 0.4, np.array([125.0, 4_000.0]))
    scores = np.array([[0.5, 0.25, 0.125, 1.0], [0.0, 0.75, 0.5, 0.25]], np.float32)
    timeline = Timeline(scores, np.array([0.0, 0.48]), 0.975, 0.48, LABELS, 1.455)
    return gzip.decompress(picture_file(envelope, spectrogram, timeline, LABELS))


def spectrogram() -> bytes:
    """Return the file of a spectrogram, decompressed: two columns of three bands."""
    levels = np.array([[0, 10], [100, 200], [3, 255]], np.uint8)
    centres_hz = np.array([50.0, 500.0, 5_000.0])
    found = Spectrogram(levels, 0.1, centres_hz, 20.0, 22_050.0, -120.0)
    return gzip.decompress(spectrogram_file(found).data)


def grid() -> bytes:
    """Return the edges of frames of some clips, as JSON."""
    cases = []
    for duration_s, window_s, hop_s in ((0.3, 0.975, 0.48), (10.0, 0.975, 0.48), (7.3, 0.975, 0.1)):
        hop = timing.samples_from_seconds(hop_s, 16_000)
        window = timing.samples_from_seconds(window_s, 16_000)
        n_frames = timing.n_frames(round(16_000 * duration_s), window, hop)
        onsets_s = timing.frame_onsets_s(n_frames, hop, 16_000)
        edges_s = timing.frame_edges_s(onsets_s, window_s, hop_s, duration_s)
        cases.append(
            {
                "duration": duration_s,
                "window": window_s,
                "hop": hop_s,
                "frames": n_frames,
                "edges": np.round(edges_s, 9).tolist(),
            }
        )
    return json.dumps(cases).encode() + b"\n"


SAMPLES = {
    "live_message.bin": live_message,
    "pcm_message.bin": pcm_message,
    "picture.bin": picture,
    "spectrogram.bin": spectrogram,
    "grid.json": grid,
}
