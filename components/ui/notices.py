"""Progress bars of jobs, and error messages."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components.style import text
from components.workspace.script_turns import TURNS
from models.errors import EarmarkError
from models.jobs.job import Job

Result = TypeVar("Result")

PATIENCE_S = 0.2
"""Time within which a job shows no progress bar, in seconds, to avoid flicker."""

SHORTLY_S = 0.5
"""Time for which the page waits for a new job before it draws anything else, in seconds. A clip of
ten seconds takes a tenth of it, and waiting saves a run of the script."""

REFRESH_S = 0.15
"""Interval between two updates of a progress bar, in seconds."""


IN_LINE = "This server is busy. Visitors take turns, one sound at a time; yours starts by itself."


def show_error(error: EarmarkError, *, about: str | None = None) -> None:
    """Show an error: what arrived, what is allowed and what to do.

    Parameters
    ----------
    error : EarmarkError
        The error.
    about : str, optional
        Name of the file that it concerns.
    """
    title = f"**{text.escape_markdown(text.shorten(about))}**: " if about is not None else ""
    parts = (error.arrived, error.allowed, error.remedy)
    first, *others = (text.escape_markdown(part) for part in parts)
    st.error(f"{title}{first}\n\n{' '.join(others)}", icon=":material/error:")


def beside_cancel(
    cancel: Callable[[], None], *, key: str | None = None
) -> AbstractContextManager[None]:
    """Draw a Cancel button, and return the place for the progress beside it.

    Both are removed at the end of the place's ``with`` statement.

    Parameters
    ----------
    cancel : callable
        Called when the button is pressed.
    key : str, optional
        Key of the button, if there may be several.
    """
    place = st.empty()
    with place.container(horizontal=True, vertical_alignment="center"):
        progress = st.container()
        st.button("Cancel", icon=":material/stop_circle:", key=key, on_click=cancel)
    return _removed_after(place, progress)


@contextmanager
def _removed_after(place: DeltaGenerator, progress: DeltaGenerator) -> Iterator[None]:
    with progress:
        yield
    place.empty()  # at once: the rest of the page may take seconds


def watch(job: Job[Result], doing: str, give_up: Callable[[], bool] | None = None) -> bool:
    """Show a job's progress until it ends, or until `give_up` returns True.

    A rerun of the page interrupts this function, but not the job.

    Parameters
    ----------
    job : Job
        The job, which the tab waits for.
    doing : str
        Description of the job, in markdown, such as ``Analysing *robin.ogg*``.
    give_up : callable, optional
        Called at each update; if it returns True, waiting ends.

    Returns
    -------
    bool
        Whether the job has ended.
    """
    with TURNS.waiting():
        return _watch(job, doing, give_up)


def _watch(job: Job[Result], doing: str, give_up: Callable[[], bool] | None) -> bool:
    if job.wait(PATIENCE_S):
        return True
    bar, note = st.progress(0.0, text=doing), st.empty()
    while not (done := job.wait(REFRESH_S)) and not (give_up is not None and give_up()):
        place = job.place
        bar.progress(job.fraction, text=f"{doing} · {_progress(job, place)}")
        note.caption(IN_LINE if place is not None else "")
    bar.empty()
    note.empty()
    return done


def wait_shortly(job: Job[Result]) -> None:
    """Wait for a job, at most `SHORTLY_S`."""
    with TURNS.waiting():
        job.wait(SHORTLY_S)


def wait_for(job: Job[Result], doing: str) -> Result:
    """Show a job's progress until it ends; return its result or raise its error.

    Parameters
    ----------
    job, doing
        As for `watch`.
    """
    watch(job, doing)
    return job.result()


def _progress(job: Job[Result], place: int | None) -> str:
    if place is not None:
        return f"**{'next' if place == 1 else text.ordinal(place)} in line**"
    percent = f"{job.fraction:.0%}"
    left_s = job.remaining_s
    return percent if left_s is None else f"{percent}, {text.duration(max(1.0, left_s))} left"
