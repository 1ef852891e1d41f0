"""Both models hear the clip, one after the other, or have heard it before."""

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
    """Give what both heard, or wait for the next of them and draw the page anew.

    Returns
    -------
    tuple of Analysis and Analysis, or None
        None where one of them is not to be had, and the page has said so.
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
    progress = notices.beside_cancel(partial(jobs.cancel_analyses, current(), waiting(), keys))
    title = text.escape_markdown(text.shorten(side.title, 40))
    with progress:
        try:
            job = jobs.start_analysis(current(), waiting(), recording, key[1], side.classifier)
            notices.wait_for(job, f"**{title}** listens")
        except Cancelled:
            return  # the tab is closed: whoever comes back begins anew
        except EarmarkError:
            pass  # it is told where the result would be
    st.rerun()


def _offer_to_resume() -> None:
    waiting().leave()
    st.info("The comparison was cancelled. What had been found out before is kept.")
    st.button(
        "Compare", icon=":material/play_arrow:", type="primary", on_click=current().cancelled.clear
    )
