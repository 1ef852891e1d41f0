"""Going on with what was taught before: an ``.earmark`` file comes back as a lesson."""

import io
from collections.abc import Callable
from functools import partial
from pathlib import Path

import streamlit as st

from components.teach import example_intake
from components.ui import widgets
from models.teaching.delivery import Change, Delivery, Parcel
from models.teaching.document import read_document
from models.teaching.lesson import of_examples

ABOUT = "open-earmark"
"""Where it is told what became of a file."""

MAX_FILE_MB = 256
"""An hour of sound and the embeddings of as much (see `models.teaching.document`)."""


def show() -> None:
    """Offer to open a file. It is read, not run: so it is offered to everybody."""
    with st.popover("Open an Earmark file", icon=":material/folder_open:"):
        st.file_uploader(
            "An .earmark file, to continue teaching",
            type="earmark",
            key=widgets.fresh_key(ABOUT),
            max_upload_size=MAX_FILE_MB,
            on_change=_open,
        )
        st.caption("Replaces the classes below; Undo restores them.")
    example_intake.show_failures(ABOUT)


def _open() -> None:
    for file in widgets.empty(ABOUT):
        data = file.getvalue()
        parcel = Parcel(file.name, partial(_read, file.name, data), len(data))
        example_intake.deliver(Delivery(ABOUT, [parcel]))


def _read(name: str, data: bytes, progress: Callable[[float], None]) -> Change:
    learnt = read_document(io.BytesIO(data), name=name, progress=progress)
    lesson = of_examples(learnt.labels, learnt.examples, Path(name).stem)
    return lambda _before: lesson
