"""AudioSet's ontology of the 521 classes.

Conventions
-----------
A class is identified by its label, as the model spells it. Ancestors and descendants are limited to
the 521 classes. A class may have several parents: Police car (siren) is an Emergency vehicle and a
Siren. Its path follows the first parent, which belongs to the class's own category if any parent
does. A label that is not in AudioSet, such as one of a user's model, has no category, path or
relatives.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

CATEGORIES = (
    "Human sounds",
    "Animal",
    "Music",
    "Natural sounds",
    "Sounds of things",
    "Source-ambiguous sounds",
    "Channel, environment and background",
)
"""AudioSet's seven top categories, in AudioSet's order."""

_FACTS = Path(__file__).with_name("audioset.tsv")


@dataclass(frozen=True)
class _Class:
    mid: str
    category: str
    parents: tuple[str, ...]


@cache
def _classes() -> dict[str, _Class]:
    lines = _FACTS.read_text(encoding="utf-8").splitlines()
    _, *rows = (line.split("\t") for line in lines if not line.startswith("#"))
    return {
        label: _Class(identifier, top, tuple(filter(None, parents.split("|"))))
        for identifier, label, top, parents in rows
    }


@cache
def _children() -> dict[str, list[str]]:
    children: dict[str, list[str]] = {}
    for label, facts in _classes().items():
        for parent in facts.parents:
            children.setdefault(parent, []).append(label)
    return children


def labels() -> tuple[str, ...]:
    """List the 521 labels in YAMNet's order: label ``i`` belongs to score ``i``."""
    return tuple(_classes())


def mid(label: str) -> str:
    """Return AudioSet's machine id of a class, such as ``/m/05tny_`` for Bark; empty if unknown."""
    facts = _classes().get(label)
    return "" if facts is None else facts.mid


def category(label: str) -> str | None:
    """Return the top category of a class, one of `CATEGORIES`; None if unknown."""
    facts = _classes().get(label)
    return None if facts is None else facts.category


@cache
def ancestors(label: str) -> tuple[str, ...]:
    """List all ancestors of a class, by all its parents.

    Parameters
    ----------
    label : str
        As the model spells it.

    Returns
    -------
    tuple of str
        Parents first, then their parents, and so on; each label once. Empty for a top class and
        for an unknown label.
    """
    return _level_by_level(label, _parents)


@cache
def descendants(label: str) -> tuple[str, ...]:
    """List all descendants of a class.

    Parameters
    ----------
    label : str
        As the model spells it.

    Returns
    -------
    tuple of str
        Children first, then their children, and so on; each label once. Empty for a class without
        children and for an unknown label.
    """
    return _level_by_level(label, lambda one: _children().get(one, ()))


@cache
def path(label: str) -> tuple[str, ...]:
    """List the path from a top class down to this one, by the first parent of each.

    Parameters
    ----------
    label : str
        As the model spells it.

    Returns
    -------
    tuple of str
        Such as ``("Animal", "Domestic animals, pets", "Dog", "Bark")``; the label alone for a top
        class and for an unknown label.
    """
    parents = _parents(label)
    return (*path(parents[0]), label) if parents else (label,)


def _parents(label: str) -> tuple[str, ...]:
    facts = _classes().get(label)
    return () if facts is None else facts.parents


def _level_by_level(label: str, step: Callable[[str], Iterable[str]]) -> tuple[str, ...]:
    found: dict[str, None] = {}  # an ordered set
    level = [label]
    while level:
        level = list(dict.fromkeys(one for above in level for one in step(above)))
        found.update(dict.fromkeys(level))
    return tuple(found)
