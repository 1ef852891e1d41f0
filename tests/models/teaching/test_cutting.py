"""What is kept of a recording as examples."""

import numpy as np
import pytest
from numpy.typing import NDArray

from models.audio import Clip, load_clip
from models.audio.framing import Framing
from models.audio.playback import wav_file
from models.errors import RecordingError
from models.teaching.cutting import LONGEST_S, WINDOW_S, cut, load_excerpt
from models.teaching.examples import TEACHING_HOP_S
from tests.models.audio.recording_files import Recipe, encode

RATE = 16_000
SNAP_S = 0.05


def room(duration_s: float, level: float = 1e-3) -> NDArray[np.float64]:
    return np.random.default_rng(1).standard_normal(round(duration_s * RATE)) * level


def with_snaps(duration_s: float, *onsets_s: float, level: float = 1e-3) -> Clip:
    samples = room(duration_s, level)
    for onset_s in onsets_s:
        first = round(onset_s * RATE)
        samples[first : first + round(SNAP_S * RATE)] = 0.5
    return Clip.from_samples(samples, RATE)


def snaps_in(samples: NDArray[np.float32]) -> int:
    return int(np.count_nonzero(np.diff((samples > 0.4).astype(int), prepend=0) == 1))


@pytest.mark.parametrize("level", [0.0, 1e-4, 1e-3, 5e-3], ids=lambda level: f"room {level:g}")
def test_the_room_between_sounds_is_left_out(level: float) -> None:
    pieces = cut(with_snaps(12.0, 1.0, 5.0, 9.0, level=level))
    assert len(pieces) == 3
    assert [snaps_in(piece.samples) for piece in pieces] == [1, 1, 1]
    assert sum(piece.duration_s for piece in pieces) < 5.0


@pytest.mark.parametrize("onset_s", [0.0, 0.4, 2.0, 3.9])
def test_every_window_of_a_piece_has_some_of_the_sound(onset_s: float) -> None:
    (piece,) = cut(with_snaps(4.0, onset_s))
    framing = Framing.from_seconds(
        TEACHING_HOP_S, sample_rate=RATE, window_samples=round(WINDOW_S * RATE)
    )
    for begin_s in framing.onsets_s(len(piece.samples)):
        first = round(begin_s * RATE)
        assert np.abs(piece.samples[first : first + framing.window_samples]).max() > 0.4


def test_sounds_less_than_a_window_apart_stay_together() -> None:
    (piece,) = cut(with_snaps(4.0, 1.0, 1.8, 2.6))
    assert snaps_in(piece.samples) == 3


def test_what_lasts_is_kept_as_a_whole_and_divided() -> None:
    steady = Clip.from_samples(room(10.0, level=0.1), RATE)
    pieces = cut(steady)
    np.testing.assert_array_equal(np.concatenate([p.samples for p in pieces]), steady.samples)
    assert len(pieces) == 3
    assert max(piece.duration_s for piece in pieces) <= LONGEST_S


@pytest.mark.parametrize("duration_s", [0.004, 3.0])
def test_nothing_is_cut_from_silence(duration_s: float) -> None:
    silence = Clip.from_samples(np.zeros(round(duration_s * RATE)), RATE)
    assert cut(silence) == []


@pytest.mark.parametrize(("begin_s", "end_s"), [(-1.0, 9.0), (0.5, 1.25), (1.9, 2.5)])
def test_an_excerpt_is_what_the_clip_has_there(begin_s: float, end_s: float) -> None:
    recording = wav_file(with_snaps(2.0, 0.5))
    clip = load_clip(recording)
    taken = load_excerpt(recording, begin_s, end_s)
    expected = clip.samples[max(0, round(begin_s * RATE)) : round(end_s * RATE)]
    np.testing.assert_array_equal(taken.samples, expected)


def test_an_excerpt_beyond_the_end_is_refused() -> None:
    with pytest.raises(RecordingError):
        load_excerpt(wav_file(with_snaps(2.0, 0.5)), 3.0, 4.0)


def test_nothing_is_decoded_behind_an_excerpt() -> None:
    recording = wav_file(Clip.from_samples(np.zeros(RATE * 60), RATE))
    told: list[float] = []
    load_excerpt(recording, 1.0, 3.0, progress=told.append)
    assert told[-1] == 1.0
    assert len(told) <= 4, "blocks of a second each"


@pytest.mark.parametrize("clicks_s", [(0.0,), (2.0,), (0.0, 5.98)])
def test_a_click_makes_no_silence_of_a_steady_sound(clicks_s: tuple[float, ...]) -> None:
    samples = room(6.0, level=10 ** (-35 / 20))
    for click_s in clicks_s:
        first = round(click_s * RATE)
        samples[first : first + round(0.015 * RATE)] = 0.2
    pieces = cut(Clip.from_samples(samples, RATE))
    assert sum(piece.duration_s for piece in pieces) == pytest.approx(6.0, abs=0.1)


def test_an_excerpt_of_one_channel() -> None:
    """As it was chosen on the page that the stretch was selected on."""
    channels = np.stack([np.full(48_000, 0.25), np.full(48_000, -0.5)]).astype(np.float32)
    recording = encode(Recipe("wav", "pcm_f32le", 16_000), channels)
    for choice, level in (("left", 0.25), ("right", -0.5)):
        excerpt = load_excerpt(recording, 1.0, 2.0, channels=choice)
        np.testing.assert_allclose(excerpt.samples, level, atol=1e-6)
