"""Spectrogram of a clip on the axis and in the range of the settings, drawn in the background."""

import streamlit as st

from components.player.media import serve
from components.player.shown_clip import ShownClip
from components.ui import notices, tab
from components.view.picture import SpectrogramFile
from components.workspace import jobs
from components.workspace.current import waiting
from models.errors import Cancelled, EarmarkError
from models.jobs.job import Job

_BEGUN = "_spectrogram"
"""Key of the latest job of this tab."""

Drawing = Job[SpectrogramFile]


def start(shown: ShownClip) -> Drawing | None:
    """Return the job that draws what the settings ask for; None if the analysis has it.

    Parameters
    ----------
    shown : ShownClip
        The clip with its settings.
    """
    sample_rate = shown.analysis.source.sample_rate
    choice = shown.spectrogram.choice(sample_rate)
    if choice is None:
        return None
    try:
        job = jobs.start_spectrogram(
            waiting(), shown.recording, shown.analysed.sound, choice, sample_rate
        )
    except Cancelled:
        return None  # the tab is closed
    before: Drawing | None = tab.kept(_BEGUN, None)
    if before is not None and before is not job:
        waiting().leave_job(before)  # what is shown no longer is not drawn
    tab.keep(_BEGUN, None if job.done else job)
    return job


def drawn(job: Drawing | None) -> SpectrogramFile | None:
    """Return the spectrogram, once it is there."""
    return job.result() if job is not None and job.succeeded else None


def address(shown: ShownClip) -> str | None:
    """Return the address of a clip's own spectrogram; None where it shows the analysis's."""
    if shown.drawn is None:
        return None
    return serve(
        shown.drawn.data,
        "application/gzip",
        digest=shown.drawn.digest,
        group=shown.recording.digest,
    )


def finish(job: Drawing | None, shown: ShownClip) -> None:
    """Wait for the spectrogram if it is not shown yet, and show it; say why there is none.

    Parameters
    ----------
    job : Drawing or None
        The job.
    shown : ShownClip
        The clip as it is shown.
    """
    if job is None or shown.drawn is not None:
        return
    notices.watch(job, "Drawing the spectrogram")
    try:
        job.result()
    except Cancelled:
        return  # the tab is closed
    except EarmarkError as error:
        notices.show_error(error)
        return
    st.rerun()
