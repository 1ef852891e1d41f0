"""Several audio tracks, and the choice among them."""

import pytest

from models.audio import load_clip, open_flow
from models.errors import RecordingError, SettingError
from tests.models.audio.recording_files import RECIPES, dominant_hz, make, sine, two_tracks

LOW, HIGH = sine(1.5, 44_100, 440.0), sine(1.5, 44_100, 880.0)


def with_code(mp4: bytes, code: bytes) -> bytes:
    """Give the first track of an MP4 another codec."""
    return mp4.replace(b"mp4a", code, 1).replace(b"esds", b"free", 1)


@pytest.mark.parametrize("container", ["mp4", "matroska", "mov", "mpegts"])
@pytest.mark.parametrize("isolated", [False, True])
def test_a_track_is_chosen(container: str, isolated: bool) -> None:
    recording = two_tracks(container, LOW, HIGH)
    for track, frequency_hz in ((None, 440), (0, 440), (1, 880)):
        clip = load_clip(recording, audio_track=track, isolated=isolated)
        assert dominant_hz(clip.samples, 16_000) == pytest.approx(frequency_hz, abs=2)
        assert clip.source.audio_track == (track or 0)
        assert clip.source.channels == (1, 2)[track or 0]
        tracks = clip.source.audio_tracks
        assert [each.codec for each in tracks] == ["aac", "aac"]
        assert [each.channels for each in tracks] == [1, 2]
        assert [each.language for each in tracks] == ["eng", "fin"]
        (told,) = clip.notices
        assert "2 audio tracks: 1 (aac, 1 channel, eng) and 2 (aac, 2 channels, fin)" in told
        assert f"Track {(track or 0) + 1} is analysed" in told


def test_a_hundred_tracks_are_not_all_listed() -> None:
    from tests.hostile.bombs import opus_streams

    (told,) = load_clip(opus_streams(100, 1)).notices
    assert "It has 100 audio tracks" in told
    assert "and 92 more. Track 1 is analysed" in told
    assert len(told) < 400


def test_one_track_is_no_news() -> None:
    clip = load_clip(make(RECIPES["m4a aac"][0], 1.0))
    assert clip.notices == ()
    assert len(clip.source.audio_tracks) == 1


def test_the_default_is_the_container_s() -> None:
    clip = load_clip(two_tracks("matroska", LOW, HIGH, default=1))
    assert clip.source.audio_track == 1
    assert dominant_hz(clip.samples, 16_000) == pytest.approx(880, abs=2)


def test_a_track_without_a_decoder_gives_way() -> None:
    """As Apple's spatial audio stands before AAC."""
    recording = two_tracks("mp4", LOW, HIGH)
    unknown = with_code(recording, b"apac")
    clip = load_clip(unknown)
    assert clip.source.audio_track == 1
    assert dominant_hz(clip.samples, 16_000) == pytest.approx(880, abs=2)
    assert [each.is_readable for each in clip.source.audio_tracks] == [False, True]
    with pytest.raises(RecordingError, match=r"Audio track 1 .* without a decoder"):
        load_clip(unknown, audio_track=0)


def test_codecs_that_are_not_read_are_named() -> None:
    whole = make(RECIPES["m4a aac"][0], 1.0)
    with pytest.raises(RecordingError, match="MPEG-H 3D Audio, which is not read here"):
        load_clip(with_code(whole, b"mhm1"))


@pytest.mark.parametrize("code", [b"enca", b"drms"])
def test_what_is_encrypted_is_told_as_such(code: bytes) -> None:
    whole = make(RECIPES["m4a aac"][0], 1.0)
    with pytest.raises(RecordingError, match="is encrypted"):
        load_clip(with_code(whole, code))
    at = whole.index(b"moov")
    damaged = whole[: at + 4] + bytes(40) + whole[at + 44 :]
    with pytest.raises(RecordingError) as caught:
        load_clip(damaged)
    assert "missing" not in caught.value.arrived


@pytest.mark.parametrize("track", [2, -1, True, "1", 1.0])
@pytest.mark.parametrize("isolated", [False, True])
def test_tracks_that_are_not_there(track: int, isolated: bool) -> None:
    with pytest.raises(SettingError, match="2 audio tracks"):
        load_clip(two_tracks("mp4", LOW, HIGH), audio_track=track, isolated=isolated)


def test_a_flow_has_them_too() -> None:
    with open_flow(two_tracks("mp4", LOW, HIGH), audio_track=1) as flow:
        list(flow.blocks())
        assert flow.source.audio_track == 1
        assert len(flow.notices()) == 1
