"""What was taught, as files to take along."""

import re
from collections.abc import Callable
from functools import partial

import streamlit as st

from components import state
from components.teaching.training import Trained
from models.teaching.document import as_bytes
from models.teaching.tflite import to_tflite

NAME_KEY = "taught-name"
USUAL_NAME = "My sounds"
MAX_NAME_CHARACTERS = 40


def name() -> str:
    """Read what somebody calls it, or the usual name."""
    given = str(state.value(NAME_KEY) or "").strip()
    return given or USUAL_NAME


def show(trained: Trained) -> None:
    """Draw the buttons; a file is written when its button is pressed, not before."""
    st.subheader("Take it along", anchor=False)
    st.text_input(
        "Its name",
        key=NAME_KEY,
        placeholder=USUAL_NAME,
        max_chars=MAX_NAME_CHARACTERS,
        persist_state="session",
    )
    learnt = trained.classifier.learnt
    _with_audio_choice(trained)
    with st.container(horizontal=True):
        _button(
            "Earmark file",
            partial(as_bytes, learnt, with_audio=bool(state.value("with-audio"))),
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
            lambda: trained.classifier.card().encode(),
            ".md",
            "text/markdown",
            "Classes, examples, accuracy and limits, for those who are to use it.",
        )


def _note_saved() -> None:
    training = state.training_under_way()
    if training is not None:
        state.note_lesson_saved(training.lesson)


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
    write: Callable[[], bytes],
    suffix: str,
    mime_type: str,
    purpose: str,
    *,
    then: Callable[[], None] | None = None,
) -> None:
    st.download_button(
        label,
        write,
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
