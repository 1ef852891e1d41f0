"""The list of clips on the page, where there are several."""

from collections.abc import Sequence

import streamlit as st

from components import text
from components.settings import ViewSettings
from components.state import Recording
from models.analysis import Analysis
from models.errors import EarmarkError
from models.jobs import Job

PREDICTIONS = 3
"""Labels told per clip: as many as a row has room for."""


def choose(
    recordings: Sequence[Recording], jobs: Sequence[Job[Analysis]], view: ViewSettings
) -> int:
    """Draw the list, and return the index of the recording to look at.

    A single recording needs no list.
    """
    if len(recordings) == 1:
        return 0
    rows = [_row(recording, job, view) for recording, job in zip(recordings, jobs, strict=True)]
    st.subheader(f"{len(rows)} clips", anchor=False)
    table = st.dataframe(
        {column: [row[column] for row in rows] for column in rows[0]},
        hide_index=True,
        key="clips",
        on_select="rerun",
        selection_mode="single-row-required",
        column_config={
            "Clip": st.column_config.TextColumn(width="medium"),
            "Duration": st.column_config.TextColumn(width="small"),
            "Top predictions": st.column_config.TextColumn(width="large"),
        },
    )
    return int(table.selection.rows[0])


def _row(recording: Recording, job: Job[Analysis], view: ViewSettings) -> dict[str, str]:
    row = {"Clip": text.shorten(recording.name), "Duration": "", "Top predictions": "…"}
    if not job.done:
        return row
    try:
        analysis = job.result()
    except EarmarkError as error:
        return {**row, "Top predictions": f"Not analysed: {error.arrived}"}
    top = view.top(analysis.timeline)[:PREDICTIONS]
    return {
        **row,
        "Duration": text.duration(analysis.timeline.duration_s),
        "Top predictions": " · ".join(f"{label} {score:.2f}" for label, score in top),
    }
