"""Files that came through Streamlit's widgets, without a copy of them at each run.

Streamlit hands a script copies of what its widgets hold, so that nobody changes it by accident.
For a file dropped on the page that is another copy of all its bytes, at each run: 100 MB for ten
minutes of a CD, and 50 ms of every redraw. Bytes cannot be changed, so copies may as well share
them.
"""

import copyreg
import io
from typing import Any

from streamlit.runtime.uploaded_file_manager import UploadedFile


def share_bytes() -> None:
    """Have every copy of an uploaded file share the file's bytes, from now on."""
    copyreg.pickle(UploadedFile, _taken_apart)  # `copy` asks there, too


def _taken_apart(file: UploadedFile) -> tuple[Any, ...]:
    return _put_together, (file.getvalue(), vars(file))


def _put_together(data: bytes, attributes: dict[str, Any]) -> UploadedFile:
    file = UploadedFile.__new__(UploadedFile)
    io.BytesIO.__init__(file, data)  # shares them until somebody writes
    vars(file).update(attributes)
    return file
