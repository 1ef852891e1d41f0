"""Choice of how segments are cut, and their download."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import BinaryIO

import streamlit as st

from components.clip.analysed_clip import AnalysedClip, provenance_of
from components.clip.clip_figures import Hits, Query, events_of
from components.style import text
from components.ui import downloads, notices, settings
from components.ui.downloads import Download
from components.view.findings import Findings, find, shaped
from components.view.settings import ViewSettings
from components.workspace.current import current
from components.workspace.exports import Progress, Write
from components.workspace.limits import MB
from components.workspace.shared import shared
from models.errors import ExportError
from models.events import Event
from models.events.annotation import Annotation
from models.events.correction import correct
from models.export import SegmentedClip, SegmentOptions, segments, segments_zip, write_chunks
from models.export.naming import MAX_TEMPLATE_CHARACTERS, file_part

_TITLES = {"clip": "Segments of this clip", "clips": "Segments of all clips"}

_FORMATS: dict[str, segments.AudioFormat] = {"WAV": "wav", "FLAC": "flac"}

_FIELDS = ", ".join(f"`{{{field}}}`" for field in segments.FIELDS)


def offer(
    clips: Sequence[AnalysedClip],
    view: ViewSettings,
    query: Query,
    *,
    scope: str,
    place: str,
    found: Hits,
) -> None:
    """Draw the settings of segments and the button that writes them.

    Parameters
    ----------
    clips : sequence of AnalysedClip
        The clips whose events are cut.
    view : ViewSettings
        Settings of the view.
    query : Query
        Classes whose events are cut; all events that are shown, without classes.
    scope : {'clip', 'clips'}
        Whether the panel is that of one clip or of the list; part of the widgets' keys.
    place : str
        Place of the progress: see `components.ui.downloads.button`.
    found : Hits
        Their events, summed up.
    """
    with st.popover(_TITLES[scope], icon=":material/content_cut:", disabled=not found.n_events):
        st.markdown(_what(query, found.n_events, len(clips)))
        if any(annotation_of(one) is not None for one in clips):
            st.caption(
                "Corrected events are cut as they are now, and those marked as false are left out. "
                "Events that were not reviewed are cut as found."
            )
        chosen = settings.segmented_control(
            "Format", list(_FORMATS), "WAV", name=f"segment-format-{scope}"
        )
        padding_s = settings.slider(
            "Padding (s)",
            *(0.0, segments.MAX_PADDING_S, 0.0, 0.05),
            name=f"segment-padding-{scope}",
            help="Time before and after each event that its file also has.",
        )
        template = settings.text_input(
            "File name",
            name=f"segment-name-{scope}",
            placeholder=segments.DEFAULT_TEMPLATE,
            max_chars=MAX_TEMPLATE_CHARACTERS,
        )
        st.caption(f"Fields: {_FIELDS}.")
        try:
            options = SegmentOptions(
                _FORMATS[chosen], padding_s, template or segments.DEFAULT_TEMPLATE
            )
        except ExportError as error:
            notices.show_error(error)
            return
        st.caption(_estimate(clips, options, found))
        _button(clips, view, query, options, scope=scope, place=place)


def _button(
    clips: Sequence[AnalysedClip],
    view: ViewSettings,
    query: Query,
    options: SegmentOptions,
    *,
    scope: str,
    place: str,
) -> None:
    name = "earmark-segments"
    for label in query.labels[:3]:
        name += f"-{label}"
    downloads.button(
        Download(
            "Segments (ZIP)",
            f"{file_part(name, 120)}.zip",
            "application/zip",
            _writing(clips, view, query, options),
        ),
        place=place,
        key=f"download-segments-{scope}",
        primary=True,
    )


def _writing(
    clips: Iterable[AnalysedClip], view: ViewSettings, query: Query, options: SegmentOptions
) -> Write:
    """Return the writer of a ZIP. What it needs of the workspace is read now, not in its thread."""
    workspace = current()
    own, room = dict(workspace.view.thresholds), workspace.room
    asked = query.view(view) if query.labels else view
    cutting = [
        SegmentedClip(
            one.recording.data,
            one.analysis.source.sample_rate,
            provenance_of(one, asked),
            partial(cut_events, one, view, query, own, annotation_of(one)),
            one.analysed.sound.audio_track,
            one.analysed.sound.channels,
        )
        for one in clips
    ]

    def write(file: BinaryIO, progress: Progress) -> None:
        done = 0.0

        def told(fraction: float) -> None:
            nonlocal done
            done = fraction
            progress(fraction)

        with room.reservation() as reservation:
            pieces = segments_zip(
                cutting,
                options,
                reserve=reservation.grow_in_steps_to,
                on_wait=lambda: progress(done),
            )
            write_chunks(
                file,
                pieces,
                "Segments",
                progress=told,
                max_bytes=shared().limits.max_export_mb * MB,
                remedy=segments.REMEDY,
            )

    return write


def annotation_of(clip: AnalysedClip) -> Annotation | None:
    """Return the annotation of a clip; None if it has none."""
    return current().view.annotations.present(clip.recording.digest)


def cut_events(
    clip: AnalysedClip,
    view: ViewSettings,
    query: Query,
    own: Mapping[str, float],
    annotation: Annotation | None,
) -> Sequence[Event]:
    """Return the events of a clip that are cut, corrected as annotated.

    Parameters
    ----------
    clip : AnalysedClip
        The clip.
    view : ViewSettings
        Settings of the view.
    query : Query
        Classes whose events are cut; all events that are shown, without classes.
    own : mapping of str to float
        Thresholds in [0, 1] by label.
    annotation : Annotation or None
        Annotation of the clip.
    """
    analysis = clip.analysis
    if query.labels:
        found = events_of(analysis, view, query)
        if annotation is None:
            return found
        return correct(annotation, found, analysis.timeline, takes=query.labels.__contains__)
    findings = find(shaped(analysis.timeline, view), analysis, view, dict(own))
    return corrected(findings, annotation)


def corrected(findings: Findings, annotation: Annotation | None) -> Sequence[Event]:
    """Return the events that the page shows of a clip, corrected as annotated."""
    if annotation is None:
        return findings.events
    # Names that the model lacks are shown always.
    hidden = set(findings.timeline.labels) - set(findings.labels)
    return correct(
        annotation, findings.events, findings.timeline, takes=lambda label: label not in hidden
    )


def _what(query: Query, n_events: int, n_clips: int) -> str:
    events = "1 event" if n_events == 1 else f"{n_events:,} events"
    names = " or ".join(text.escape_markdown(label) for label in query.labels)
    of = f" of {names}" if names else ""
    where = "this clip" if n_clips == 1 else f"{n_clips:,} clips"
    return (
        f"The sound of **{events}**{of} in {where}: one file each, in a folder for each label, "
        "with a list of all of them."
    )


def _estimate(clips: Sequence[AnalysedClip], options: SegmentOptions, found: Hits) -> str:
    if found.best is None:
        return ""
    rate_hz = max(one.analysis.source.sample_rate for one in clips)
    n_bytes = 2 * rate_hz * (found.duration_s + 2 * options.padding_s * found.n_events)
    size = text.size(round(n_bytes if options.audio_format == "wav" else n_bytes / 2))
    example = options.file_name(clips[0].recording.name, 1, found.best)
    return f"For example `{example}`. About {size}."
