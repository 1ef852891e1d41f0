"""What the page says while work is under way, and when something went wrong."""

from typing import TypeVar

import streamlit as st

from components import text
from models.download import ModelUnavailable
from models.errors import EarmarkError
from models.jobs import Job

Result = TypeVar("Result")

PATIENCE_S = 0.2
"""Work that ends within this time shows no progress bar: it would only flicker."""

REFRESH_S = 0.15
"""Time between two updates of a progress bar, in seconds."""


def show_error(error: EarmarkError, *, about: str | None = None) -> None:
    """Say what arrived, what is allowed and what to do.

    Parameters
    ----------
    error : EarmarkError
        What the user caused.
    about : str, optional
        Name of the file it is about.
    """
    title = f"**{text.escape_markdown(about)}**: " if about is not None else ""
    parts = (error.arrived, error.allowed, error.remedy)
    first, *others = (text.escape_markdown(part) for part in parts)
    st.error(f"{title}{first}\n\n{' '.join(others)}", icon=":material/error:")


def show_model_unavailable(error: ModelUnavailable, title: str) -> None:
    """Say in a sentence that a model is missing, and in a drawer what was tried.

    Parameters
    ----------
    error : ModelUnavailable
        With the addresses that were tried.
    title : str
        The model's name on the page.
    """
    st.error(
        f"**{title} is not on this machine, and could not be downloaded.** "
        f"It is needed once.\n\n{text.escape_markdown(error.remedy)}",
        icon=":material/cloud_off:",
    )
    with st.expander("What was tried", icon=":material/list:"):
        st.table(
            {
                "Address": [text.escape_markdown(attempt.address) for attempt in error.attempts],
                "What happened": [attempt.failure for attempt in error.attempts],
            }
        )
        st.caption(text.escape_markdown(f"{error.arrived} {error.allowed}"))


def wait_for(job: Job[Result], doing: str) -> Result:
    """Show a job's progress until it ends; return its result, or raise its error.

    Whenever the page runs anew in between, this ends here and the job goes on.

    Parameters
    ----------
    job : Job
        Under way.
    doing : str
        What it does, in markdown, such as ``Analysing *robin.ogg*``.
    """
    if not job.wait(PATIENCE_S):
        bar = st.progress(0.0, text=doing)
        while not job.wait(REFRESH_S):
            bar.progress(job.fraction, text=f"{doing} · {_progress(job)}")
        bar.empty()
    return job.result()


def _progress(job: Job[Result]) -> str:
    percent = f"{job.fraction:.0%}"
    left_s = job.remaining_s
    return percent if left_s is None else f"{percent}, {text.duration(max(1.0, left_s))} left"
