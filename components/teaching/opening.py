"""Going on with what was taught before: an ``.earmark`` file comes back as a lesson."""

import io
from pathlib import Path

import streamlit as st

from components import notices, state, text
from components.teaching import lessons
from models.errors import EarmarkError
from models.teaching.document import read_document

_KEY = "open-earmark"
MAX_FILE_MB = 256
"""An hour of sound and the embeddings of as much (see `models.teaching.document`)."""


def show() -> None:
    """Offer to open a file. It is read, not run: so it is offered to everybody."""
    with st.popover("Open an Earmark file", icon=":material/folder_open:"):
        st.file_uploader(
            "An .earmark file, to go on teaching",
            type="earmark",
            key=state.fresh_key(_KEY),
            max_upload_size=MAX_FILE_MB,
            on_change=_open,
        )
        st.caption("It takes the place of the classes below; Undo brings them back.")
    for name, error in state.take_troubles(_KEY):
        notices.show_error(error, about=name)


def _open() -> None:
    for file in state.empty(_KEY):
        _open_one(file.name, file.getvalue())


def _open_one(name: str, data: bytes) -> None:
    try:
        learnt = read_document(io.BytesIO(data), name=name)
        lesson = lessons.of_examples(learnt.labels, learnt.examples, Path(name).stem)
    except EarmarkError as error:
        state.note_trouble(_KEY, name, error)
    else:
        state.change_lesson(f"opened {text.shorten(name, 30)}", lesson)
