"""Models in the user interface: choice, opening with download, upload, and cards."""

from components.model.choice import choose
from components.model.opening import open_chosen

__all__ = ["choose", "open_chosen"]
