"""The trained part of a taught classifier, without its base model."""

from dataclasses import dataclass

from models.teaching.assessment import Assessment
from models.teaching.examples import Example
from models.teaching.head import LinearHead


@dataclass(frozen=True, eq=False)
class Learnt:
    """The content of a taught classifier's file.

    Parameters
    ----------
    labels : tuple of str
        The classes, one per score.
    head : LinearHead
        Maps embeddings to their scores.
    examples : tuple of Example
        The training examples.
    base, base_digest : str
        Catalog name of the base model, empty if it is not in the catalog, and the SHA-256 of its
        file.
    strength, temperature : float
        Inverse of the L2 penalty, and the divisor that calibrates the logits (both are already
        applied in `head`).
    assessment : Assessment or None
        Cross-validation results; None if there are too few examples.
    """

    labels: tuple[str, ...]
    head: LinearHead
    examples: tuple[Example, ...]
    base: str
    base_digest: str
    strength: float
    temperature: float
    assessment: Assessment | None
