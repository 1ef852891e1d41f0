import struct
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from models.archive.start_time import read_start_time
from tests.models.archive.conftest import wav


def with_chunk(name: bytes, content: bytes) -> bytes:
    """A short WAV file with another chunk behind its samples."""
    whole = wav(np.zeros(100)) + struct.pack("<4sI", name, len(content)) + content
    return whole[:4] + struct.pack("<I", len(whole) - 8) + whole[8:]


def comment(text: str) -> bytes:
    return b"INFOICMT" + struct.pack("<I", len(text)) + text.encode()


def bext(moment: str) -> bytes:
    return bytes(320) + moment.encode() + bytes(602 - 320 - len(moment))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("20230501_053000.WAV", datetime(2023, 5, 1, 5, 30)),
        ("24F319046059A5A2_20230501_053000T.WAV", datetime(2023, 5, 1, 5, 30)),
        ("SMU01234_20200229_235959.wav", datetime(2020, 2, 29, 23, 59, 59)),
        ("S4A09876_0+1_20200229_235959_000.flac", datetime(2020, 2, 29, 23, 59, 59)),
        ("MYSITE_20120628$000000.wav", datetime(2012, 6, 28)),
        ("garden 2023-05-01T05-30-00.ogg", datetime(2023, 5, 1, 5, 30)),
        ("2023-05-01 05:30:00.ogg", datetime(2023, 5, 1, 5, 30)),
        ("5AFBD2A0.WAV", datetime(2018, 5, 16, 6, 41, 36)),
        ("DEADBEEF.WAV", None),
        ("19700101_000000.WAV", None),
        ("20231301_053000.WAV", None),
        ("20230501.wav", None),
        ("order 20230501053000123.wav", None),
        ("birds.wav", None),
    ],
)
def test_names(tmp_path: Path, name: str, expected: datetime | None) -> None:
    path = tmp_path / name
    path.write_bytes(wav(np.zeros(100)))
    found = read_start_time(path)
    assert found.at == expected
    assert found.source == ("name" if expected else "")


@pytest.mark.parametrize(
    ("chunk", "content", "at", "offset_min", "source"),
    [
        (
            b"guan",
            b"GUANO|Version: 1.0\nTimestamp: 2023-05-01T05:30:00+02:00\nNote: x",
            datetime(2023, 5, 1, 5, 30),
            120,
            "guano",
        ),
        (
            b"guan",
            b"Timestamp:2023-05-01 05:30:00.250\n",
            datetime(2023, 5, 1, 5, 30, 0, 250_000),
            None,
            "guano",
        ),
        (
            b"LIST",
            comment("Recorded at 05:30:00 01/05/2023 (UTC) by AudioMoth 24F319046059A5A2 at"),
            datetime(2023, 5, 1, 5, 30),
            0,
            "audiomoth",
        ),
        (
            b"LIST",
            comment("Recorded at 05:30:00.125 01/05/2023 (UTC-3:30) by AudioMoth 24F3"),
            datetime(2023, 5, 1, 5, 30),
            -210,
            "audiomoth",
        ),
        (b"bext", bext("2023-05-0105:30:00"), datetime(2023, 5, 1, 5, 30), None, "bext"),
    ],
)
def test_metadata_comes_before_the_name(
    tmp_path: Path, chunk: bytes, content: bytes, at: datetime, offset_min: int, source: str
) -> None:
    path = tmp_path / "20010101_000000.wav"
    path.write_bytes(with_chunk(chunk, content))
    found = read_start_time(path)
    assert (found.at, found.utc_offset_min, found.source) == (at, offset_min, source)


@pytest.mark.parametrize(
    ("chunk", "content"),
    [
        (b"guan", b"Timestamp: never"),
        (b"guan", b"\xff\xfe\x00"),
        (b"LIST", comment("Recorded at 25:30:00 01/05/2023 (UTC)")),
        (b"LIST", comment("Recorded at 05:30:00 01/05/2023 (UTC+99)")),
        (b"bext", bext("0000-00-0000:00:00")),
        (b"bext", b"short"),
    ],
)
def test_metadata_that_is_no_time_is_passed_over(
    tmp_path: Path, chunk: bytes, content: bytes
) -> None:
    path = tmp_path / "20230501_053000.wav"
    path.write_bytes(with_chunk(chunk, content))
    assert read_start_time(path).source == "name"


def test_a_recorder_whose_clock_was_not_set_has_no_time(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(with_chunk(b"guan", b"Timestamp: 1970-01-01T00:00:12"))
    assert read_start_time(path).at is None


@pytest.mark.parametrize("content", [b"", b"RIFF", b"RIFF\xff\xff\xff\xffWAVE" + b"\xff" * 50])
def test_damaged_files_have_no_metadata(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(content)
    assert read_start_time(path).at is None
