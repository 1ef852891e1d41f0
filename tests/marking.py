"""Marks of single parameters."""

import pytest


def slow(*values: object) -> object:
    """Mark parameters as `slow`: the others of the same test prove much the same."""
    return pytest.param(*values, marks=pytest.mark.slow)
