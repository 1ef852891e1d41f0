"""Description of a taught classifier's file, in the format used for any model."""

from dataclasses import replace
from pathlib import Path

from models.errors import ModelError
from models.inference.description import HeadDescription, ModelDescription
from models.inference.probing import describe_tflite
from models.registry.catalog import CATALOG, find_model, sha256_of
from models.teaching.document import read_document
from models.teaching.learnt import Learnt
from models.tflite.runtimes import Runtime


def describe_taught(path: Path, runtime: Runtime) -> ModelDescription:
    """Describe a file that `TaughtClassifier.save` wrote; see `models.describe_model`.

    Nothing is downloaded. The time per window is that of the base model; the head's own time is
    negligible.

    Raises
    ------
    ModelError
        If the file is damaged, or its base model is not on this machine.
    """
    learnt = read_document(path)
    entry = CATALOG[learnt.base]
    base = find_model(entry)
    if base is None:
        raise ModelError(
            f"{path.name} is based on {entry.title}, which is not on this machine.",
            allowed="A taught classifier needs the model that it was trained on.",
            remedy=f"Choose {entry.title} once, which downloads it.",
        )
    return replace(
        describe_tflite(base, runtime=runtime),
        file_name=path.name,
        sha256=sha256_of(path),
        size_bytes=path.stat().st_size,
        heads=(_head(learnt),),
        usual_head=0,
        name="",
        description=f"Taught with {len(learnt.examples)} examples; based on {entry.title}.",
        version="",
        author="",
        licence="",
    )


def _head(learnt: Learnt) -> HeadDescription:
    return HeadDescription(
        name="scores",
        n_classes=len(learnt.labels),
        labels=learnt.labels,
        labels_source="packed",
        labels_file="",
        activation="softmax" if learnt.head.kind == "exclusive" else "sigmoid",
        squashing=None,
    )
