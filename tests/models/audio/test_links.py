"""Chained Ogg files keep all that is in them."""

import numpy as np
import pytest

from models.audio import load_clip
from tests.models.audio.recording_files import RECIPES, Recipe, dominant_hz, encode, sine

_VORBIS = {"strict": "-2"}
LINKS = {
    "mono opus": encode(Recipe("ogg", "libopus", 48_000, "mono"), sine(1.5, 48_000, 440.0)),
    "stereo opus": encode(Recipe("ogg", "libopus", 48_000), sine(1.5, 48_000, 660.0)),
    "vorbis": encode(
        Recipe("ogg", "vorbis", 22_050, codec_options=_VORBIS), sine(1.5, 22_050, 880.0)
    ),
    "flac": encode(Recipe("ogg", "flac", 32_000, "mono"), sine(1.5, 32_000, 990.0)),
}
FREQUENCIES_HZ = {"mono opus": 440, "stereo opus": 660, "vorbis": 880, "flac": 990}


@pytest.mark.parametrize("isolated", [False, True])
@pytest.mark.parametrize(
    "names",
    [
        ("mono opus", "stereo opus"),
        ("stereo opus", "mono opus", "stereo opus"),
        ("mono opus", "vorbis", "flac"),
        ("flac", "mono opus"),
        ("vorbis", "vorbis"),
    ],
    ids=" + ".join,
)
def test_all_links_are_kept(names: tuple[str, ...], isolated: bool) -> None:
    told: list[float] = []
    recording = b"".join(LINKS[name] for name in names)
    clip = load_clip(recording, isolated=isolated, progress=told.append)
    assert clip.duration_s == pytest.approx(1.5 * len(names), abs=0.05)
    assert clip.source.duration_s == pytest.approx(clip.duration_s, abs=1e-3)
    for index, name in enumerate(names):
        middle = clip.samples[round((1.5 * index + 0.25) * 16_000) :][:16_000]
        assert dominant_hz(middle, 16_000) == pytest.approx(FREQUENCIES_HZ[name], abs=2)
    assert clip.broke_at_s is None
    assert told == sorted(told)


def test_a_link_that_cannot_be_read_is_told() -> None:
    clip = load_clip(LINKS["mono opus"] + LINKS["vorbis"][:80] + LINKS["flac"])
    assert clip.duration_s == pytest.approx(3.0, abs=0.05)
    assert "Part 2 of 3, at 1.50 s, is left out" in clip.notices[0]


def test_the_last_link_may_break_off() -> None:
    clip = load_clip(LINKS["mono opus"] + LINKS["flac"][:-200])
    assert clip.broke_at_s == pytest.approx(clip.duration_s, abs=1e-3)


def test_streams_beside_each_other_are_no_chain() -> None:
    """Their first pages stand one behind the other."""
    from models.audio.links import find_links
    from models.audio.reading import open_source
    from tests.hostile.bombs import opus_streams

    with open_source(opus_streams(3, 1)) as source:
        assert find_links(source) == [0]
    with open_source(opus_streams(3, 1) * 2) as source:
        assert len(find_links(source)) == 2


def test_what_only_looks_like_a_page_is_none() -> None:
    """A check sum of four bytes tells."""
    samples = np.frombuffer((b"OggS\0\2" + bytes(26)) * 2_000, "<i2")
    recording = encode(Recipe("ogg", "flac", 16_000, "mono"), samples / np.float32(32_768))
    clip = load_clip(recording)
    assert len(clip.samples) == len(samples)


def test_a_flac_that_states_twice_its_length_is_whole() -> None:
    """RFC 9639, section 8.2: 36 bits of the number of samples."""
    whole = bytearray(encode(Recipe("flac", "flac", 16_000, "mono"), sine(3.0, 16_000)))
    stated = int.from_bytes(whole[18:26], "big")
    whole[18:26] = (stated + 48_000).to_bytes(8, "big")
    clip = load_clip(bytes(whole))
    assert (clip.duration_s, clip.broke_at_s) == (3.0, None)
    assert load_clip(bytes(whole[:-500])).broke_at_s is not None
    assert load_clip(bytes(whole) + b"TAG" + bytes(125)).broke_at_s is None


@pytest.mark.parametrize("name", ["mp3 cbr", "m4a aac"])
def test_what_is_no_ogg_has_no_links(name: str) -> None:
    from models.audio.links import find_links
    from models.audio.reading import open_source

    with open_source(encode(RECIPES[name][0], sine(0.5, 44_100))) as source:
        assert find_links(source) == []
