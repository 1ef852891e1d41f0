"""Files for the player, each at an address that it can fetch and seek in."""

from streamlit.runtime import get_instance


def serve(data: bytes, mime_type: str, *, slot: str, digest: str) -> str:
    """Offer a file to this session's browser; returns its address.

    Streamlit has no public way to do so outside of its own elements: this is the only place that
    uses its file manager.

    Parameters
    ----------
    data : bytes
        The file. It is kept once, however many look at it, and for as long as they do.
    mime_type : str
        Such as ``audio/wav``.
    slot : str
        What it is for: a new file in a slot takes the place of the old one.
    digest : str
        Stands for the contents. The manager itself looks only at parts of large files, and two
        recordings may well be silent in all of those.
    """
    address: str = get_instance().media_file_mgr.add(
        data, mime_type, f"earmark-{slot}", file_name=digest
    )
    return address
