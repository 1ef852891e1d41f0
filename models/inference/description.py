"""Serializable description of a model file."""

import dataclasses
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.errors import ModelError
from models.inference.contract import Contract
from models.inference.embeddings import find_embedding
from models.inference.engine_setup import open_scoring
from models.inference.heads import Activation, Squashing, observe
from models.inference.model_file import Reading, read_model
from models.registry.catalog import sha256_of
from models.tflite import LabelList
from models.tflite.label_lists import Source
from models.tflite.runtimes import Runtime

_TIMED_WINDOWS = 10


@dataclass(frozen=True)
class HeadDescription:
    """An output that can serve as scores.

    Parameters
    ----------
    name : str
        Name in the file.
    n_classes : int
        Number of scores per window.
    labels : tuple of str
        Labels, one per class.
    labels_source : {'packed', 'beside', 'given', 'yamnet', 'numbered'}
        Origin of the labels.
    labels_file : str
        Name of the label file; empty if there is none.
    activation : {'sigmoid', 'softmax', 'logits'}
        Values of the output: independent in [0, 1]; in [0, 1] and summing to 1; or unbounded.
    squashing : {'sigmoid', 'softmax'} or None
        Function that converts logits to scores; None for other activations.
    """

    name: str
    n_classes: int
    labels: tuple[str, ...]
    labels_source: Source
    labels_file: str
    activation: Activation
    squashing: Squashing | None


@dataclass(frozen=True)
class ModelDescription:
    """Description of a model file.

    Parameters
    ----------
    file_name, sha256 : str
        Name without its folder, and hexadecimal digest.
    size_bytes : int
        Size of the file.
    input_shape : tuple of int
        Shape of the input; -1 for a dimension of any length.
    input_dtype : str
        Data type of the input.
    sample_rate : int or None
        Sample rate of the input, in Hz; None if the file does not state it.
    channels : int
        Number of input channels, 1 or 2.
    window_samples : int
        Length of a window, in samples per channel.
    hop_samples : int or None
        Hop that the model itself fixes, in samples.
    heads : tuple of HeadDescription
        Outputs that can serve as scores.
    usual_head : int
        Index of the default head.
    has_embeddings : bool
        Whether `Classifier.embed` is supported.
    name, description, version, author, licence : str
        Metadata; empty where missing.
    window_ms : float
        Shortest inference time of a window in `_TIMED_WINDOWS` runs in one thread, in
        milliseconds.
    """

    file_name: str
    sha256: str
    size_bytes: int
    input_shape: tuple[int, ...]
    input_dtype: str
    sample_rate: int | None
    channels: int
    window_samples: int
    hop_samples: int | None
    heads: tuple[HeadDescription, ...]
    usual_head: int
    has_embeddings: bool
    name: str
    description: str
    version: str
    author: str
    licence: str
    window_ms: float

    def as_json(self) -> dict[str, Any]:
        """Convert to a dictionary for JSON; `from_json` is the inverse."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "ModelDescription":
        """Create a description from the result of `as_json`."""
        heads = tuple(
            HeadDescription(**{**head, "labels": tuple(head["labels"])}) for head in values["heads"]
        )
        return cls(**{**values, "heads": heads, "input_shape": tuple(values["input_shape"])})


def describe_here(
    path: Path,
    runtime: Runtime,
    sample_rate: int | None = None,
    labels: LabelList | None = None,
) -> ModelDescription:
    """Open a model file in this process, run it, and describe it.

    The file may crash the process: `models.inference.probing` runs this in a child process. The
    parameters are those of `models.inference.model_file.read_model`.

    Raises
    ------
    ModelError
        If the file cannot be opened, run or used.
    """
    reading = read_model(path, runtime, sample_rate, labels)
    window_ms = _try_out(path, runtime, reading)
    contract, properties = reading.contract, reading.properties
    return ModelDescription(
        file_name=path.name,
        sha256=sha256_of(path),
        size_bytes=path.stat().st_size,
        input_shape=reading.given.shape,
        input_dtype=contract.samples.dtype,
        sample_rate=contract.sample_rate if contract.sample_rate_known else None,
        channels=contract.channels,
        window_samples=contract.window_samples,
        hop_samples=contract.hop_samples,
        heads=tuple(
            _describe_head(contract, place, found) for place, found in enumerate(reading.lists)
        ),
        usual_head=contract.chosen,
        has_embeddings=_has_embeddings(path, reading),
        name=properties.name,
        description=properties.description,
        version=properties.version,
        author=properties.author,
        licence=properties.licence,
        window_ms=window_ms,
    )


def _try_out(path: Path, runtime: Runtime, reading: Reading) -> float:
    """Run a model on silence and noise; returns the shortest time of a window, in milliseconds."""
    contract = reading.contract
    engine, _ = open_scoring(path, runtime, contract, reading.interpreter)
    if not contract.is_dynamic:
        (seen,) = observe(path, reading.interpreter, reading.given, [contract.head])
        if not np.isfinite(seen).all():
            raise ModelError(
                f"{path.name} outputs NaN or infinite values for silence or noise.",
                allowed="Scores are finite.",
                remedy="Fetch or convert it again, or choose another model.",
            )
    window = np.zeros(contract.window_samples, np.float32)
    row = np.empty((1, contract.n_classes), np.float32)
    times_s = []
    for _ in range(_TIMED_WINDOWS):
        started = time.perf_counter()
        engine.run(window, contract.window_samples, row)
        times_s.append(time.perf_counter() - started)
    return 1000 * min(times_s)


def _describe_head(contract: Contract, place: int, found: LabelList) -> HeadDescription:
    head = contract.heads[place]
    return HeadDescription(
        name=head.name,
        n_classes=head.n_classes,
        labels=found.labels,
        labels_source=found.source,
        labels_file=found.file_name,
        activation=head.activation,
        squashing=head.squashing,
    )


def _has_embeddings(path: Path, reading: Reading) -> bool:
    if reading.contract.is_dynamic:
        return True
    try:
        find_embedding(path, reading.interpreter, reading.contract.n_classes)
    except ModelError:
        return False
    return True
