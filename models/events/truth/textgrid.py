"""Praat's TextGrids, as text, in the long and the short form.

Conventions
-----------
Praat reads of a text file only its free-standing numbers, texts in quotes and flags in angle
brackets, and passes over everything else (its manual: "TextGrid file formats"), so both forms are
one sequence. Intervals and points without text are no events. praatio, textgrid and tgt read a
file by its path only, without limits.
"""

import re
from collections.abc import Iterator

from models.errors import TruthError
from models.events.truth.event import (
    MAX_ROWS,
    TrueEvent,
    check_number,
    checked_event,
    list_named,
    too_long,
)

# Each alternative takes what it begins with, so that no character is tried twice.
_TOKEN = re.compile(
    r'"([^"]*(?:""[^"]*)*)(?:"|$)'  # text; a quote within it is doubled
    r"|(?:(?<=\s)|(?<=^))(![^\r\n]*|<[^\s>]*>|[+-]?[\d.][^\s\"]*)(?=\s|$)"
    r'|[^\s"]+'
)


def is_textgrid(text: str) -> bool:
    """Whether a text is a file of Praat."""
    return "ooTextFile" in text[:200]


def read_textgrid(text: str, name: str) -> list[TrueEvent]:
    """Read the events of all tiers.

    Raises
    ------
    TruthError
        If the file is no TextGrid, breaks off, or has more intervals than `MAX_ROWS`.
    """
    tokens = _tokens(text)
    try:
        kinds = [next(tokens), next(tokens)]
        if kinds != ["ooTextFile", "TextGrid"]:
            raise TruthError(
                f"{list_named(name)} is a file of Praat, and no TextGrid in the long or short "
                "form.",
                allowed="Praat's TextGrids are read as text, long or short.",
                remedy="Save it in Praat by Save as text file.",
            )
        events = list(_tiers(tokens, name))
    except (StopIteration, ValueError, RuntimeError) as error:
        raise TruthError(
            f"{list_named(name)} is a TextGrid that breaks off, or that has a text where a number "
            "belongs.",
            allowed="A TextGrid has for each interval two times and a text.",
            remedy="Save it in Praat again.",
        ) from error
    check_number(len(events), name)
    return events


def _tokens(text: str) -> Iterator[str]:
    for match in _TOKEN.finditer(text):
        if match[1] is not None:
            yield match[1].replace('""', '"')
        elif match[2] is not None and not match[2].startswith("!"):
            yield match[2]


def _tiers(tokens: Iterator[str], name: str) -> Iterator[TrueEvent]:
    _, _, has_tiers = next(tokens), next(tokens), next(tokens)
    n_tiers = int(next(tokens)) if has_tiers == "<exists>" else 0
    n_items = 0
    for _ in range(n_tiers):
        kind, tier = next(tokens), next(tokens)
        if kind not in ("IntervalTier", "TextTier"):
            raise ValueError(kind)
        _, _, size = next(tokens), next(tokens), int(next(tokens))
        for number in range(1, size + 1):
            n_items += 1
            if n_items > MAX_ROWS:
                raise too_long(f"{list_named(name)} has more than {MAX_ROWS:,} intervals.")
            onset_s = float(next(tokens))
            offset_s = float(next(tokens)) if kind == "IntervalTier" else onset_s
            label = " ".join(next(tokens).split())
            if label:
                where = f"Interval {number} of tier “{tier[:40]}”"
                yield checked_event(onset_s, offset_s, label, where)
