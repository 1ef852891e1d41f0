"""Files for the player, each at an address that it can fetch and seek in.

Streamlit forgets what a session's page points to when its script begins, and learns it anew as it
is drawn. What nobody points to is deleted whenever anybody's script ends. So a file that a browser
is about to fetch, or seeks in, would be gone in between where others are about (seen with Streamlit
1.67 and sixteen people): it is held on to under another name, until another takes its place, a
later page is drawn without it, or its session ends.
"""

from collections.abc import Collection
from pathlib import PurePosixPath

from streamlit.runtime import get_instance
from streamlit.runtime.scriptrunner import get_script_run_ctx

_OFFERED, _DRAWN = "earmark-offered-", "earmark-drawn-"
"""Before a session's number: names under which its files are held on to. Those of the last run that
drew a whole page, and those that were offered since."""


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
    context = get_script_run_ctx()
    if context is None:
        raise RuntimeError("files are offered on the script's thread")
    holder = _OFFERED + context.session_id
    manager = get_instance().media_file_mgr
    address: str = manager.add(data, mime_type, f"earmark-{slot}", file_name=digest)
    with manager._lock:
        manager._files_by_session_and_coord[holder][slot] = PurePosixPath(address).stem
    return address


def end_page() -> None:
    """Note that a whole page was drawn: what has not been offered since the one before can go."""
    context = get_script_run_ctx()
    if context is None:  # the script runs without a server: there is no page
        return
    number, manager = context.session_id, get_instance().media_file_mgr
    with manager._lock:
        files = manager._files_by_session_and_coord
        files[_DRAWN + number] = files.pop(_OFFERED + number, {})


def let_go(here: Collection[str]) -> None:
    """Let go of the files of all sessions but those that are there.

    Parameters
    ----------
    here : collection of str
        Their numbers.
    """
    kept = {kind + number for kind in (_OFFERED, _DRAWN) for number in here}
    manager = get_instance().media_file_mgr
    with manager._lock:
        names = list(manager._files_by_session_and_coord)
    for name in names:
        if name.startswith((_OFFERED, _DRAWN)) and name not in kept:
            manager.clear_session_refs(name)
    manager.remove_orphaned_files()
