"""Subtitles, WebVTT and SRT: each cue is an event."""

import html
import re

from models.errors import TruthError
from models.events.truth.event import (
    MAX_LINES,
    MAX_ROWS,
    TrueEvent,
    check_number,
    checked_event,
    line_named,
    list_named,
    told_without_label,
    too_long,
)
from models.events.truth.times import is_clock, read_time

_BLOCK_END = re.compile(r"(?:\r\n|\n|\r)")
_SCORE = re.compile(r" \((?:0\.\d\d|1\.00)\)$", re.ASCII)
"""What `export.subtitles` writes behind a label."""

_LONG_REFERENCE = re.compile(r"&#\d{20,};?")
"""Reference to a character that does not exist."""

_FIRST_LINES = 400
"""Characters in which the first cue of an SRT file begins."""


def is_subtitles(text: str) -> bool:
    """Whether a text is WebVTT or SRT."""
    if text.startswith("WEBVTT"):
        return True
    times = [line for line in text[:_FIRST_LINES].splitlines()[:3] if "-->" in line]
    return bool(times) and is_clock(times[0].partition("-->")[0].strip())


def read_subtitles(text: str, name: str) -> tuple[list[TrueEvent], tuple[str, ...]]:
    """Read the cues, and what was passed over.

    Raises
    ------
    TruthError
        If a time cannot be understood, or there are too many cues.
    """
    lines = _BLOCK_END.split(text, maxsplit=MAX_LINES)
    if len(lines) > MAX_LINES:
        raise too_long(f"{list_named(name)} has more than {MAX_LINES:,} lines.")
    events: list[TrueEvent] = []
    without_label: list[int] = []
    n_cues, place = 0, 0
    while place < len(lines):
        line, number = lines[place], place + 1
        place += 1
        if "-->" not in line:
            continue
        n_cues += 1
        if n_cues > MAX_ROWS:
            raise too_long(f"{list_named(name)} has more than {MAX_ROWS:,} cues.")
        end = place
        while end < len(lines) and lines[end].strip():
            end += 1
        label = _SCORE.sub("", _unescaped(" ".join(lines[place:end])).strip()).strip()
        place = end
        event = checked_event(*_span_s(line, number, name), label, line_named(number, name))
        if label:
            events.append(event)
        else:
            without_label.append(number)
    check_number(len(events), name)
    return events, told_without_label(without_label)


def _unescaped(text: str) -> str:
    # `int`, which `html.unescape` calls, rejects more than 4,300 digits; a code point has 7.
    return html.unescape(_LONG_REFERENCE.sub("\N{REPLACEMENT CHARACTER}", text))


def _span_s(line: str, number: int, name: str) -> tuple[float, float]:
    begin, _, rest = line.partition("-->")
    times = read_time(begin.strip()), read_time((rest.split(maxsplit=1) or [""])[0])
    if times[0] is None or times[1] is None:
        raise TruthError(
            f"{line_named(number, name)} has no times of a cue.",
            allowed="A cue has times such as 00:00:01.000 --> 00:00:02.500.",
            remedy="Correct that line, or export the subtitles again.",
        )
    return times[0], times[1]
