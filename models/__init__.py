"""What hears: from bytes to events, without a page in sight."""

from models.audio import Clip, SourceInfo, load_clip
from models.catalog import CATALOG
from models.classifier import Classifier, ModelDescription, describe_model, open_classifier
from models.errors import Cancelled, EarmarkError, ModelError, RecordingError, SettingError
from models.events import Event, EventRules, find_events, refine_events
from models.teaching import TaughtClassifier, teach
from models.timeline import Timeline
from models.truth import TrueEvent, read_truth

__all__ = [
    "CATALOG",
    "Cancelled",
    "Classifier",
    "Clip",
    "EarmarkError",
    "Event",
    "EventRules",
    "ModelDescription",
    "ModelError",
    "RecordingError",
    "SettingError",
    "SourceInfo",
    "TaughtClassifier",
    "Timeline",
    "TrueEvent",
    "describe_model",
    "find_events",
    "load_clip",
    "open_classifier",
    "read_truth",
    "refine_events",
    "teach",
]
