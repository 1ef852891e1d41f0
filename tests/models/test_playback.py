import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from models.audio import Clip, load_clip
from models.playback import playable


@pytest.mark.recordings
def test_what_a_browser_plays_is_left_alone(recordings: Path) -> None:
    sound = playable(load_clip(recordings / "robin.ogg"))
    assert sound.mime_type == "audio/ogg"
    assert sound.converted is None


@pytest.mark.parametrize("kind", ["AIFF", "CAF", "WAV"])
def test_what_no_browser_plays_is_converted_without_loss(kind: str) -> None:
    samples = np.sin(np.arange(16_000) / 7) / 2
    file = io.BytesIO()
    subtype = "ALAW" if kind == "WAV" else "PCM_16"
    soundfile.write(file, samples, 16_000, format=kind, subtype=subtype)
    clip = load_clip(file.getvalue())
    sound = playable(clip)
    assert sound.mime_type == "audio/flac"
    heard, sample_rate = soundfile.read(io.BytesIO(sound.converted))
    assert sample_rate == 16_000
    np.testing.assert_allclose(heard, clip.samples, atol=1 / 32_768)


def test_samples_without_a_file_can_be_heard_too() -> None:
    sound = playable(Clip.from_samples(np.zeros(16_000, np.float32), 16_000))
    assert sound.converted is not None


@pytest.mark.parametrize(("sample_rate", "as_it_is"), [(44_100, True), (22_050, False)])
def test_an_mp3_whose_lead_would_be_heard_is_converted(sample_rate: int, as_it_is: bool) -> None:
    file = io.BytesIO()
    soundfile.write(file, np.zeros(sample_rate, np.float32), sample_rate, format="MP3")
    sound = playable(load_clip(file.getvalue()))
    assert (sound.converted is None) is as_it_is
