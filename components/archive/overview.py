"""What an archive holds, in numbers."""

import streamlit as st

from components.style import text
from components.ui import notices
from components.workspace.cache import BoundedCache
from models.archive import Archive, ArchiveSummary
from models.errors import EarmarkError

MAX_SUMMARIES = 16
"""Number of summaries that are kept, for all visitors: a few kB each."""

_summaries: BoundedCache[ArchiveSummary] = BoundedCache(MAX_SUMMARIES, 0, lambda _summary: 0)


def show(name: str, archive: Archive) -> ArchiveSummary | None:
    """Draw the numbers of an archive, and return its summary.

    Returns
    -------
    ArchiveSummary or None
        None if the archive is empty or cannot be read, which the page shows.
    """
    try:
        summary = _summaries.get((name, archive.version), archive.summary)
    except EarmarkError as error:
        notices.show_error(error, about=name)
        return None
    if not summary.recordings:
        st.info(
            f"The archive **{text.escape_markdown(name)}** is empty. The operator of this server "
            "adds recordings to it: `python -m models.archive add ARCHIVE 'recordings/**/*.wav'`.",
            icon=":material/inventory_2:",
        )
        return None
    st.caption(in_words(summary))
    return summary


def in_words(summary: ArchiveSummary) -> str:
    """Describe an archive in a line."""
    count = summary.recordings
    parts = [
        "1 recording" if count == 1 else f"{count:,} recordings",
        f"{summary.hours:,.1f} hours",
        f"{summary.events:,} events of {len(summary.classes):,} classes",
        f"model {summary.model}",
    ]
    days = list(summary.hours_by_day)
    if days:
        first, last = f"{days[0]:%-d %b %Y}", f"{days[-1]:%-d %b %Y}"
        parts.insert(2, first if first == last else f"{first} to {last}")
    if summary.failed:
        parts.append(f"{summary.failed:,} files could not be analysed")
    return " · ".join(parts)
