"""Sound event detection: from bytes to events, independent of the user interface."""

from models.archive import Archive, open_archive
from models.audio import AudioTrack, Clip, SourceInfo, load_clip
from models.errors import Cancelled, EarmarkError, ModelError, RecordingError, SettingError
from models.events import Event, EventRules, find_events, refine_events
from models.events.timeline import Timeline
from models.events.truth import TrueEvent, read_truth
from models.inference import Classifier, ModelDescription, SoundClassifier
from models.opening import describe_model, open_classifier
from models.registry.catalog import CATALOG
from models.teaching import TaughtClassifier, teach

__all__ = [
    "CATALOG",
    "Archive",
    "AudioTrack",
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
    "SoundClassifier",
    "SourceInfo",
    "TaughtClassifier",
    "Timeline",
    "TrueEvent",
    "describe_model",
    "find_events",
    "load_clip",
    "open_archive",
    "open_classifier",
    "read_truth",
    "refine_events",
    "teach",
]
