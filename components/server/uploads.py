"""Removal of uploaded files from Streamlit's memory after they were read.

The browser deletes the files of a file uploader when its key changes, but not before its next
message; until then a file is held twice (Streamlit 1.67).
`st.chat_input` removes its files in the same way as this module (`elements/widgets/chat.py`).

Streamlit 1.65 to 1.67 has no public way to drop a file:
https://github.com/streamlit/streamlit/issues/9218 asks for one (open), and
https://github.com/streamlit/streamlit/issues/3553 reports files that outlive their widget. A method
of `UploadedFile` that frees its bytes would replace this module.
"""

from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile


def discard(file: UploadedFile) -> bool:
    """Remove a file from Streamlit's memory; bytes already read stay valid.

    Returns
    -------
    bool
        False if it was removed before.

    Raises
    ------
    RuntimeError
        If Streamlit stores its files in an unknown kind of manager.
    """
    context = get_script_run_ctx()
    if context is None:
        return True  # no script runs, so Streamlit holds no file
    if not isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        raise RuntimeError(
            f"Streamlit holds uploads in a {type(context.uploaded_file_mgr).__name__}, which "
            "components/server/uploads.py does not know."
        )
    place = context.session_id, file.file_id
    is_held = bool(context.uploaded_file_mgr.get_files(place[0], [place[1]]))
    context.uploaded_file_mgr.remove_file(*place)
    return is_held
