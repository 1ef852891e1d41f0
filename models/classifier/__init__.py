"""From windows to scores and embeddings: the only place that runs an interpreter."""

from models.classifier.classifier import Classifier, open_classifier
from models.classifier.contract import Contract
from models.classifier.description import HeadDescription, ModelDescription
from models.classifier.heads import Head, Squashing
from models.classifier.probing import Limits, describe_model
from models.classifier.threads import BATCH_WINDOWS, usable_cores

__all__ = [
    "BATCH_WINDOWS",
    "Classifier",
    "Contract",
    "Head",
    "HeadDescription",
    "Limits",
    "ModelDescription",
    "Squashing",
    "describe_model",
    "open_classifier",
    "usable_cores",
]
