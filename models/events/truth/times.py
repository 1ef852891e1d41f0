"""Times as lists write them: seconds with a decimal point or comma, or hours, minutes, seconds."""

import re

_MAX_CHARACTERS = 40
"""Longest time that is parsed: float64 has 17 significant digits, and what else is written of it
fits in 8 characters more."""

# A digit can be matched in one way alone, or a failure would take quadratic time.
_NUMBER = re.compile(r"[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,4}):(\d{1,2}(?:[.,]\d*)?)", re.ASCII)


def read_time(text: str) -> float | None:
    """Read a time in seconds; None if the text is none.

    Examples
    --------
    >>> read_time("1.5"), read_time("1,5"), read_time("00:01:02.250")
    (1.5, 1.5, 62.25)
    """
    if len(text) > _MAX_CHARACTERS:
        return None
    if _NUMBER.fullmatch(text):
        return float(text.replace(",", "."))
    clock = _CLOCK.fullmatch(text)
    if clock is None:
        return None
    hours, minutes, seconds = clock.groups()
    # One decimal number, so that 00:00:01.1 equals 1.1 to the bit.
    whole, _, fraction = seconds.replace(",", ".").partition(".")
    total = int(hours or 0) * 3_600 + int(minutes) * 60 + int(whole)
    return float(f"{total}.{fraction or 0}")


def is_clock(text: str) -> bool:
    """Whether a text is a time in hours, minutes and seconds."""
    return ":" in text and read_time(text) is not None
