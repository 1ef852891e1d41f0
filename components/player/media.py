"""Addresses from which the browser fetches sound and pictures."""

from components.protocol import addresses, serving
from components.workspace.current import current
from components.workspace.files import MAX_PER_GROUP, ServedFile


def serve(
    data: bytes, mime_type: str, *, digest: str, group: str, at_most: int = MAX_PER_GROUP
) -> str | None:
    """Offer a file to this visitor's browser.

    Parameters
    ----------
    data : bytes
        The file.
    mime_type : str
        Such as ``audio/wav``.
    digest : str
        Stands for the contents.
    group : str
        What it belongs to, such as a recording's digest: the files of a group go together.
    at_most : int
        How many files the group may have; the oldest make room.

    Returns
    -------
    str or None
        Its address; None where the application's routes are not there.
    """
    if not serving.is_serving():
        return None
    workspace = current()
    workspace.files.offer(ServedFile(data, mime_type, digest), group, at_most=at_most)
    return addresses.address(workspace.key, f"files/{digest}")
