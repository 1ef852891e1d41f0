"""Question which clips contain some classes: its settings, and the answer in words."""

from collections.abc import Sequence

import streamlit as st

from components.clip.clip_figures import Hits, Query, total
from components.style import text
from components.ui import settings, widgets
from components.view.findings import Findings
from components.view.settings import ViewSettings
from models.events import taxonomy

_NAME = "contain"

_N_NAMED = 6
"""Number of found classes that the answer names."""


def read(labels: Sequence[str]) -> Query:
    """Draw the choice of classes and of their threshold, and return it.

    Parameters
    ----------
    labels : sequence of str
        Labels of the model, as options.
    """
    with st.container(width=420):
        chosen = settings.classes(
            "Which clips contain …",
            labels,
            name=_NAME,
            placeholder="Any of these classes",
            help="The table has a column for each class, and only the clips that contain any of "
            "them. Subclasses count, too: a Bark, where Dog itself scores lower.",
        )
    with st.container(width=220):
        threshold = settings.slider(
            "… at a score from",
            *(0.0, 1.0, ViewSettings.threshold, 0.01),
            name="contain-from",
            help="The other rules of events are those of the sidebar.",
            disabled=not chosen,
        )
    return Query(chosen, threshold)


def tell_covered(findings: Findings) -> None:
    """Say which of the classes that were asked for more specific ones hide in the clip's events."""
    shown = {event.label for event in findings.events}
    covered = {event.label for event in findings.found} - shown
    for label in widgets.value(_NAME) or ():
        if label in covered:
            below = sorted(shown & set(taxonomy.descendants(label)))
            names = text.escape_markdown(" and ".join(below[:2]))
            are = "which is" if len(below) == 1 else "which are"
            st.caption(
                f"**{text.escape_markdown(label)}** is listed as {names}, {are} more specific. "
                "Choose All under “Classes within classes” to list it, too."
            )


def answer(query: Query, hits: Sequence[Hits], n_clips: int) -> str:
    """Say in how many clips the classes were found, in markdown.

    Parameters
    ----------
    query : Query
        What was asked for.
    hits : sequence of Hits
        What was found in each clip that is analysed.
    n_clips : int
        Number of all clips.
    """
    found = [one for one in hits if one.n_events]
    n_events = sum(one.n_events for one in found)
    names = " or ".join(f"**{text.escape_markdown(label)}**" for label in query.labels)
    least = f"a score of {query.threshold:.2f} or more"
    if found:
        events = "1 event" if n_events == 1 else f"{n_events:,} events"
        words = f"{names} in {len(found):,} of {n_clips:,} clips: {events} with {least}"
        words += f"{_by_class(query, total(found))}."
    else:
        if any(map(taxonomy.descendants, query.labels)):
            names += " or a subclass"
        words = f"No clip has {names} with {least}."
    if len(hits) < n_clips:
        left = n_clips - len(hits)
        words += " One is" if left == 1 else f" {left:,} are"
        words += " not analysed yet."
    return words


def _by_class(query: Query, found: Hits) -> str:
    """Say how many events are of which class, in markdown, if any are of a subclass."""
    if all(label in query.labels for label, _ in found.labels):
        return ""
    counts = [f"{number:,} {text.escape_markdown(label)}" for label, number in found.labels]
    named, others = counts[:_N_NAMED], found.labels[_N_NAMED:]
    if others:
        named.append(f"{sum(number for _, number in others):,} of other subclasses")
    return f" ({', '.join(named)})"
