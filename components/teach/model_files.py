"""Export of a taught classifier: Earmark file, TFLite model and model card."""

import re
from functools import partial
from typing import BinaryIO

import streamlit as st

from components.ui import address, downloads, settings
from components.ui.downloads import Download
from components.workspace.current import current
from components.workspace.exports import Progress, Write
from models.teaching.document import as_bytes
from models.teaching.tflite import to_tflite
from models.teaching.training import Trained

NAME_KEY = "taught-name"
USUAL_NAME = "My sounds"
MAX_NAME_CHARACTERS = 40

PLACE = "taught-files"
"""Place of the progress of an export."""


def name() -> str:
    """Return the name given by the visitor, or the default name."""
    given = "".join(address.find(NAME_KEY)).strip()
    return given or USUAL_NAME


def show(trained: Trained) -> None:
    """Draw the name, the option for audio, and the export buttons."""
    st.header("Export", anchor=False)
    settings.text_input(
        "Name", name=NAME_KEY, placeholder=USUAL_NAME, max_chars=MAX_NAME_CHARACTERS
    )
    with_audio = _with_audio_choice(trained)
    with st.container(horizontal=True):
        _button(
            "Earmark file",
            _earmark_file(trained, with_audio=with_audio),
            ".earmark",
            "application/zip",
            "Opens on this page again, to use the model or to continue teaching.",
            primary=True,
        )
        _button(
            "TFLite",
            downloads.writing(partial(_tflite, trained)),
            ".tflite",
            "application/octet-stream",
            "For apps on Android and iOS, the web, MediaPipe, and small computers. Labels and "
            "metadata are packed into it.",
        )
        _button(
            "Model card",
            downloads.writing(lambda: trained.classifier.card().encode()),
            ".md",
            "text/markdown",
            "Classes, examples, accuracy and limits.",
        )
    downloads.show_progress(PLACE)


def _earmark_file(trained: Trained, *, with_audio: bool) -> Write:
    """Return a writer of the Earmark file, with audio if chosen, that marks the lesson as saved."""
    teaching = current().teaching
    lesson = trained.lesson if teaching.training is None else teaching.training.lesson

    def write(file: BinaryIO, _progress: Progress) -> None:
        learnt = trained.classifier.learnt
        file.write(as_bytes(learnt, with_audio=True) if with_audio else trained.file)
        teaching.note_saved(lesson)

    return write


def _with_audio_choice(trained: Trained) -> bool:
    silent = any(piece.clip is None for piece in trained.lesson.pieces)
    return settings.toggle(
        "Include the sound of the examples",
        name="with-audio",
        disabled=silent,
        help="The examples can then be played wherever the Earmark file is opened. Without their "
        "sound they cannot, and the model recognises just as well."
        + (" Some examples came without their sound." if silent else ""),
    )


def _tflite(trained: Trained) -> bytes:
    classifier = trained.classifier
    return to_tflite(classifier.learnt, classifier.base.path, classifier.contract.sample_rate)


def _button(
    label: str,
    write: Write,
    suffix: str,
    mime_type: str,
    purpose: str,
    *,
    primary: bool = False,
) -> None:
    downloads.button(
        Download(label, file_name(name(), suffix), mime_type, write, purpose),
        place=PLACE,
        key=f"take{suffix}",
        primary=primary,
    )


def file_name(title: str, suffix: str) -> str:
    """Return a file name from a title: only letters, digits, underscores, spaces and hyphens."""
    return (re.sub(r"[^\w \-]+", "", title).strip() or USUAL_NAME) + suffix
