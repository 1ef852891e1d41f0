"""Analysis of a clip by two models, one after the other."""

from functools import partial

import streamlit as st

from components.compare.sides import Side
from components.style import text
from components.ui import notices
from components.workspace import jobs
from components.workspace.current import current, waiting
from components.workspace.jobs import Key
from components.workspace.recordings import Recording
from models.analysis import Analysis
from models.errors import Cancelled, EarmarkError


def hear(
    recording: Recording, sides: tuple[Side, Side], hop_s: float
) -> tuple[Analysis, Analysis] | None:
    """Return both analyses, or wait for the next one and rerun the page.

    Parameters
    ----------
    recording : Recording
        The clip.
    sides : tuple of (Side, Side)
        The two models.
    hop_s : float
        Step between two windows, in seconds, of models with a variable hop.

    Returns
    -------
    tuple of Analysis and Analysis, or None
        None if one of them was cancelled or failed, which the page shows.
    """
    sound = current().view.sound(recording.digest)
    keys = [(recording.digest, side.settings(hop_s, sound)) for side in sides]
    found = jobs.analysis_jobs(current(), keys)
    for side, key, job in zip(sides, keys, found, strict=True):
        if job is None or not job.done:
            if key in current().cancelled:
                _offer_to_resume()
            else:
                _wait(recording, side, key, keys)
            return None
    try:
        first, second = (job.result() for job in found if job is not None)
    except EarmarkError as error:
        notices.show_error(error, about=recording.name)
        return None
    waiting().leave()
    return first, second


def time_windows(sides: tuple[Side, Side]) -> tuple[float, float] | None:
    """Measure the inference time per window of both models.

    Returns
    -------
    tuple of float and float, or None
        In milliseconds; None after an error, which the page shows.
    """
    choices = tuple(side.listener for side in sides)
    try:
        job = jobs.start_timing(waiting(), choices, tuple(side.classifier for side in sides))
        first, second = notices.wait_for(job, "Measuring the time per window")
    except Cancelled:
        return None  # the tab is closed
    except EarmarkError as error:
        notices.show_error(error)
        return None
    return first, second


def _wait(recording: Recording, side: Side, key: Key, keys: list[Key]) -> None:
    title = text.escape_markdown(text.shorten(side.title, 40))
    with notices.beside_cancel(partial(jobs.cancel_analyses, current(), waiting(), keys)):
        try:
            job = jobs.start_analysis(current(), waiting(), recording, key[1], side.classifier)
            notices.wait_for(job, f"**{title}** listens")
        except Cancelled:
            return  # the tab is closed; a new one starts again
        except EarmarkError:
            pass  # it is shown in place of the result
    st.rerun()


def _offer_to_resume() -> None:
    waiting().leave()
    st.info("The comparison was cancelled. What had been found out before is kept.")
    st.button(
        "Compare", icon=":material/play_arrow:", type="primary", on_click=current().cancelled.clear
    )
