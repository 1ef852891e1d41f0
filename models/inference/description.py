"""What a model file is, in words and numbers that can leave the process that read it."""

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
    """An output that may be scores.

    Parameters
    ----------
    name : str
        As the file has it.
    n_classes : int
        Scores for a window.
    labels : tuple of str
        One for each.
    labels_source : {'packed', 'beside', 'given', 'yamnet', 'numbered'}
        Where they came from.
    labels_file : str
        Name of their list; empty where they are in none.
    activation : {'sigmoid', 'softmax', 'logits'}
        What the file gives: values in [0, 1], each by itself; values that sum to 1; any.
    squashing : {'sigmoid', 'softmax'} or None
        What Earmark makes scores of logits by.
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
    """What a model file is.

    Parameters
    ----------
    file_name, sha256 : str
        Its name without its folder, and its digest.
    size_bytes : int
        Its size.
    input_shape : tuple of int
        Of its input; -1 where any length will do.
    input_dtype : str
        Type of its input.
    sample_rate : int or None
        Rate of the waveform that it takes, in Hz; None where the file does not state it.
    channels : int
        1 or 2.
    window_samples : int
        Samples of each channel for a window.
    hop_samples : int or None
        Step between windows that it fixes itself, in samples.
    heads : tuple of HeadDescription
        Its outputs that may be scores.
    usual_head : int
        The one that most likely is wanted.
    has_embeddings : bool
        Whether `Classifier.embed` works with it.
    name, description, version, author, licence : str
        What its metadata says; empty where it says nothing.
    window_ms : float
        Time that a window took, in milliseconds: the shortest of a few, in one thread.
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
        """Put it into what JSON knows; `from_json` makes the same of it again."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "ModelDescription":
        """Make one of what `as_json` gave."""
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

    Only for a process that may end badly: `models.inference.probing` starts one. Its parameters
    are those of `models.inference.model_file.read_model`.

    Raises
    ------
    ModelError
        If it cannot be opened, run or used.
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
                f"{path.name} gives values that are no numbers for silence or noise.",
                allowed="Scores are made of finite numbers.",
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
