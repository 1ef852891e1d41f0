"""Start time of a recording, from its metadata or its name.

Conventions
-----------
Times are those of the recorder's clock, without a time zone, because activity follows the sun and
the working day. Where a source states the offset from UTC, it is kept beside.

Sources, the first that gives a time counts: GUANO (guano-md.org), AudioMoth's comment, ``bext`` of
Broadcast Wave (EBU Tech 3285), and names as AudioMoth and Song Meter write them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from models.archive.wave_file import read_metadata

_EARLIEST, _LATEST = datetime(1990, 1, 1), datetime(2100, 1, 1)
"""Limits of plausible times: recorders whose clock was not set write 1970 or 1980."""

_STAMP = re.compile(
    r"(?<!\d)(\d{4})[-_]?(\d\d)[-_]?(\d\d)[-_ T$]{1,2}(\d\d)[-_:.]?(\d\d)[-_:.]?(\d\d)(?!\d)(Z)?"
)
"""``20230501_053000`` (AudioMoth, Song Meter), ``20120628$000000`` (SM2), ``2023-05-01T05-30-00``
(others)."""

_HEXADECIMAL = re.compile(r"[0-9A-F]{8}")
_FIRST_AUDIOMOTH, _LAST_HEXADECIMAL = datetime(2017, 1, 1), datetime(2023, 1, 1)
"""AudioMoth's first firmware named files by the hexadecimal Unix time."""

_AUDIOMOTH = re.compile(
    rb"Recorded at (\d\d):(\d\d):(\d\d)(?:\.\d+)? (\d\d)/(\d\d)/(\d{4})"
    rb" \(UTC(?:([+-])(\d{1,2})(?::?(\d\d))?)?\)"
)
_GUANO = re.compile(r"^Timestamp:[ \t]*(\S+(?: \S+)?)", re.MULTILINE)
_ORIGINATION = slice(
    320, 338
)  # bext: date in 10 characters, time in 8 (EBU Tech 3285, section 2.3)


@dataclass(frozen=True)
class StartTime:
    """When a recording began.

    Parameters
    ----------
    at : datetime or None
        By the recorder's clock, without a time zone; None if it is unknown.
    utc_offset_min : int or None
        Offset of that clock from UTC in minutes; None if it is unknown.
    source : str
        "guano", "audiomoth", "bext" or "name"; empty if the time is unknown.
    """

    at: datetime | None = None
    utc_offset_min: int | None = None
    source: str = ""


def read_start_time(path: Path) -> StartTime:
    """Find out when a recording began.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    OSError
        If the file cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "20230501_053000.WAV"
    ...     _ = path.write_bytes(b"")
    ...     read_start_time(path).at
    datetime.datetime(2023, 5, 1, 5, 30)
    """
    chunks = read_metadata(path)
    for found in (*_from_metadata(chunks), _from_name(path)):
        if found.at is not None and _EARLIEST <= found.at < _LATEST:
            return found
    return StartTime()


def _from_metadata(chunks: Mapping[bytes, bytes]) -> tuple[StartTime, ...]:
    guano = chunks.get(b"guan", b"").decode("utf-8", "replace")
    return (
        _from_guano(guano),
        _from_audiomoth(chunks.get(b"LIST", b"")),
        _from_bext(chunks.get(b"bext", b"")),
    )


def _from_guano(text: str) -> StartTime:
    found = _GUANO.search(text)
    if not found:
        return StartTime()
    try:
        at = datetime.fromisoformat(found[1].strip())
    except ValueError:
        return StartTime()
    return _clock(at, "guano")


def _from_audiomoth(comment: bytes) -> StartTime:
    found = _AUDIOMOTH.search(comment)
    if not found:
        return StartTime()
    hour, minute, second, day, month, year = map(int, found.groups()[:6])
    sign = -1 if found[7] == b"-" else 1
    offset = sign * timedelta(hours=int(found[8] or 0), minutes=int(found[9] or 0))
    try:
        zone = timezone(offset)
        return _clock(datetime(year, month, day, hour, minute, second, tzinfo=zone), "audiomoth")
    except ValueError:
        return StartTime()


def _from_bext(content: bytes) -> StartTime:
    stated = content[_ORIGINATION].decode("latin-1")
    numbers = re.fullmatch(r"(\d{4}).(\d\d).(\d\d)(\d\d).(\d\d).(\d\d)", stated)
    return _of_numbers(numbers, "bext")


def _from_name(path: Path) -> StartTime:
    stamp = _STAMP.search(path.stem)
    if stamp:
        return _of_numbers(stamp, "name")
    if _HEXADECIMAL.fullmatch(path.stem):
        at = datetime(1970, 1, 1) + timedelta(seconds=int(path.stem, 16))
        if _FIRST_AUDIOMOTH <= at < _LAST_HEXADECIMAL:
            return StartTime(at, 0, "name")
    return StartTime()


def _of_numbers(found: re.Match[str] | None, source: str) -> StartTime:
    if found is None:
        return StartTime()
    try:
        year, month, day, hour, minute, second = map(int, found.groups()[:6])
        at = datetime(year, month, day, hour, minute, second)
    except ValueError:
        return StartTime()
    is_utc = found.lastindex == 7
    return StartTime(at, 0 if is_utc else None, source)


def _clock(at: datetime, source: str) -> StartTime:
    offset = at.utcoffset()
    minutes = None if offset is None else round(offset.total_seconds() / 60)
    return StartTime(at.replace(tzinfo=None), minutes, source)
