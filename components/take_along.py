"""Downloads: all that is on the screen, in the formats that other programs read."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from functools import partial

import streamlit as st

from components import state
from components.against import Verdict
from components.findings import Findings
from components.report_file import report_file
from components.settings import AnalysisSettings, ViewSettings
from components.state import Portrait, Recording
from models import export
from models.analysis import Analysis
from models.events import Event
from models.export import ARCHIVE, FORMATS, Format, Piece, Provenance
from models.timeline import Timeline


def show(
    recording: Recording,
    analysis: Analysis,
    portrait: Portrait,
    findings: Findings,
    view: ViewSettings,
    analysed: AnalysisSettings,
    verdict: Verdict,
) -> None:
    """Draw the buttons; a file is written when its button is pressed, not before."""
    st.subheader("Take it along", anchor=False)
    provenance = _provenance(recording, analysis, analysed, view)

    def write_report(
        _timeline: Timeline, _events: Sequence[Event], made: Provenance
    ) -> Iterator[Piece]:
        yield Piece(1.0, report_file(recording, analysis, portrait, findings, view, verdict, made))

    report = Format("report", "Report (HTML)", "report.html", "text/html", "all", write_report)
    st.caption("The report opens without a network, with its sound. The ZIP holds every format.")
    with st.container(horizontal=True):
        _button(report, findings, provenance, prominent=True)
        _button(ARCHIVE, findings, provenance)
        with st.popover("One format", icon=":material/download:"):
            for file_format in FORMATS:
                _button(file_format, findings, provenance)


def _button(
    file_format: Format, findings: Findings, provenance: Provenance, *, prominent: bool = False
) -> None:
    write: Callable[[], bytes] = partial(
        file_format.write, findings.timeline, findings.events, provenance
    )
    st.download_button(
        file_format.title,
        write,
        export.file_name(provenance, file_format),
        mime=file_format.mime_type,
        icon=":material/download:",
        key=f"download-{file_format.name}",
        on_click="ignore",
        type="primary" if prominent else "secondary",
    )


def _provenance(
    recording: Recording, analysis: Analysis, analysed: AnalysisSettings, view: ViewSettings
) -> Provenance:
    listener = state.known_model(analysed.listener.model)
    return Provenance(
        clip_name=recording.name,
        clip_digest=recording.digest,
        duration_s=analysis.timeline.duration_s,
        model=listener.title,
        model_digest=listener.sha256,
        settings={**analysed.as_dict(), **asdict(view), "thresholds": state.own_thresholds()},
    )
