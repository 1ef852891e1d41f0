"""Opening and description of a model by name or file: TFLite models and taught classifiers."""

import os
from collections.abc import Callable
from pathlib import Path

from models.inference import (
    Classifier,
    ModelDescription,
    ProbeLimits,
    Squashing,
    describe_tflite,
    open_tflite,
)
from models.inference.labelling import Labels
from models.inference.probing import DEFAULT_LIMITS
from models.registry.catalog import CATALOG
from models.registry.local_models import TAUGHT_SUFFIX
from models.teaching.description import describe_taught
from models.teaching.taught import TaughtClassifier, open_taught
from models.tflite.runtimes import Runtime, check_runtime


def open_classifier(
    model: str | os.PathLike[str] = "yamnet",
    *,
    runtime: Runtime = "litert",
    workers: int | None = None,
    progress: Callable[[float], None] | None = None,
    sample_rate: int | None = None,
    head: int | str | None = None,
    labels: Labels | None = None,
    squashing: Squashing | None = None,
    probe: bool = True,
) -> Classifier | TaughtClassifier:
    """Open a model by its catalog name, or by the path of a ``.tflite`` or ``.earmark`` file.

    Parameters
    ----------
    model : str or path
        A name in `models.CATALOG`, found in the model folders or downloaded; otherwise a path.
    runtime : {'litert', 'tflite'}
        The runtime that executes it.
    workers : int, optional
        Number of threads, each with an engine of its own; one per core by default.
    progress : callable, optional
        Called with the completed fraction of a download, in [0, 1].
    sample_rate, head, labels, squashing
        Properties that a TFLite file does not state, or states incorrectly; see `Classifier`.
    probe : bool
        Whether to open and run a TFLite file that is not in the catalog in a separate process
        first, so that a file that crashes its runtime does not end this process. It takes about
        half a second, once for each file.

    Returns
    -------
    Classifier or TaughtClassifier
        Ready to classify, safe to share. A ``.earmark`` file contains a taught classifier.

    Raises
    ------
    ModelError
        If the model cannot be found, fetched, opened or used.
    SettingError
        If the runtime is not installed, or the model has no such head.

    Examples
    --------
    The built-in model needs no download:

    >>> import models
    >>> classifier = models.open_classifier("builtin")
    >>> len(classifier.labels), classifier.labels[0]
    (521, 'Speech')
    """
    if is_taught(model):
        return open_taught(Path(model), runtime=runtime, workers=workers, progress=progress)
    return open_tflite(
        model,
        runtime=runtime,
        workers=workers,
        progress=progress,
        sample_rate=sample_rate,
        head=head,
        labels=labels,
        squashing=squashing,
        probe=probe,
    )


def describe_model(
    model: str | os.PathLike[str],
    *,
    runtime: Runtime = "litert",
    sample_rate: int | None = None,
    labels: Labels | None = None,
    limits: ProbeLimits = DEFAULT_LIMITS,
) -> ModelDescription:
    """Describe a model file without opening it in this process. It takes about half a second.

    Parameters
    ----------
    model : str or path
        Path of any file. A ``.earmark`` file has no executable content, and is read in this
        process.
    runtime : {'litert', 'tflite'}
        The runtime that opens it.
    sample_rate : int, optional
        Rate of the input waveform in Hz, if the file's metadata does not state one.
    labels : sequence of str, or path, optional
        Labels, or a file with a list of them, in place of those of the model.
    limits : ProbeLimits
        Resource limits. Memory and processor time are limited only where the system supports it
        (Unix).

    Raises
    ------
    ModelError
        If the file is not a usable model, or if opening or running it crashed the process or
        exceeded the limits.
    SettingError
        If the runtime is not installed, or the sample rate is out of range.

    Examples
    --------
    >>> import models
    >>> from models.registry.catalog import find_model
    >>> path = find_model(models.CATALOG["builtin"])
    >>> description = models.describe_model(path)
    >>> description.sample_rate, description.window_samples, description.heads[0].n_classes
    (16000, 15600, 521)
    """
    check_runtime(runtime)
    if is_taught(model):
        return describe_taught(Path(model), runtime)
    return describe_tflite(
        model, runtime=runtime, sample_rate=sample_rate, labels=labels, limits=limits
    )


def is_taught(model: str | os.PathLike[str]) -> bool:
    """Whether a model is the file of a taught classifier."""
    return str(model) not in CATALOG and Path(model).suffix.lower() == TAUGHT_SUFFIX
