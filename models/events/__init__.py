"""Events: detection, refinement, evaluation and explanation."""

from models.events.boundaries import refine_events
from models.events.events import (
    SLACK_S,
    Event,
    EventRules,
    check_audible,
    find_events,
)

__all__ = ["SLACK_S", "Event", "EventRules", "check_audible", "find_events", "refine_events"]
