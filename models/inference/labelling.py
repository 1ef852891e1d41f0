"""Labels of a model's heads.

Sources in order of precedence: the caller's list; the list packed into the file for that output;
the one packed list without an output; the list beside the file; YAMNet's 521 labels if the outputs
are those of the original YAMNet; numbers. A list without an output applies to the heads that have
as many classes as it has labels, and has to match one of them.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from models.errors import ModelError
from models.events import taxonomy
from models.inference.contract import Contract
from models.tflite import LabelList, Properties, beside, numbered, read_labels, read_list

Labels = Sequence[str] | str | os.PathLike[str]
"""Labels, or the path of a label list."""


def given_labels(labels: Labels) -> LabelList:
    """Convert labels given by a caller.

    Raises
    ------
    ModelError
        If they are a file that is not a label list.
    """
    if isinstance(labels, (str, os.PathLike)):
        return read_list(Path(labels))
    return LabelList(tuple(labels), "given")


def label_heads(
    path: Path, contract: Contract, properties: Properties, given: LabelList | None = None
) -> tuple[LabelList, ...]:
    """Find the labels of each head.

    Parameters
    ----------
    path : Path
        The model's file.
    contract : Contract
        Output format of the model.
    properties : Properties
        Metadata of the file.
    given : LabelList, optional
        The caller's list.

    Returns
    -------
    tuple of LabelList
        One per head.

    Raises
    ------
    ModelError
        If a list is malformed, or its length differs from the number of its head's classes.
    """
    counts = [head.n_classes for head in contract.heads]
    own: list[LabelList | None] = [None] * len(counts)
    if given is None:
        own = [_own_list(path, properties, head.output) for head in contract.heads]
    for found, count in zip(own, counts, strict=True):
        if found is not None:
            check_count(path, found, count)
    common = given
    if given is None and not any(own):
        common = read_labels(path) or beside(path)
    if common is not None and len(common.labels) not in counts:
        check_count(path, common, counts[0])
    return tuple(
        found or _fitting(common, count) or _known(contract, count) or numbered(count)
        for found, count in zip(own, counts, strict=True)
    )


def usual_head(contract: Contract, lists: tuple[LabelList, ...]) -> int:
    """Choose the default head.

    Returns
    -------
    int
        Index of the first head whose classes have names; otherwise of the first that gives scores
        without conversion; otherwise 0.
    """
    named = [place for place, found in enumerate(lists) if found.source != "numbered"]
    ready = [place for place, head in enumerate(contract.heads) if head.squashing is None]
    return next(iter((*named, *ready, 0)))


def check_count(path: Path, found: LabelList, n_classes: int) -> None:
    """Check that a list has as many labels as a head has classes.

    Raises
    ------
    ModelError
        If not; the message gives both numbers.
    """
    if len(found.labels) != n_classes:
        where = f" ({found.file_name})" if found.file_name else ""
        raise ModelError(
            f"{path.name} gives {n_classes} scores but lists {len(found.labels)} labels{where}.",
            allowed="A label list has one label per score, in their order.",
            remedy="Give the list that belongs to this model, or none to have its classes"
            " numbered.",
        )


def _own_list(path: Path, properties: Properties, output: int) -> LabelList | None:
    """Read the list that the metadata names for an output."""
    names = properties.label_files[output : output + 1]
    return read_labels(path, names[0]) if names and names[0] else None


def _fitting(common: LabelList | None, n_classes: int) -> LabelList | None:
    return common if common is not None and len(common.labels) == n_classes else None


def _known(contract: Contract, n_classes: int) -> LabelList | None:
    """Return YAMNet's labels for the original YAMNet, which its outputs identify."""
    labels = taxonomy.labels()
    is_yamnet = contract.is_dynamic and n_classes == len(labels)
    return LabelList(labels, "yamnet") if is_yamnet else None
