"""List of the clips on the page."""

import hashlib
from collections.abc import Sequence
from functools import partial

import streamlit as st

from components.style import text
from components.ui import downloads, widgets
from components.ui.downloads import Download
from components.view.findings import find, shaped
from components.view.settings import AnalysisSettings, ViewSettings
from components.workspace.current import current
from components.workspace.recordings import Recording
from models import export
from models.analysis import Analysis
from models.errors import EarmarkError
from models.events import Event
from models.jobs.job import Job

_CONTENT = "Content"


def choose(
    recordings: Sequence[Recording],
    jobs: Sequence[Job[Analysis] | None],
    analysed: AnalysisSettings,
    view: ViewSettings,
) -> int:
    """Draw the list, and return the index of the selected recording.

    The list is not drawn for a single recording.

    Parameters
    ----------
    recordings : sequence of Recording
        Recordings of the workspace, in the order of the list.
    jobs : sequence of Job or None
        Analysis of each recording; None if it was not started.
    analysed : AnalysisSettings
        Settings of the analysis.
    view : ViewSettings
        Settings of events and display.

    Returns
    -------
    int
        Index in `recordings`.
    """
    if len(recordings) == 1:
        return 0
    digests = [recording.digest for recording in recordings]
    wanted = current().recordings.chosen
    row = digests.index(wanted) if wanted in digests else 0
    # Each set of clips has its own table, because Streamlit stores the selected row by number.
    key = f"clips-{hashlib.sha256(''.join(digests).encode()).hexdigest()[:12]}"
    widgets.select_row(key, row)
    rows = [
        _row(recording, job, analysed, view)
        for recording, job in zip(recordings, jobs, strict=True)
    ]
    st.header(f"{len(rows)} clips", anchor=False)
    with st.container(key="clip-list"):
        st.dataframe(
            {column: [row[column] for row in rows] for column in rows[0]},
            hide_index=True,
            key=key,
            on_select=partial(_choose, key, digests),
            selection_mode="single-row-required",
            column_config={
                "Clip": st.column_config.TextColumn(width="medium"),
                "Duration": st.column_config.TextColumn(width="small"),
                _CONTENT: st.column_config.TextColumn(width="large"),
            },
        )
    make = partial(_all_events, recordings, jobs, view, dict(current().view.thresholds))
    downloads.button(
        Download(
            *("Events of all clips (DCASE)", "earmark-events.dcase.tsv"),
            "text/tab-separated-values",
            downloads.writing(make),
            "One event list with a column for the clip's name, for DCASE's tools and sed_eval.",
        ),
        place="all-events",
        key="download-all-events",
    )
    downloads.show_progress("all-events")
    return row


def _choose(key: str, digests: Sequence[str]) -> None:
    """Note the recording of the row that the visitor has selected."""
    row = widgets.selected_row(key)
    if row is not None:
        current().recordings.choose(digests[row])


def _all_events(
    recordings: Sequence[Recording],
    jobs: Sequence[Job[Analysis] | None],
    view: ViewSettings,
    own: dict[str, float],
) -> str:
    """Return the event lists of all clips that are analysed, as text."""
    clips: dict[str, Sequence[Event]] = {}
    for recording, job in zip(recordings, jobs, strict=True):
        if job is None or not job.succeeded:
            continue
        analysis = job.result()
        name, again = recording.name, 1
        while name in clips:
            again += 1
            name = f"{recording.name} ({again})"
        clips[name] = find(shaped(analysis.timeline, view), analysis, view, own).events
    return export.event_lists(clips)


def _row(
    recording: Recording, job: Job[Analysis] | None, analysed: AnalysisSettings, view: ViewSettings
) -> dict[str, str]:
    row = {"Clip": text.shorten(recording.name), "Duration": "", _CONTENT: "…"}
    if job is None or not job.done:
        return row
    try:
        analysis = job.result()
    except EarmarkError as error:
        return {**row, _CONTENT: f"Not analysed: {error.arrived}"}
    chosen = current().view
    summary = chosen.summaries.get(
        (recording.digest, analysed, view, tuple(sorted(chosen.thresholds.items()))),
        lambda: _summary(analysis, view, chosen.thresholds),
    )
    return {**row, "Duration": text.duration(analysis.timeline.duration_s), _CONTENT: summary}


def _summary(analysis: Analysis, view: ViewSettings, own: dict[str, float]) -> str:
    return find(shaped(analysis.timeline, view), analysis, view, own).summary
