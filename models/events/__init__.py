"""Events: detection, refinement, evaluation and explanation."""

from models.events.boundaries import refine_events
from models.events.detection import DEFAULT_THRESHOLD, EventRules, check_audible, find_events
from models.events.event import SLACK_S, Event

__all__ = [
    "DEFAULT_THRESHOLD",
    "SLACK_S",
    "Event",
    "EventRules",
    "check_audible",
    "find_events",
    "refine_events",
]
