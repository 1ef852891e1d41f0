"""List of the files that could not be analysed, with the reason of each."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from components.clip import track_choice
from components.style import text
from components.ui import recording_sources
from components.view.settings import AnalysisSettings
from components.workspace import jobs
from components.workspace.current import current
from components.workspace.recordings import Recording
from models.errors import EarmarkError, UnexpectedFailure

MAX_OPEN = 3
"""Number of files up to which the list is open from the beginning."""

Unreadable = tuple[Recording, EarmarkError]


def show(files: Sequence[Unreadable], analysed: Sequence[AnalysisSettings]) -> None:
    """Draw the list, if there is any.

    Parameters
    ----------
    files : sequence of (Recording, EarmarkError)
        The files and their errors.
    analysed : sequence of AnalysisSettings
        Settings with which each was to be analysed.
    """
    if not files:
        return
    count = "One file" if len(files) == 1 else f"{len(files):,} files"
    with (
        st.container(key="unreadable"),
        st.expander(
            f"{count} could not be analysed",
            expanded=len(files) <= MAX_OPEN,
            icon=":material/error:",
        ),
    ):
        st.markdown("\n".join(map(_line, files)))
        recordings = [recording for recording, _ in files]
        for recording in recordings:
            track_choice.offer_default(recording)
        with st.container(horizontal=True):
            bugs = [
                (recording.digest, settings)
                for (recording, error), settings in zip(files, analysed, strict=True)
                if isinstance(error, UnexpectedFailure)
            ]
            if bugs:
                st.button(
                    "Try again",
                    icon=":material/refresh:",
                    key="retry-unreadable",
                    on_click=partial(_retry, bugs),
                )
            these = "Remove this file" if len(files) == 1 else f"Remove these {len(files):,} files"
            st.button(
                these,
                icon=":material/close:",
                key="remove-unreadable",
                on_click=recording_sources.remove,
                args=([recording.key for recording in recordings],),
            )


def _line(file: Unreadable) -> str:
    recording, error = file
    name = text.escape_markdown(text.shorten(recording.name))
    return f"- **{name}**: " + text.escape_markdown(
        f"{error.arrived} {error.allowed} {error.remedy}"
    )


def _retry(keys: Sequence[jobs.Key]) -> None:
    for key in keys:
        jobs.retry_analysis(current(), key)
