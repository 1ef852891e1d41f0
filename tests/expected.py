"""What the page Clip is expected to show, worked out by the library."""

from collections.abc import Mapping

from models.audio import Clip
from models.events import Event, find_events, refine_events
from models.events.taxonomy import most_specific
from models.events.timeline import Timeline

MERGE_GAP_S = 0.5
"""The page's own merge gap, in seconds."""


def expected_events(
    timeline: Timeline,
    clip: Clip,
    threshold: float = 0.3,
    *,
    merge_gap_s: float = MERGE_GAP_S,
    thresholds: Mapping[str, float] | None = None,
) -> list[Event]:
    """Events that the page shows at its defaults: with moved edges, the most specific alone."""
    found = find_events(timeline, threshold, merge_gap_s=merge_gap_s, thresholds=thresholds)
    return most_specific(refine_events(found, clip, merge_gap_s=merge_gap_s))
