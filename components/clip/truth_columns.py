"""Form that asks which columns of a list of true events mean what."""

from collections.abc import Sequence

import streamlit as st

from components.style import text
from components.ui import callbacks, widgets
from components.workspace.choices import TruthList, TruthOfMany, TruthQuestion
from components.workspace.current import current
from components.workspace.recordings import Recording
from components.workspace.workspace import Workspace
from models.errors import EarmarkError, SettingError
from models.events.truth import (
    Columns,
    UnknownColumns,
    read_truth_list,
    read_truth_lists,
    signature,
)
from models.events.truth.times import read_time

MAX_REMEMBERED = 20
"""Most kinds of tables whose columns a workspace remembers."""

_NONE = -1
_END, _LENGTH, _INSTANT = "End", "Length", "Neither: instants"
_UNITS_S = {"Seconds": 1.0, "Milliseconds": 1e-3}
_CELL_CHARACTERS = 60


def take(workspace: Workspace, recording: Recording, file_name: str, content: bytes) -> None:
    """Read a list of true events for a recording, or keep it until its columns are named.

    Does not access the session state: see `components.ui.widgets.uploader`.

    Raises
    ------
    EarmarkError
        If it cannot be read, or the workspace has no room for it.
    """
    view = workspace.view
    try:
        _read(workspace, recording, file_name, content)
    except UnknownColumns as error:
        known = view.truth_columns.get(signature(error.rows))
        if known is None or not known.has_header:  # columns without names may mean anything
            question = TruthQuestion(file_name, content, error.rows)
            with workspace.room.reserving(len(content)):
                view.truth_questions[recording.digest] = question
            return
        _read(workspace, recording, file_name, content, known)


def _read(
    workspace: Workspace,
    recording: Recording,
    file_name: str,
    content: bytes,
    columns: Columns | None = None,
) -> None:
    """Read a list for all clips that it names, or for the recording if it names no other clip."""
    view, clips = workspace.view, workspace.recordings.all
    lists = read_truth_lists(content, file_name, columns=columns)
    many = TruthOfMany(file_name, lists.events, lists.notices)
    named = [one for one in clips if many.find(one.name) is not None]
    if named and (many.n_recordings > 1 or recording not in named):
        with workspace.room.reserving(many.n_bytes):
            view.truth_of_many = many
        for one in named:
            view.truth.pop(one.digest, None)
            view.note_list(one.digest, file_name)
    else:
        reading = read_truth_list(content, file_name, clip_name=recording.name, columns=columns)
        truth = TruthList(file_name, reading.events, reading.notices)
        with workspace.room.reserving(truth.n_bytes):
            view.truth[recording.digest] = truth
        view.note_list(recording.digest, file_name)
    view.truth_questions.pop(recording.digest, None)


def ask(recording: Recording, key: str) -> None:
    """Draw the form for the list whose columns are unknown, if there is one.

    Parameters
    ----------
    recording : Recording
        The recording that is shown.
    key : str
        Key of the panel's messages.
    """
    question = current().view.truth_questions.get(recording.digest)
    if question is None:
        return
    form = f"columns-{key}"
    with st.form(form):
        name = text.escape_markdown(text.shorten(question.file_name))
        st.markdown(f"**Which column of {name} is which?**")
        _draw_rows(question.rows)
        _draw_choices(question.rows, form)
        with st.container(horizontal=True):
            st.form_submit_button(
                "Read the list",
                key=f"{form}-read",
                type="primary",
                on_click=callbacks.light(form, _answer, recording, key, form),
            )
            st.form_submit_button(
                "Cancel",
                key=f"{form}-cancel",
                on_click=_cancel,
                args=(recording.digest,),
            )


def _cancel(digest: str) -> None:
    current().view.truth_questions.pop(digest, None)


def _draw_rows(rows: Sequence[Sequence[str]]) -> None:
    width = max(map(len, rows))
    st.dataframe(
        {
            str(place + 1): [
                row[place][:_CELL_CHARACTERS] if place < len(row) else "" for row in rows
            ]
            for place in range(width)
        },
        hide_index=True,
    )


def _draw_choices(rows: Sequence[Sequence[str]], form: str) -> None:
    width = max(map(len, rows))
    known = current().view.truth_columns.get(signature(rows)) or _guess(rows)
    first = rows[0]
    names = {
        place: f"{place + 1}: {text.shorten(first[place])}"
        if place < len(first)
        else f"{place + 1}"
        for place in range(width)
    }
    places = list(names)
    optional = {_NONE: "None", **names}

    def choose(title: str, name: str, options: Sequence[int], chosen: int) -> None:
        st.selectbox(
            title,
            options,
            index=options.index(chosen) if chosen in options else 0,
            format_func=lambda place: optional[place],
            key=f"{form}-{name}",
        )

    second = known.duration if known.offset is None else known.offset
    kind = _LENGTH if known.duration is not None else _END if second is not None else _INSTANT
    times, others = st.columns(2)
    with times:
        choose("Onset", "onset", places, known.onset)
        choose("End or length", "second", places, known.onset if second is None else second)
        st.radio(
            "This is the event's",
            kinds := [_END, _LENGTH, _INSTANT],
            index=kinds.index(kind),
            key=f"{form}-kind",
            horizontal=True,
        )
    with others:
        choose("Label", "label", places, known.labels[0])
        choose(
            "Recording",
            "recording",
            [_NONE, *places],
            _NONE if known.recording is None else known.recording,
        )
        st.radio("Times are in", list(_UNITS_S), key=f"{form}-unit", horizontal=True)
    st.checkbox("The first row has names", known.has_header, key=f"{form}-header")


def _guess(rows: Sequence[Sequence[str]]) -> Columns:
    """Suggest columns: the first two of times, and the first of text behind them."""
    last = rows[-1]
    is_time = [read_time(field.strip()) is not None for field in last]
    times = [place for place, each in enumerate(is_time) if each] or [0]
    words = [place for place, each in enumerate(is_time) if not each and last[place].strip()]
    return Columns(
        times[0],
        times[1] if len(times) > 1 else None,
        (next((place for place in words if place > times[0]), words[0] if words else 0),),
        has_header=all(read_time(field.strip()) is None for field in rows[0]),
    )


def _answer(recording: Recording, key: str, form: str) -> None:
    """Read the list by the columns that the visitor named, and remember them."""
    workspace = current()
    view, messages = workspace.view, workspace.messages
    question = view.truth_questions.get(recording.digest)
    if question is None:
        return  # another tab has answered
    try:
        columns = _chosen(form)
        _read(workspace, recording, question.file_name, question.content, columns)
    except EarmarkError as error:
        messages.add_failure(key, question.file_name, error)
        return
    _remember(signature(question.rows), columns)


def _remember(kind: tuple[str, ...], columns: Columns) -> None:
    remembered = current().view.truth_columns
    remembered.pop(kind, None)
    remembered[kind] = columns
    while len(remembered) > MAX_REMEMBERED:
        remembered.pop(next(iter(remembered)))


def _chosen(form: str) -> Columns:
    def place(name: str) -> int:
        return int(widgets.value(f"{form}-{name}"))

    onset, second, label, recording = map(place, ("onset", "second", "label", "recording"))
    kind = widgets.value(f"{form}-kind")
    used = [onset, label, *([] if kind == _INSTANT else [second])]
    used += [] if recording == _NONE else [recording]
    if len(set(used)) < len(used):
        raise SettingError(
            "One column was chosen for two things.",
            allowed="Times, label and recording are in a column each.",
            remedy="Choose another column for one of them.",
        )
    return Columns(
        onset,
        second if kind == _END else None,
        (label,),
        duration=second if kind == _LENGTH else None,
        recording=None if recording == _NONE else recording,
        has_header=bool(widgets.value(f"{form}-header")),
        unit_s=_UNITS_S[widgets.value(f"{form}-unit")],
    )
