"""The archives that the operator has named."""

from functools import cache
from pathlib import Path

from components.ui import notices, settings
from components.workspace import operator
from models.archive import Archive, ArchiveError, open_archive
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
        check_folder(addresses[name])
        return name, _opened(addresses[name])
    except EarmarkError as error:
        notices.show_error(error, about=name)
        return None


def check_folder(address: str) -> None:
    """Check that the folder of an archive exists: a new archive would hide that a disk is missing.

    Raises
    ------
    ArchiveError
        If it does not; object storage is not asked.
    """
    if "://" not in address and not Path(address).is_dir():
        raise ArchiveError(
            "The folder of this archive does not exist.",
            allowed=f"{operator.ARCHIVES_VARIABLE} names folders of archives on this server.",
            remedy="Its operator mounts the disk that has it, corrects the setting, or makes the "
            "archive: python -m models.archive add ARCHIVE 'recordings/**/*.wav'.",
        )


@cache  # as many as the operator names
def _opened(address: str) -> Archive:
    return open_archive(address)
