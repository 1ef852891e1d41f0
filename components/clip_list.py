"""The list of clips on the page, where there are several."""

import hashlib
from collections.abc import Sequence

import streamlit as st

from components import state, text
from components.settings import ViewSettings
from components.state import Recording
from models.analysis import Analysis
from models.errors import EarmarkError
from models.jobs import Job

PREDICTIONS = 3
"""Labels told per clip: as many as a row has room for."""


FAINTEST = 0.1
"""Clip score below which a class is not worth a place beside the best one."""


def choose(
    recordings: Sequence[Recording], jobs: Sequence[Job[Analysis] | None], view: ViewSettings
) -> int:
    """Draw the list, and return the index of the recording to look at.

    A single recording needs no list.
    """
    if len(recordings) == 1:
        return 0
    digests = [recording.digest for recording in recordings]
    wanted = state.chosen()
    # A table of its own for each set of clips: rows are remembered by number, clips are not.
    key = f"clips-{hashlib.sha256(''.join(digests).encode()).hexdigest()[:12]}"
    state.preselect(key, digests.index(wanted) if wanted in digests else 0)
    rows = [_row(recording, job, view) for recording, job in zip(recordings, jobs, strict=True)]
    st.subheader(f"{len(rows)} clips", anchor=False)
    with st.container(key="clip-list"):
        table = st.dataframe(
            {column: [row[column] for row in rows] for column in rows[0]},
            hide_index=True,
            key=key,
            on_select="rerun",
            selection_mode="single-row-required",
            column_config={
                "Clip": st.column_config.TextColumn(width="medium"),
                "Duration": st.column_config.TextColumn(width="small"),
                "Top predictions": st.column_config.TextColumn(width="large"),
            },
        )
    row = int(table.selection.rows[0])
    state.choose(digests[row])
    return row


def _row(recording: Recording, job: Job[Analysis] | None, view: ViewSettings) -> dict[str, str]:
    row = {"Clip": text.shorten(recording.name), "Duration": "", "Top predictions": "…"}
    if job is None or not job.done:
        return row
    try:
        analysis = job.result()
    except EarmarkError as error:
        return {**row, "Top predictions": f"Not analysed: {error.arrived}"}
    timeline = analysis.timeline
    best = view.top(timeline, view.labels(timeline))[:PREDICTIONS]
    first, *others = best or [("nothing to show", 0.0)]
    top = [first, *(other for other in others if other[1] >= FAINTEST)]
    return {
        **row,
        "Duration": text.duration(timeline.duration_s),
        "Top predictions": " · ".join(f"{label} {score:.2f}" for label, score in top),
    }
