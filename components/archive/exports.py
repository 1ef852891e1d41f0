"""Exports of results: as tables, and as sounds."""

import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath
from typing import BinaryIO

import streamlit as st

from components.archive.questions import Found, Question, all_events
from components.ui import downloads
from components.ui.downloads import Download
from components.workspace.exports import Progress, Write
from models.archive import Archive, Hit
from models.archive.export import write_format
from models.audio.playback import wav_file
from models.errors import RecordingError
from models.export.naming import file_part

PLACE = "archive"
"""Place of the progress of exports."""

MAX_SOUNDS = 200
"""Maximum number of sounds in a ZIP file."""

PADDING_S = 0.5
"""Sound before and after a result that its file also has, in seconds."""

_FORMATS = {"CSV": (".csv", "text/csv"), "JSON Lines": (".jsonl", "application/jsonl")}
_FORMATS |= {"Parquet": (".parquet", "application/vnd.apache.parquet")}


def offer(
    name: str, archive: Archive, question: Question, answer: Found, reviews: Mapping[Hit, bool]
) -> None:
    """Draw the menu of exports.

    Parameters
    ----------
    name : str
        Name of the archive.
    archive : Archive
        The archive.
    question : Question
        What was looked for: of classes, all events are exported.
    answer : Found
        What was found.
    reviews : mapping of Hit to bool
        Whether hits were accepted.
    """
    stem = file_part(f"earmark-{name}", 80)
    with st.popover("Export", icon=":material/download:", disabled=not answer.hits):
        st.caption(
            "All results, also those beyond the list."
            if question.kind == "classes"
            else f"The {len(answer.hits):,} results."
        )
        for title, (suffix, mime_type) in _FORMATS.items():
            write = table(archive, question, answer, suffix)
            downloads.button(
                Download(title, stem + suffix, mime_type, write),
                place=PLACE,
                key=f"archive-export{suffix}",
            )
        accepted = [hit for hit, was_accepted in reviews.items() if was_accepted]
        chosen = (accepted or list(answer.hits))[:MAX_SOUNDS]
        what = "accepted results" if accepted else "results"
        st.caption(f"The sounds of {len(chosen):,} {what}, sorted into folders by class.")
        downloads.button(
            Download("Sounds (ZIP)", f"{stem}.zip", "application/zip", _sounds(archive, chosen)),
            place=PLACE,
            key="archive-export-sounds",
        )
    downloads.show_progress(PLACE)


def table(archive: Archive, question: Question, answer: Found, suffix: str) -> Write:
    """Return the writer of a table of results, in the format of a suffix."""

    def write(file: BinaryIO, _progress: Progress) -> None:
        every = question.kind == "classes" and answer.is_full
        hits = all_events(archive, question, None) if every else answer.hits
        write_format(hits, file, suffix)

    return write


def _sounds(archive: Archive, hits: Sequence[Hit]) -> Write:
    def write(file: BinaryIO, progress: Callable[[float], None]) -> None:
        write_sounds(archive, hits, file, progress)

    return write


def write_sounds(
    archive: Archive, hits: Sequence[Hit], file: BinaryIO, progress: Callable[[float], None]
) -> None:
    """Write the sounds of hits to a ZIP file; a list says which could not be read, and why."""
    missing = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as target:
        for number, hit in enumerate(hits, start=1):
            progress((number - 1) / len(hits))
            try:
                clip = archive.excerpt(hit, PADDING_S)
            except RecordingError as error:
                missing.append(f"{hit.path}: {error}")
                continue
            stem = file_part(PurePath(hit.path).stem, 60)
            folder = file_part(hit.label or "similar", 60)
            name = f"{folder}/{number:04d}_{stem}_{hit.onset_s:.2f}s.wav"
            target.writestr(name, wav_file(clip))
        if missing:
            target.writestr("not-readable.txt", "\n".join(missing) + "\n")
