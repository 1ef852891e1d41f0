"""What listens: its choice in the sidebar, the way to its file, and models that people bring."""

from components.model.choice import choose
from components.model.opening import open_chosen

__all__ = ["choose", "open_chosen"]
