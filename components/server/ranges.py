"""Byte ranges and preconditions of HTTP requests (RFC 9110, sections 13 and 14)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_RANGES = re.compile(r"bytes[ \t]*=[ \t]*(.*)", re.IGNORECASE)
_ONE_RANGE = re.compile(r"([0-9]*)-([0-9]*)")
_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')

_MAX_DIGITS = 18  # more than any file's size has


@dataclass(frozen=True)
class ByteRange:
    """Bytes `first` to `last`, both inclusive."""

    first: int
    last: int


class UnsatisfiableRange(Exception):  # noqa: N818  # HTTP's term
    """Raised for a range that lies beyond the end of the file (status 416)."""


def find_range(headers: Mapping[str, str], n_bytes: int, etag: str) -> ByteRange | None:
    """Return the range requested by a GET request.

    Parameters
    ----------
    headers : mapping of str to str
        Headers of the request; keys in lower case or case-insensitive.
    n_bytes : int
        Size of the file, in bytes.
    etag : str
        Entity tag of the file, with its quotation marks.

    Returns
    -------
    ByteRange or None
        None if the whole file is to be sent: the request has no range, several ranges or a
        malformed range, or ``If-Range`` names another file.

    Raises
    ------
    UnsatisfiableRange
        If the range begins beyond the end or is empty.
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
            return None  # an invalid range is ignored
    if first >= n_bytes:
        raise UnsatisfiableRange
    return ByteRange(first, min(last, n_bytes - 1))


def is_unchanged(headers: Mapping[str, str], etag: str) -> bool:
    """Whether the browser already has the file (``If-None-Match``), for status 304."""
    told = headers.get("if-none-match")
    return told is not None and _names(told, etag)


def is_another(headers: Mapping[str, str], etag: str) -> bool:
    """Whether the request requires another version of the file (``If-Match``), for status 412."""
    told = headers.get("if-match")
    return told is not None and (f"W/{etag}" in told or not _names(told, etag))


def _names(told: str, etag: str) -> bool:
    """Whether a list of entity tags contains this one, or is an asterisk."""
    return told.strip() == "*" or etag in _TAG.findall(told)


def _number(digits: str) -> int:
    """Parse a position; a number beyond any file's size is limited to ``10**_MAX_DIGITS``."""
    digits = digits.lstrip("0") or "0"
    return int(digits) if len(digits) <= _MAX_DIGITS else 10**_MAX_DIGITS
