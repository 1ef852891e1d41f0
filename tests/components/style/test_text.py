import math

import pytest

from components.style import text


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0.5, "0.50 s"), (13.94, "13.9 s"), (59.96, "1:00"), (247, "4:07"), (3723.4, "1:02:03")],
)
def test_durations(seconds: float, expected: str) -> None:
    assert text.duration(seconds) == expected


def test_places_in_line() -> None:
    places = {1: "first", 9: "ninth", 10: "10th", 11: "11th", 21: "21st", 42: "42nd", 113: "113th"}
    assert {number: text.ordinal(number) for number in places} == places


def test_levels() -> None:
    assert text.level(-12.34) == "−12.3 dBFS"
    assert text.level(0.0) == "0.0 dBFS"
    assert text.level(2.06) == "+2.1 dBFS"
    assert text.level(-math.inf) == "−∞ dBFS"


def test_rates_channels_and_speeds() -> None:
    assert text.rate(44_100) == "44.1 kHz"
    assert text.rate(8_000) == "8 kHz"
    assert [text.channels(count) for count in (1, 2, 6)] == ["mono", "stereo", "6 channels"]
    assert [text.speed(factor) for factor in (3.14, 47.2, 512.0)] == ["3.1×", "47×", "510×"]


def test_markdown_in_a_name_is_only_text() -> None:
    name = "![x](http://example.org/a.png) **b** `c` $d$ <i> :smile: www.example.org a_b_\n# e"
    escaped = text.escape_markdown(name)
    for sign in "!*`$<:.#_":
        assert f"\\{sign}" in escaped
        assert sign not in escaped.replace(f"\\{sign}", "")
    assert "\n" not in escaped


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.0, "0.00 s"),
        (3.124, "3.12 s"),
        (59.999, "1:00.00"),
        (61.5, "1:01.50"),
        (3723.0, "1:02:03.00"),
    ],
)
def test_instants_are_read_as_on_a_player(seconds: float, expected: str) -> None:
    assert text.instant(seconds) == expected


def test_instants_of_a_clip_above_a_minute_have_minutes() -> None:
    assert text.instant(3.124, 60.0) == "0:03.12"
    assert text.instant(3.124, 59.9) == "3.12 s"


def test_a_long_name_keeps_its_beginning_and_its_end() -> None:
    name = "a" * 4_000 + ".wav"
    short = text.shorten(name)
    assert len(short) == 80
    assert short.startswith("aaa")
    assert short.endswith(".wav")
    assert text.shorten("robin.ogg") == "robin.ogg"


@pytest.mark.parametrize(
    ("container", "codec", "expected"),
    [
        ("mp3", "mp3", "MP3"),
        ("wav", "pcm_s16le", "WAV, 16 bit"),
        ("wav", "pcm_f32le", "WAV, 32 bit float"),
        ("ogg", "vorbis", "Ogg (Vorbis)"),
        ("m4a", "aac", "M4A (AAC)"),
        ("matroska", "opus", "MKV (OPUS)"),
        ("flac", "flac", "FLAC"),
    ],
)
def test_formats_have_the_names_people_know(container: str, codec: str, expected: str) -> None:
    assert text.format_name(container, codec) == expected


@pytest.mark.parametrize(
    ("n_bytes", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1 kB"),
        (318_984, "319 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (4_126_810, "4.1 MB"),
    ],
)
def test_sizes_are_told_as_people_tell_them(n_bytes: int, words: str) -> None:
    assert text.size(n_bytes) == words


def test_a_window_is_told_to_the_millisecond() -> None:
    assert [text.window(s) for s in (0.975, 3.0, 0.25)] == ["0.975 s", "3 s", "0.25 s"]


def test_marks_of_direction_turn_nothing_that_stands_behind() -> None:
    assert text.shorten("a\u202eb\u2066c.wav") == "abc.wav"
    assert text.escape_markdown("a\u202db") == "ab"
