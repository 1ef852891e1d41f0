"""Sidebar settings of the page Archive: what is looked for, and where."""

from datetime import date, time, timedelta

import streamlit as st

from components.ui import settings
from models.archive import ArchiveSummary
from models.archive.querying import Among
from models.archive.tables import EVENT_THRESHOLD

USUAL_SCORE = 0.4
"""Default score that results reach, as of `models.archive.Archive.events`."""

MAX_PATTERN = 200
"""Maximum length of the pattern of recordings, in characters."""


def read_score() -> float:
    """Draw the score that results reach, and return it."""
    with st.sidebar:
        return settings.slider(
            "Lowest score",
            *(EVENT_THRESHOLD, 1.0, USUAL_SCORE, 0.05),
            name="archive-score",
            help="Results score at least this much. Lower scores find more, and more wrong ones.",
        )


def read_among(summary: ArchiveSummary) -> Among:
    """Draw the filters for date, time of day and recording, and return them."""
    with st.sidebar:
        st.subheader("Where and when", anchor=False)
        days = list(summary.hours_by_day)
        after = before = None
        within = None
        if days:
            after, before = _read_days(days[0], days[-1])
            within = _read_times()
        pattern = settings.text_input(
            "Recordings",
            name="archive-path",
            placeholder="all, or a part of the path",
            max_chars=MAX_PATTERN,
        ).strip()
        return Among(after, before, within, as_pattern(pattern))


def as_pattern(words: str) -> str | None:
    """Return the pattern of paths that contain a text; a text with ``*`` is a pattern itself."""
    if not words:
        return None
    return words if "*" in words else f"*{words}*"


def _read_days(first: date, last: date) -> tuple[date | None, date | None]:
    """Draw the choice of days; return the first one, and the one after the last one."""
    # Each has the whole width of the sidebar: half of it would cut a date.
    after = settings.day("First day", first, last, name="archive-first")
    until = settings.day("Last day", first, last, name="archive-last")
    return after, None if until is None else until + timedelta(days=1)


def _read_times() -> tuple[time, time] | None:
    """Draw the choice of the time of day; None for the whole day."""
    begin, end = st.columns(2)
    with begin:
        first = settings.time_of_day("From", name="archive-from")
    with end:
        last = settings.time_of_day("Until", name="archive-until")
    if first is None and last is None:
        return None
    return first or time(0, 0), last or time(0, 0)
