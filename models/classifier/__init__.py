"""From windows to scores and embeddings: the only place that runs an interpreter."""

from models.classifier.classifier import Classifier, open_classifier
from models.classifier.contract import Contract
from models.classifier.threads import BATCH_WINDOWS, usable_cores

__all__ = ["BATCH_WINDOWS", "Classifier", "Contract", "open_classifier", "usable_cores"]
