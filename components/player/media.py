"""Files for the player, each at an address that it can fetch and seek in.

Streamlit forgets what a session's page points to when its script begins, and learns it anew as it
is drawn. What nobody points to is deleted whenever anybody's script ends. So a file that a browser
is about to fetch, or seeks in, would be gone in between where others are about (seen with Streamlit
1.67 and sixteen people): it is held on to under another name until another takes its place.
"""

from pathlib import PurePosixPath

from streamlit.runtime import get_instance

from components import state


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
    manager = get_instance().media_file_mgr
    for gone in state.ended_holders():
        manager.clear_session_refs(gone)
    address: str = manager.add(data, mime_type, f"earmark-{slot}", file_name=digest)
    with manager._lock:
        held = manager._files_by_session_and_coord[state.file_holder()]
        held[slot] = PurePosixPath(address).stem
    return address
