"""Byte ranges and preconditions, by RFC 9110."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.server.ranges import (
    ByteRange,
    UnsatisfiableRange,
    find_range,
    is_another,
    is_unchanged,
)

ETAG = '"abc"'
SIZE = 1_000


def asked(value: str, size: int = SIZE, **headers: str) -> ByteRange | None:
    return find_range({"range": value, **headers}, size, ETAG)


@pytest.mark.parametrize(
    ("value", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-499", 0, 499),
        ("bytes=500-", 500, 999),
        ("bytes=-1", 999, 999),
        ("bytes=-300", 700, 999),
        ("bytes=-5000", 0, 999),
        ("bytes=900-5000", 900, 999),
        ("bytes=000-0001", 0, 1),
        ("BYTES=1-2", 1, 2),
        ("bytes= 1-2 ", 1, 2),
        (f"bytes=0-{'9' * 5_000}", 0, 999),
        (f"bytes=-{'9' * 5_000}", 0, 999),
    ],
)
def test_a_range_is_understood(value: str, first: int, last: int) -> None:
    assert asked(value) == ByteRange(first, last)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes=2-1",
        "bytes=1",
        "bytes=1-2-3",
        "bytes=--1",
        "bytes=+1-2",
        "bytes=1.0-2",
        "bytes=0-1, 5-6",
        "bytes=\u0660-\u0669",  # digits, but not those of HTTP
        "lines=1-2",
        "seconds=0-1",
    ],
)
def test_what_is_none_or_several_is_answered_by_the_whole(value: str) -> None:
    assert asked(value) is None


@pytest.mark.parametrize("value", ["bytes=1000-", "bytes=1000-2000", "bytes=-0", "bytes=5000-"])
def test_what_lies_beyond_the_end_is_refused(value: str) -> None:
    with pytest.raises(UnsatisfiableRange):
        asked(value)


def test_an_empty_file_has_no_range() -> None:
    for value in ("bytes=0-", "bytes=0-0", "bytes=-1"):
        with pytest.raises(UnsatisfiableRange):
            asked(value, 0)


@given(st.integers(0, 2 * SIZE), st.integers(0, 2 * SIZE), st.integers(1, SIZE))
def test_every_range_lies_within_the_file(first: int, last: int, size: int) -> None:
    try:
        found = asked(f"bytes={first}-{last}", size)
    except UnsatisfiableRange:
        assert first >= size
        return
    if found is None:
        assert last < first
    else:
        assert 0 <= found.first == first <= found.last < size
        assert found.last in (last, size - 1)


def test_a_range_of_another_file_is_answered_by_the_whole() -> None:
    value = "bytes=0-1"
    assert asked(value, **{"if-range": ETAG}) == ByteRange(0, 1)
    assert asked(value, **{"if-range": '"other"'}) is None
    assert asked(value, **{"if-range": f"W/{ETAG}"}) is None, "a weak tag is not sure enough"
    assert asked(value, **{"if-range": "Mon, 30 Nov 2026 12:00:00 GMT"}) is None


def test_what_the_browser_has_is_not_sent_again() -> None:
    for told in (ETAG, f"W/{ETAG}", f'"other", {ETAG}', "*", f'"a,b" ,W/{ETAG}'):
        assert is_unchanged({"if-none-match": told}, ETAG)
    for told in ('"other"', "abc", "", '"ab', '"x*"'):
        assert not is_unchanged({"if-none-match": told}, ETAG)
    assert not is_unchanged({}, ETAG)


def test_another_file_than_the_wanted_one_is_told() -> None:
    assert is_another({"if-match": '"other"'}, ETAG)
    assert is_another({"if-match": f"W/{ETAG}"}, ETAG)
    for told in (ETAG, "*", f'"other", {ETAG}'):
        assert not is_another({"if-match": told}, ETAG)
    assert not is_another({}, ETAG)
