"""What was taught, as files to take along."""

import re
from collections.abc import Callable
from functools import partial

import streamlit as st

from components import notices
from components.ui import widgets
from components.workspace.current import current, waiting
from models.errors import Cancelled
from models.teaching.tflite import to_tflite
from models.teaching.training import Trained

NAME_KEY = "taught-name"
USUAL_NAME = "My sounds"
MAX_NAME_CHARACTERS = 40


def name() -> str:
    """Read what somebody calls it, or the usual name."""
    given = str(widgets.value(NAME_KEY) or "").strip()
    return given or USUAL_NAME


def show(trained: Trained) -> None:
    """Draw the buttons."""
    st.subheader("Take it along", anchor=False)
    st.text_input(
        "Its name",
        key=NAME_KEY,
        placeholder=USUAL_NAME,
        max_chars=MAX_NAME_CHARACTERS,
        persist_state="session",
    )
    _with_audio_choice(trained)
    with st.container(horizontal=True):
        _button(
            "Earmark file",
            _earmark_file(trained),
            ".earmark",
            "application/zip",
            "Opens here again, to use it or to go on teaching.",
            then=_note_saved,
        )
        _button(
            "TFLite",
            partial(_tflite, trained),
            ".tflite",
            "application/octet-stream",
            "For apps on Android and iOS, the web, MediaPipe, and small computers. Labels and "
            "metadata are packed into it.",
        )
        _button(
            "Model card",
            trained.classifier.card().encode(),
            ".md",
            "text/markdown",
            "Classes, examples, accuracy and limits, for those who are to use it.",
        )


def _earmark_file(trained: Trained) -> bytes:
    """Write the file before its button is pressed.

    One that is written then is deleted when the script has run twice, of whatever session (seen
    with Streamlit 1.67), and pressing this button has it run.
    """
    if not widgets.value("with-audio"):
        return trained.file
    try:
        return notices.wait_for(
            waiting().find_beside(lambda: current().teaching.packing(trained)), "Packing the sound"
        )
    except Cancelled:
        return trained.file  # the tab is closed


def _note_saved() -> None:
    teaching = current().teaching
    if teaching.training is not None:
        teaching.note_saved(teaching.training.lesson)


def _with_audio_choice(trained: Trained) -> None:
    silent = any(piece.clip is None for piece in trained.lesson.pieces)
    st.toggle(
        "With the sound of its examples",
        key="with-audio",
        persist_state="session",
        disabled=silent,
        help="So that they can be heard wherever the Earmark file is opened. Without it nobody can "
        "hear them again, and it is as good for recognising."
        + (" Some examples came without their sound." if silent else ""),
    )


def _tflite(trained: Trained) -> bytes:
    classifier = trained.classifier
    return to_tflite(classifier.learnt, classifier.base.path, classifier.contract.sample_rate)


def _button(
    label: str,
    content: bytes | Callable[[], bytes],
    suffix: str,
    mime_type: str,
    purpose: str,
    *,
    then: Callable[[], None] | None = None,
) -> None:
    st.download_button(
        label,
        content,
        file_name(name(), suffix),
        mime=mime_type,
        icon=":material/download:",
        key=f"take{suffix}",
        help=purpose,
        on_click="ignore" if then is None else then,
        type="secondary" if then is None else "primary",
    )


def file_name(title: str, suffix: str) -> str:
    """Make a file name of what somebody typed: letters, digits, blanks and hyphens alone."""
    return (re.sub(r"[^\w \-]+", "", title).strip() or USUAL_NAME) + suffix
