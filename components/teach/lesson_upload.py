"""Upload of an ``.earmark`` file as the lesson."""

import io
from collections.abc import Callable
from functools import partial
from pathlib import Path

import streamlit as st

from components.teach import example_intake
from components.ui import widgets
from components.workspace.current import current
from models.teaching.delivery import Change, Delivery, Parcel
from models.teaching.document import read_document
from models.teaching.lesson import of_examples

ABOUT = "open-earmark"
"""Place of the messages about the file."""

MAX_FILE_MB = 256
"""Maximum size in MB: an hour of audio with its embeddings (see `models.teaching.document`)."""


def show() -> None:
    """Draw the upload. A file is parsed, not executed, so the upload is offered to all visitors."""
    with st.popover("Open an Earmark file", icon=":material/folder_open:"):
        widgets.uploader(
            "An .earmark file, to continue teaching",
            key=ABOUT,
            take=_open,
            type="earmark",
            max_upload_size=MAX_FILE_MB,
        )
        st.caption("Replaces the classes below; Undo restores them.")
    example_intake.show_failures(ABOUT)


def _open() -> None:
    workspace = current()  # before the uploader is emptied: see `widgets.uploader`
    for file in widgets.take_files(ABOUT):
        data = file.getvalue()
        parcel = Parcel(file.name, partial(_read, file.name, data), len(data))
        example_intake.deliver(Delivery(ABOUT, [parcel]), workspace)


def _read(name: str, data: bytes, progress: Callable[[float], None]) -> Change:
    learnt = read_document(io.BytesIO(data), name=name, progress=progress)
    lesson = of_examples(learnt.labels, learnt.examples, Path(name).stem)
    return lambda _before: lesson
