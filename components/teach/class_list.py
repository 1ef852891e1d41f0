"""Cards of the classes and their examples, with recording, upload, renaming and removal."""

import hashlib
from contextlib import AbstractContextManager

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components.style import text
from components.teach import example_intake, example_list
from components.ui import recorder, widgets
from components.workspace.current import current
from models.errors import EarmarkError
from models.teaching import lesson as lessons
from models.teaching.delivery import Delivery
from models.teaching.lesson import BACKGROUND, Lesson

_NEW, _ADD = "new-class", "add-class"


def show() -> list[tuple[Delivery, AbstractContextManager[None]]]:
    """Draw a card for each class, and the form that adds a class.

    Returns
    -------
    list of (Delivery, context manager)
        Pending deliveries to the classes, each with the place for its progress.
    """
    lesson, under_way = current().teaching.lesson, []
    for number, label in enumerate(lesson.classes):
        under_way += _card(lesson, label, number)
    _adding()
    return under_way


def undo_button() -> None:
    """Draw the button that undoes the last change, with the name of that change."""
    teaching = current().teaching
    last = teaching.history.last_change
    st.button(
        "Undo" if last is None else f"Undo: {text.escape_markdown(text.shorten(last, 60))}",
        icon=":material/undo:",
        key="undo",
        type="tertiary",
        disabled=last is None,
        on_click=teaching.undo,
    )
    if teaching.lesson.pieces:
        if teaching.is_saved:
            st.caption("Saved in an Earmark file.")
        else:
            st.caption("Not saved yet: export an Earmark file to keep it.")


def _card(
    lesson: Lesson, label: str, number: int
) -> list[tuple[Delivery, AbstractContextManager[None]]]:
    own = lesson.of(label)
    with st.container(border=True, key=f"class-{number}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            with st.container(key=f"class-heading-{number}", gap=None):
                st.header(text.escape_markdown(text.shorten(label, 40)), anchor=False)
                st.caption(_summary(lesson, label))
            actions = st.container(horizontal=True, width="content")
        _recorder(label)
        with actions:
            _upload(label)
            if label != BACKGROUND:
                _changing(label)
        under_way = example_intake.places(label)
        example_intake.show_failures(label)
        if own:
            example_list.show(own[::-1], key=f"examples-{number}")
    return under_way


def _summary(lesson: Lesson, label: str) -> str:
    own = lesson.of(label)
    total_s = sum(piece.duration_s for piece in own)
    recordings = len({piece.recording for piece in own})
    if label == BACKGROUND:
        more = f"{_counted(len(own), 'example')} of yours, beside the" if own else "Has"
        return f"Sounds of no other class. {more} synthetic room noise."
    if not own:
        return "No examples yet. Five or more are good; record them on at least two occasions."
    return (
        f"{_counted(len(own), 'example')} from {_counted(recordings, 'recording')}, "
        f"{text.duration(total_s)}"
    )


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _recorder(label: str) -> None:
    # A component's key must not contain "__", which a class's name may.
    key = f"teach-record-{hashlib.sha256(label.encode(errors='replace')).hexdigest()[:16]}"
    recorder.show_hold(label, key=key, take=lambda: _take_recorded(label, key))


def _take_recorded(label: str, key: str) -> None:
    workspace = current()  # before the uploader is emptied: see `widgets.uploader`
    for file in widgets.take_files(key):
        name = example_intake.next_name(label, workspace)
        example_intake.take_files(label, [(name, file.getvalue())], workspace)


def _upload(label: str) -> None:
    key = f"teach-upload-{label}"
    with st.popover("Upload", icon=":material/upload:"):
        widgets.uploader(
            f"Recordings of {text.escape_markdown(label)}, several at once",
            key=key,
            take=_take_uploaded,
            args=(label, key),
            accept_multiple_files=True,
        )


def _take_uploaded(label: str, key: str) -> None:
    workspace = current()  # before the uploader is emptied: see `widgets.uploader`
    files = [(file.name, file.getvalue()) for file in widgets.take_files(key)]
    example_intake.take_files(label, files, workspace)


def _changing(label: str) -> None:
    """Draw the controls that rename or remove a class."""
    key = f"rename-{label}"
    with st.popover(
        "", icon=":material/edit:", help=text.escape_markdown(f"Rename or remove {label}")
    ):
        st.text_input("Name", label, key=key, on_change=_rename, args=(label, key))
        st.button(
            "Remove this class",
            icon=":material/delete:",
            key=f"remove-class-{label}",
            on_click=_remove,
            args=(label,),
        )


def _rename(old: str, key: str) -> None:
    new = str(widgets.value(key))
    teaching = current().teaching
    with teaching.changing() as lesson:
        try:
            changed = lessons.rename_class(lesson, old, new)
        except EarmarkError as error:
            current().messages.add_failure(old, new, error)
        else:
            teaching.change(f"renamed {old}", changed)


def _remove(label: str) -> None:
    teaching = current().teaching
    with teaching.changing() as lesson:
        teaching.change(f"removed {label}", lessons.remove_class(lesson, label))


def _adding() -> None:
    with st.form(_ADD, clear_on_submit=True, border=False), _row():
        st.text_input(
            "Another class",
            key=_NEW,
            placeholder="Another class, such as Doorbell",
            label_visibility="collapsed",
        )
        st.form_submit_button("Add class", icon=":material/add:", on_click=_add)
    example_intake.show_failures(_ADD)


def _row() -> DeltaGenerator:
    return st.container(horizontal=True, vertical_alignment="center")


def _add() -> None:
    name = str(widgets.value(_NEW))
    teaching = current().teaching
    with teaching.changing() as lesson:
        try:
            changed = lessons.add_class(lesson, name)
        except EarmarkError as error:
            current().messages.add_failure(_ADD, name, error)
        else:
            teaching.change(f"added the class {name}", changed)
