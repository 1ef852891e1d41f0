"""Sound stands where a player has it: late beginnings, gaps, priming and pre-skip."""

from dataclasses import replace

import numpy as np
import pytest

from models.audio import Clip, load_clip, open_flow
from models.audio.times import MAX_GAP_S
from tests.models.audio.recording_files import RECIPES, Recipe, encode, make, sine

SOUND_S = 3.0

LATE = {
    # ffprobe's time stamp of the first frame, less that of the container where it begins at will.
    "mp4": (replace(RECIPES["mp4 with video"][0], video_s=6.0), 2.5),
    "mov": (replace(RECIPES["mov with video"][0], video_s=6.0), 2.5),
    "mkv": (replace(RECIPES["mkv with video"][0], video_s=6.0), 2.5),
    "webm": (RECIPES["webm"][0], 2.5),
    "opus": (RECIPES["ogg opus"][0], 4.0),
    "vorbis": (RECIPES["ogg vorbis"][0], 4.0),
    "m4a": (RECIPES["m4a aac"][0], 4.0),
    "ts": (replace(RECIPES["ts"][0], video_s=6.0), 2.5),
    "mpg": (replace(RECIPES["mpg"][0], video_s=6.0), 2.5),
}


def first_sound_s(clip: Clip) -> float:
    return float(np.flatnonzero(np.abs(clip.samples) > 0.1)[0] / clip.sample_rate)


@pytest.mark.parametrize("name", LATE)
def test_sound_that_begins_late(name: str) -> None:
    recipe, begins_s = LATE[name]
    clip = load_clip(make(replace(recipe, begins_s=begins_s), SOUND_S))
    # An encoder's delay (1024 samples of AAC) may come before it, where the file does not say so.
    assert clip.source.start_s == pytest.approx(begins_s, abs=0.05)
    assert first_sound_s(clip) == pytest.approx(begins_s, abs=0.03)
    assert clip.duration_s == pytest.approx(begins_s + SOUND_S, abs=0.1)
    assert clip.source.duration_s == pytest.approx(clip.duration_s, abs=1e-3)
    assert clip.broke_at_s is None


@pytest.mark.parametrize("name", RECIPES)
def test_what_begins_at_once_begins_at_zero(name: str) -> None:
    """Priming, pre-skip and edit lists stay right."""
    clip = load_clip(make(RECIPES[name][0], 1.0))
    assert clip.source.start_s == 0
    assert first_sound_s(clip) < 0.06
    assert clip.notices == ()


@pytest.mark.parametrize("name", ["mkv with video", "webm", "ogg opus", "mp4 with video", "ts"])
def test_gaps_are_silent(name: str) -> None:
    recipe = replace(RECIPES[name][0], gap=(1.0, 0.7), video_s=0.0)
    clip = load_clip(make(recipe, 2.0))
    assert clip.duration_s == pytest.approx(2.7, abs=0.12)
    silent = clip.samples[round(1.25 * 16_000) : round(1.65 * 16_000)]
    assert np.abs(silent).max() < 0.01
    loud = clip.samples[round(1.9 * 16_000) : round(2.5 * 16_000)]
    assert np.abs(loud).max() > 0.3
    (told,) = clip.notices
    assert "a gap of 0." in told
    assert clip.broke_at_s is None


def test_a_gap_of_hours_is_told_and_not_filled() -> None:
    recipe = replace(RECIPES["webm"][0], gap=(1.0, 10 * MAX_GAP_S))
    clip = load_clip(make(recipe, 2.0))
    assert clip.duration_s == pytest.approx(2.0, abs=0.1)
    assert "leave out 6000 s" in clip.notices[0]


def test_silence_counts_towards_the_limit() -> None:
    """A small file may state hours of it."""
    from models.errors import RecordingError

    recipe = replace(RECIPES["webm"][0], gap=(1.0, 500.0))
    with pytest.raises(RecordingError, match="At most"):
        load_clip(make(recipe, 2.0), max_duration_s=60.0)


def test_silence_comes_in_pieces() -> None:
    recipe = replace(RECIPES["webm"][0], begins_s=30.0)
    with open_flow(make(recipe, 1.0)) as flow:
        lengths = [len(block) for block in flow.blocks()]
    assert max(lengths) < 2 * 16_000


def test_a_large_pre_skip_is_no_break() -> None:
    """Opus: samples to pass over at the beginning (RFC 7845, section 4.2); here a second."""
    from tests.hostile.bombs import ogg_page

    whole = encode(Recipe("ogg", "libopus", 48_000, "mono"), sine(3.0, 48_000))
    serial = int.from_bytes(whole[14:18], "little")
    head = bytearray(whole[28:47])
    head[10:12] = (48_000).to_bytes(2, "little")
    clip = load_clip(ogg_page(serial, 0, 2, bytes(head)) + whole[47:])
    assert clip.broke_at_s is None
    assert clip.duration_s == pytest.approx(2.0, abs=0.05)
    assert clip.source.start_s == 0
