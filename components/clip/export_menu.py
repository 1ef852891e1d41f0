"""Export buttons of a clip: report, archive and single formats."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import BinaryIO

import streamlit as st

from components.clip import segments_panel, true_clips
from components.clip.analysed_clip import AnalysedClip, provenance_of
from components.clip.clip_figures import Query, sum_up
from components.clip.html_report import report_file
from components.player.shown_clip import ShownClip
from components.ui import downloads
from components.ui.downloads import Download
from components.view.findings import Findings
from components.workspace.current import current
from components.workspace.exports import Progress
from components.workspace.limits import MB
from components.workspace.shared import shared
from models import export
from models.events import Event
from models.events.timeline import Timeline
from models.export import ARCHIVE, FORMATS, TRUTH_FORMATS, Chunk, Format, Provenance, TruthClip


def show(shown: ShownClip) -> None:
    """Draw the buttons; a file is written when its button is pressed."""
    st.header("Export", anchor=False)
    findings = shown.findings
    clip = AnalysedClip(shown.recording, shown.analysis, shown.analysed)
    provenance = replace(provenance_of(clip, shown.view), summary=findings.summary)

    def write_report(
        _timeline: Timeline, _events: Sequence[Event], made: Provenance
    ) -> Iterator[Chunk]:
        yield Chunk(1.0, report_file(shown, made))

    report = Format("report", "Report (HTML)", "report.html", "text/html", "all", write_report)
    place = f"export-{shown.recording.digest[:16]}"
    st.caption(
        "The report opens without a network, with its sound. The ZIP holds every format. "
        "Segments are the sound of each event."
    )
    if segments_panel.annotation_of(clip) is not None:
        st.caption(
            "You corrected events of this clip. Segments and “True events” have them as corrected; "
            "the report, the ZIP and single formats have all events as found."
        )
    with st.container(horizontal=True):
        _button(report, findings, provenance, place, primary=True)
        _button(ARCHIVE, findings, provenance, place)
        with st.popover("One format", icon=":material/download:"):
            for file_format in FORMATS:
                _button(file_format, findings, provenance, place)
        found = sum_up(segments_panel.corrected(findings, segments_panel.annotation_of(clip)))
        segments_panel.offer([clip], shown.view, Query(), scope="clip", place=place, found=found)
        _truth(shown, provenance, place)
    downloads.show_progress(place)


def _truth(shown: ShownClip, provenance: Provenance, place: str) -> None:
    """Draw the formats of the clip's list of true events, if it has one."""
    given = true_clips.truth_of(current(), shown.recording)
    if given is None or not given.events:
        return
    clip = TruthClip(shown.recording.name, provenance.duration_s, shown.analysis.source.sample_rate)
    with st.popover("True events", icon=":material/download:"):
        for file_format in TRUTH_FORMATS:
            name = export.truth_file_name(clip, file_format)
            write = downloads.writing(partial(file_format.write, given.events, clip))
            downloads.button(
                Download(file_format.title, name, file_format.mime_type, write),
                place=place,
                key=f"download-truth-{file_format.name}",
            )


def _button(
    file_format: Format,
    findings: Findings,
    provenance: Provenance,
    place: str,
    *,
    primary: bool = False,
) -> None:
    def write(file: BinaryIO, progress: Progress) -> None:
        export.export_to(
            file,
            file_format,
            findings.timeline,
            findings.events,
            provenance,
            progress=progress,
            max_bytes=shared().limits.max_export_mb * MB,
        )

    name = export.file_name(provenance, file_format)
    downloads.button(
        Download(file_format.title, name, file_format.mime_type, write),
        place=place,
        key=f"download-{file_format.name}",
        primary=primary,
    )
