"""Hierarchy of AudioSet's classes: Animal > Domestic animals, pets > Dog > Bark."""

from models.events.taxonomy.breadth import (
    RollUp,
    including_subclasses,
    most_specific,
    roll_up,
)
from models.events.taxonomy.classes import (
    CATEGORIES,
    ancestors,
    category,
    descendants,
    labels,
    mid,
    path,
)
from models.events.taxonomy.outline import Category, outline

__all__ = [
    "CATEGORIES",
    "Category",
    "RollUp",
    "ancestors",
    "category",
    "descendants",
    "including_subclasses",
    "labels",
    "mid",
    "most_specific",
    "outline",
    "path",
    "roll_up",
]
