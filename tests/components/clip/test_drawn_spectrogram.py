"""Spectrogram settings on the page Clip: what is drawn anew, kept and forgotten."""

import gzip
import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from components.view.picture import SpectrogramFile
from components.workspace.recordings import Recording
from components.workspace.shared import shared
from models.audio import Clip
from models.audio.playback import wav_file
from models.errors import SettingError
from models.jobs.job import Job
from tests.components.pages import open_app, workspace_of


def drawn() -> list[Job[SpectrogramFile]]:
    return shared().spectrograms.values


def header(file: SpectrogramFile) -> dict[str, object]:
    data = gzip.decompress(file.data)
    length = int(np.frombuffer(data[:4], "<u4")[0])
    found: dict[str, object] = json.loads(data[4 : 4 + length])["spectrogram"]
    return found


def open_demonstration(**settings: str) -> AppTest:
    return open_app(clip="demonstration", **settings)


def test_the_usual_spectrogram_is_that_of_the_analysis() -> None:
    open_demonstration(colours="Magma", range_db="40")
    assert drawn() == []


def test_another_axis_and_range_are_drawn_at_the_recordings_own_rate() -> None:
    open_demonstration(axis="Linear", top_hz="Nyquist")
    (job,) = drawn()
    found = header(job.result())
    assert found["edges_hz"] == [0.0, 22_050.0]
    assert found["floor_db"] == -120.0
    bands_hz = np.array(found["bands_hz"])
    assert np.diff(bands_hz) == pytest.approx(np.diff(bands_hz)[0], abs=0.11)


def test_visitors_share_what_is_drawn() -> None:
    open_demonstration(axis="Logarithmic")
    open_demonstration(axis="Logarithmic", colours="Grey", range_db="100")
    assert len(drawn()) == 1
    open_demonstration(axis="Logarithmic", top_hz="2 kHz")
    assert len(drawn()) == 2


def test_what_is_drawn_counts_and_gives_way() -> None:
    before = shared().room.n_bytes
    open_demonstration(axis="Linear")
    (job,) = drawn()
    n_bytes = len(job.result().data)
    assert shared().spectrograms.n_bytes == n_bytes
    assert shared().room.n_bytes >= before + n_bytes
    with pytest.raises(SettingError), shared().room.reserving(1 << 50):
        pass
    assert drawn() == []


def test_what_is_drawn_goes_with_the_last_workspace_that_has_the_recording() -> None:
    page = open_app(axis="Linear")
    workspace = workspace_of(page)
    tone = 0.5 * np.sin(np.arange(16_000) / 3).astype(np.float32)
    recording = Recording.from_bytes("tone.wav", wav_file(Clip.from_samples(tone, 16_000)))
    workspace.recordings.add(recording)
    page.run()
    assert not page.exception
    assert len(drawn()) == 1
    workspace.remove_recording(recording.digest)
    assert drawn() == []


def test_settings_that_are_none_are_named() -> None:
    page = open_demonstration(axis="Bark", range_db="500", top_hz="7 kHz", colours="Jet")
    told = " ".join(one.value for one in page.warning).replace("\\", "")
    for words in (
        "axis=Bark",
        "one of Mel, Logarithmic, Linear",
        "range-db=500",
        "top-hz=7 kHz",
        "colours=Jet",
    ):
        assert words in told
    assert drawn() == []
