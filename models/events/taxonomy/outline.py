"""Outline of labels: categories, and the hierarchy of classes in each."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from models.events.taxonomy.classes import CATEGORIES, category, path


@dataclass(frozen=True)
class Category:
    """Classes of one category, as an outline.

    Parameters
    ----------
    title : str
        One of `CATEGORIES`; empty for labels that are not in AudioSet.
    entries : tuple of (int, str)
        Depth, from 0, and label of each class. The descendants of a class follow it, deeper.
    """

    title: str
    entries: tuple[tuple[int, str], ...]


@lru_cache(maxsize=16)
def _outline(labels: tuple[str, ...]) -> tuple[Category, ...]:
    known = frozenset(labels)
    children: dict[str, list[str]] = {}
    roots: dict[str, list[str]] = {title: [] for title in (*CATEGORIES, "")}
    for label in dict.fromkeys(labels):
        above = [one for one in path(label)[:-1] if one in known]
        siblings = children.setdefault(above[-1], []) if above else roots[category(label) or ""]
        siblings.append(label)

    def entries(siblings: Sequence[str], depth: int) -> list[tuple[int, str]]:
        return [
            entry
            for label in siblings
            for entry in ((depth, label), *entries(children.get(label, ()), depth + 1))
        ]

    return tuple(
        Category(title, tuple(entries(siblings, 0)))
        for title, siblings in roots.items()
        if siblings
    )


def outline(labels: Sequence[str]) -> tuple[Category, ...]:
    """Arrange labels by category and hierarchy.

    Parameters
    ----------
    labels : sequence of str
        Labels of a model.

    Returns
    -------
    tuple of Category
        In AudioSet's order, labels that are not in AudioSet last. Each label is in it once: a class
        with several parents below the first (`models.events.taxonomy.path`), or below its nearest
        ancestor among the labels. Siblings keep their order.

    Examples
    --------
    >>> outline(["Bark", "Doorbell of mine", "Animal", "Dog"])[0]
    Category(title='Animal', entries=((0, 'Animal'), (1, 'Dog'), (2, 'Bark')))
    """
    return _outline(tuple(labels))
