"""Imports that take seconds, done in the background while a visitor reads."""

import threading
from collections.abc import Callable
from functools import cache
from importlib import import_module


@cache
def prepare_pages() -> None:
    """Load what the first page needs, while the browser fetches Streamlit's own part of it."""
    _in_background(_load_pages)


@cache
def prepare_results() -> None:
    """Load what the first result needs."""
    _in_background(_load_results)


@cache
def prepare_teaching() -> None:
    """Load what learning needs."""
    from models.teaching import training

    _in_background(training.prepare)


def _load_pages() -> None:
    from components.screens import clip  # noqa: F401


def _load_results() -> None:
    from models.audio import spectrogram

    spectrogram.prepare()
    for module in ("pandas", "plotly.graph_objects"):
        import_module(module)


def _in_background(load: Callable[[], None]) -> None:
    threading.Thread(target=load, name="prepare", daemon=True).start()
