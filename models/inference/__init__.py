"""From windows to scores and embeddings: the only place that runs an interpreter."""

from models.inference.classifier import Classifier, open_classifier
from models.inference.contract import Contract
from models.inference.description import HeadDescription, ModelDescription
from models.inference.heads import OutputHead, Squashing
from models.inference.probing import ProbeLimits, describe_model
from models.inference.worker_pool import BATCH_WINDOWS, usable_cores

__all__ = [
    "BATCH_WINDOWS",
    "Classifier",
    "Contract",
    "HeadDescription",
    "ModelDescription",
    "OutputHead",
    "ProbeLimits",
    "Squashing",
    "describe_model",
    "open_classifier",
    "usable_cores",
]
