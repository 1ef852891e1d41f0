"""The choice of track and channels on the page Clip."""

import io

import numpy as np
import pytest
import soundfile
from streamlit.testing.v1 import AppTest

from components.view.settings import SoundChoice
from components.workspace.recordings import Recording
from tests.components.clip.test_clip_page import event_rows
from tests.components.pages import open_app, workspace_of
from tests.demonstrated import demonstration_clip
from tests.models.audio.recording_files import Recipe, encode, two_tracks


@pytest.fixture(scope="module")
def samples() -> np.ndarray:
    return demonstration_clip().samples[: 16_000 * 10]


def stereo(left: np.ndarray, right: np.ndarray) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, np.stack([left, right], axis=1), 16_000, "FLOAT", format="WAV")
    return file.getvalue()


def looking_at(*contents: bytes) -> AppTest:
    page = open_app()
    workspace = workspace_of(page)
    for number, content in enumerate(contents):
        workspace.recordings.add(Recording.from_bytes(f"{number}.wav", content))
    workspace.recordings.choose(workspace.recordings.all[-1].digest)
    page.run()
    assert not page.exception
    return page


def key(page: AppTest, kind: str, index: int = -1) -> str:
    return f"{kind}-{workspace_of(page).recordings.all[index].digest[:16]}"


def told(page: AppTest) -> str:
    return " ".join(info.value for info in page.info)


def test_a_channel_is_chosen(samples: np.ndarray) -> None:
    page = looking_at(stereo(samples, 0 * samples))
    before = event_rows(page)
    page.selectbox(key=key(page, "channels")).set_value("left").run()
    assert not page.exception
    left = event_rows(page)
    assert left
    page.selectbox(key=key(page, "channels")).set_value("right").run()
    assert not page.exception
    assert {label for _, _, label in event_rows(page)} != {label for _, _, label in left}
    page.selectbox(key=key(page, "channels")).set_value("mix").run()
    assert event_rows(page) == before


def test_a_track_is_chosen(samples: np.ndarray) -> None:
    page = looking_at(two_tracks("mp4", np.repeat(samples, 3)[:441_000], np.zeros(441_000, "f4")))
    assert "2 audio tracks" in told(page)
    before = event_rows(page)
    page.selectbox(key=key(page, "track")).set_value(1).run()
    assert not page.exception
    assert "Track 2 is analysed" in told(page)
    workspace = workspace_of(page)
    assert workspace.view.sound(workspace.recordings.all[0].digest) == SoundChoice(1)
    assert not page.dataframe or event_rows(page) != before


def test_others_keep_their_choice(samples: np.ndarray) -> None:
    first = stereo(samples, samples[::-1])
    page = looking_at(first, stereo(samples, -samples))
    assert "cancel each other out" in told(page)
    page.selectbox(key=key(page, "channels")).set_value("right").run()
    assert "cancel each other out" not in told(page)
    workspace = workspace_of(page)
    workspace.recordings.choose(workspace.recordings.all[0].digest)
    assert workspace.view.sound(workspace.recordings.all[0].digest).is_default
    workspace.remove_recording(workspace.recordings.all[1].digest)
    assert not workspace.view.sounds


def test_mono_has_no_choice(samples: np.ndarray) -> None:
    page = looking_at(encode(Recipe("wav", "pcm_s16le", 16_000, "mono"), samples))
    assert event_rows(page)
    with pytest.raises(KeyError):
        page.selectbox(key=key(page, "channels"))


def test_a_choice_that_cannot_be_read_can_be_taken_back(samples: np.ndarray) -> None:
    page = looking_at(stereo(samples, samples))
    workspace = workspace_of(page)
    workspace.view.sounds[workspace.recordings.all[0].digest] = SoundChoice(3)
    page.run()
    assert "audio track" in page.error[0].value.replace("\\", "")
    button = next(each for each in page.button if each.label.startswith("Back to the default"))
    button.click().run()
    assert not page.error
    assert event_rows(page)


def test_the_file_s_times_are_a_player_s(samples: np.ndarray) -> None:
    """Sound that begins 2.5 s after the container's beginning."""
    recipe = Recipe("matroska", "flac", 16_000, "mono")
    at_once = looking_at(encode(recipe, samples))
    late = looking_at(encode(Recipe("matroska", "flac", 16_000, "mono", begins_s=2.4), samples))
    expected = [(onset + 2.4, label) for onset, _, label in event_rows(at_once)]
    found = [(onset, label) for onset, _, label in event_rows(late)]
    for onset_s, label in expected[1:]:
        assert any(name == label and abs(s - onset_s) < 0.5 for s, name in found), label
