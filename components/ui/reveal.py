"""Scrolling to a place of the page."""

from pathlib import Path

from components.frontend import bundle


def show(number: int) -> None:
    """Scroll the current container into view in the browser, once for each number."""
    bundle.component("reveal", Path(__file__).parent)(key="reveal", data=number)
