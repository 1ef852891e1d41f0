"""What a taught classifier knows, apart from the model that it hears with."""

from dataclasses import dataclass

from models.teaching.assessment import Assessment
from models.teaching.examples import Example
from models.teaching.head import LinearHead


@dataclass(frozen=True, eq=False)
class Learnt:
    """Everything that makes a taught classifier, and that its file holds.

    Parameters
    ----------
    labels : tuple of str
        The classes, one per score.
    head : LinearHead
        Makes their scores from embeddings.
    examples : tuple of Example
        What it was taught with.
    base, base_digest : str
        The catalog's name of the model that gave the embeddings, empty where it has none, and the
        SHA-256 of its file.
    strength, temperature : float
        How closely the head follows its examples, and what its logits were divided by so that
        scores are as often right as they say (both are part of `head` already).
    assessment : Assessment or None
        How well it did on examples that it had not learnt from; None where there were too few.
    """

    labels: tuple[str, ...]
    head: LinearHead
    examples: tuple[Example, ...]
    base: str
    base_digest: str
    strength: float
    temperature: float
    assessment: Assessment | None
