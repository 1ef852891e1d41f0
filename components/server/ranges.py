"""Byte ranges and preconditions of requests, as RFC 9110 has them (sections 13 and 14)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_RANGES = re.compile(r"bytes[ \t]*=[ \t]*(.*)", re.IGNORECASE)
_ONE_RANGE = re.compile(r"([0-9]*)-([0-9]*)")
_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')

_MAX_DIGITS = 18  # no file has more bytes


@dataclass(frozen=True)
class ByteRange:
    """Bytes `first` to `last`, both included."""

    first: int
    last: int


class UnsatisfiableRange(Exception):  # noqa: N818  # HTTP's own word
    """A range that lies beyond the end: status 416."""


def find_range(headers: Mapping[str, str], n_bytes: int, etag: str) -> ByteRange | None:
    """Return the range that a GET request asks for.

    Parameters
    ----------
    headers : mapping of str to str
        Of the request; keys in lower case or case-insensitive.
    n_bytes : int
        Size of the file.
    etag : str
        The file's entity tag, with its quotation marks.

    Returns
    -------
    ByteRange or None
        None where the whole file is to be sent: no range is asked for, several are, or none that
        can be read, or ``If-Range`` names another file.

    Raises
    ------
    UnsatisfiableRange
        If the range begins beyond the end, or has no bytes.
    """
    asked = _RANGES.fullmatch(headers.get("range", "").strip())
    if asked is None or headers.get("if-range", etag).strip() != etag:
        return None
    one = _ONE_RANGE.fullmatch(asked[1].strip())
    if one is None or not (one[1] or one[2]):
        return None
    if not one[1]:
        first, last = max(0, n_bytes - _number(one[2])), n_bytes - 1
    else:
        first, last = _number(one[1]), _number(one[2]) if one[2] else n_bytes - 1
        if one[2] and last < first:
            return None  # not valid, which is no reason to refuse
    if first >= n_bytes:
        raise UnsatisfiableRange
    return ByteRange(first, min(last, n_bytes - 1))


def is_unchanged(headers: Mapping[str, str], etag: str) -> bool:
    """Whether the browser has the file already (``If-None-Match``): status 304."""
    told = headers.get("if-none-match")
    return told is not None and _names(told, etag)


def is_another(headers: Mapping[str, str], etag: str) -> bool:
    """Whether the request wants another file than this one (``If-Match``): status 412."""
    told = headers.get("if-match")
    return told is not None and (f"W/{etag}" in told or not _names(told, etag))


def _names(told: str, etag: str) -> bool:
    """Whether a list of entity tags, or an asterisk for any, has this one."""
    return told.strip() == "*" or etag in _TAG.findall(told)


def _number(digits: str) -> int:
    """Read a position; one with more digits than any file's size is beyond the end of all."""
    digits = digits.lstrip("0") or "0"
    return int(digits) if len(digits) <= _MAX_DIGITS else 10**_MAX_DIGITS
