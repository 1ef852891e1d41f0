"""Inference: scores and embeddings of windows. The only package that runs an interpreter."""

from models.inference.classifier import Classifier, open_tflite
from models.inference.contract import Contract
from models.inference.description import HeadDescription, ModelDescription
from models.inference.heads import OutputHead, Squashing
from models.inference.interface import SoundClassifier
from models.inference.probing import ProbeLimits, describe_tflite
from models.inference.window_time import window_times_ms
from models.inference.worker_pool import BATCH_WINDOWS, usable_cores

__all__ = [
    "BATCH_WINDOWS",
    "Classifier",
    "Contract",
    "HeadDescription",
    "ModelDescription",
    "OutputHead",
    "ProbeLimits",
    "SoundClassifier",
    "Squashing",
    "describe_tflite",
    "open_tflite",
    "usable_cores",
    "window_times_ms",
]
