"""Downloads of all clips together: every format, and all events in one table."""

from collections.abc import Callable, Sequence
from typing import BinaryIO

import streamlit as st

from components.clip.analysed_clip import AnalysedClip, provenance_of
from components.ui import downloads
from components.ui.downloads import Download
from components.view.findings import find, shaped
from components.view.settings import ViewSettings
from components.workspace.current import current
from components.workspace.exports import Progress, Write
from components.workspace.limits import MB
from components.workspace.shared import shared
from models.analysis import Analysis
from models.events import Event
from models.export import CLIPS_FORMATS, ClipResult, ClipsFormat, write_chunks


def offer(clips: Sequence[AnalysedClip], view: ViewSettings, *, place: str) -> None:
    """Draw a button for each format.

    Parameters
    ----------
    clips : sequence of AnalysedClip
        The clips, in the order of the list.
    view : ViewSettings
        Settings of the view.
    place : str
        Place of the progress: see `components.ui.downloads.button`.
    """
    with st.popover("Export all clips", icon=":material/download:", disabled=not clips):
        st.caption(
            "Tables have a column for the clip's name. The ZIP has a folder for each clip. Events "
            "are as found: those that you corrected are in the segments, and in “True events” of "
            "each clip."
        )
        for one in CLIPS_FORMATS:
            downloads.button(
                Download(one.title, one.file_name, one.mime_type, _writing(one, clips, view)),
                place=place,
                key=f"download-clips-{one.name}",
                primary=one is CLIPS_FORMATS[0],
            )


def _writing(one: ClipsFormat, clips: Sequence[AnalysedClip], view: ViewSettings) -> Write:
    """Return the writer of a file. What it needs of the workspace is read now, not later."""
    own = dict(current().view.thresholds)
    results = [
        ClipResult(
            clip.analysis.timeline, provenance_of(clip, view), _finding(clip.analysis, view, own)
        )
        for clip in clips
    ]

    def write(file: BinaryIO, progress: Progress) -> None:
        write_chunks(
            file,
            one.pieces(results),
            one.title,
            progress=progress,
            max_bytes=shared().limits.max_export_mb * MB,
        )

    return write


def _finding(
    analysis: Analysis, view: ViewSettings, own: dict[str, float]
) -> Callable[[], tuple[Sequence[Event], str]]:
    def found() -> tuple[Sequence[Event], str]:
        findings = find(shaped(analysis.timeline, view), analysis, view, own)
        return findings.events, findings.summary

    return found
