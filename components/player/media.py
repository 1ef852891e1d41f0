"""Addresses of audio and pictures for the browser."""

from components.protocol import addresses, serving
from components.workspace.current import current
from components.workspace.files import MAX_PER_GROUP, ServedFile


def serve(
    data: bytes, mime_type: str, *, digest: str, group: str, at_most: int = MAX_PER_GROUP
) -> str | None:
    """Serve a file to this visitor's browser.

    Parameters
    ----------
    data : bytes
        Contents of the file.
    mime_type : str
        Media type, such as ``audio/wav``.
    digest : str
        Identifies the contents.
    group : str
        Group of the file, such as a recording's digest; the files of a group are dropped together.
    at_most : int
        Maximum number of files in the group, beyond which the oldest are dropped.

    Returns
    -------
    str or None
        Its address; None if the application's routes do not exist.
    """
    if not serving.is_serving():
        return None
    workspace = current()
    workspace.files.offer(ServedFile(data, mime_type, digest), group, at_most=at_most)
    return addresses.address(workspace.key, f"files/{digest}")
