"""Classes that a visitor chose last, and the classes that a picker offers."""

from collections.abc import Mapping, Sequence
from typing import Any

from models.events import taxonomy

MAX_RECENT = 8
"""Maximum number of recently chosen classes."""

RECENT = "Recently used"
"""Title of the recently chosen classes in a picker."""


class RecentClasses:
    """Labels that were chosen last in a class picker, on any page.

    Attributes
    ----------
    labels : tuple of str
        The labels, the latest first.
    """

    def __init__(self) -> None:
        self.labels: tuple[str, ...] = ()

    def note(self, labels: Sequence[str]) -> None:
        """Put labels that were just chosen before those that were chosen earlier."""
        self.labels = tuple(dict.fromkeys((*labels, *self.labels)))[:MAX_RECENT]

    def offer(self, labels: Sequence[str], first: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        """Return what a picker offers, as data for the browser.

        Parameters
        ----------
        labels : sequence of str
            Labels of the model.
        first : mapping of str to sequence of str
            Groups of classes that are offered before the recently chosen ones, by title.

        Returns
        -------
        dict
            ``groups``, whose labels the model has, without empty ones; and ``categories``, see
            `models.events.taxonomy.outline`.
        """
        known = set(labels)
        own = {
            title: [one for one in group if one in known]
            for title, group in {**first, RECENT: self.labels}.items()
        }
        return {
            "groups": [{"title": title, "labels": group} for title, group in own.items() if group],
            "categories": [
                {"title": one.title, "entries": one.entries} for one in taxonomy.outline(labels)
            ],
        }
