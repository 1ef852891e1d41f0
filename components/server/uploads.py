"""Uploaded files that Streamlit holds, given up as soon as they were read.

A file uploader's files are deleted by the browser when its key changes, but those of
`st.audio_input` stay until the session ends (seen with Streamlit 1.67): 5.8 MB for a minute.
`st.chat_input` drops its own in the same way as this module does (`elements/widgets/chat.py`).

Nothing public drops a file: https://github.com/streamlit/streamlit/issues/9218 asks for it (open),
and https://github.com/streamlit/streamlit/issues/3553 has files that stay when their widget goes. A
method of `UploadedFile` that gives its bytes up would do. Seen with 1.65 to 1.67.
"""

from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile


def discard(file: UploadedFile) -> None:
    """Have Streamlit hold a file no longer; what was read of it stays.

    Raises
    ------
    RuntimeError
        If Streamlit keeps its files otherwise than it is known to.
    """
    context = get_script_run_ctx()
    if context is None:
        return  # no script runs, so no file is held for it
    if not isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        raise RuntimeError(
            f"Streamlit holds uploads in a {type(context.uploaded_file_mgr).__name__}, which "
            "components/server/uploads.py does not know."
        )
    context.uploaded_file_mgr.remove_file(context.session_id, file.file_id)
