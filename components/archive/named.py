"""The archives that the operator has named."""

from functools import cache

from components.ui import notices, settings
from components.workspace import operator
from models.archive import Archive, open_archive
from models.errors import EarmarkError


def choose() -> tuple[str, Archive] | None:
    """Draw the choice of an archive, where there are several, and open it.

    Returns
    -------
    tuple of str and Archive, or None
        Its name, and the archive. None if it cannot be opened, which the page shows.
    """
    try:
        addresses = operator.read_archives()
    except EarmarkError as error:
        notices.show_error(error)
        return None
    names = list(addresses)
    name = names[0]
    if len(names) > 1:
        name = settings.selectbox("Archive", names, names[0], name="archive")
    try:
        return name, _opened(addresses[name])
    except EarmarkError as error:
        notices.show_error(error, about=name)
        return None


@cache  # as many as the operator names
def _opened(address: str) -> Archive:
    return open_archive(address)
