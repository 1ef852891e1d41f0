"""Models in the user interface: choice, opening with download, upload, and cards."""

from components.model_choice.choice import choose
from components.model_choice.opening import open_chosen

__all__ = ["choose", "open_chosen"]
