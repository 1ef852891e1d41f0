"""ZIP archive of all formats and the settings."""

import zipfile
from collections.abc import Iterator, Sequence

from models.events import Event
from models.events.timeline import Timeline
from models.export.chunks import MAX_EXPORT_BYTES, Chunk, Drain, bounded
from models.export.formats import FORMATS, Format, file_name
from models.export.provenance import Provenance
from models.export.values import utf8

SETTINGS_NAME = "settings.json"
"""Name of the member with the provenance, as JSON."""


def archive(timeline: Timeline, events: Sequence[Event], provenance: Provenance) -> bytes:
    """Write every format of `FORMATS` into one ZIP.

    Parameters
    ----------
    timeline : Timeline
        Scores and their time grid.
    events : sequence of Event
        Their events.
    provenance : Provenance
        Their clip, model and settings.

    Returns
    -------
    bytes
        A ZIP with `SETTINGS_NAME` and one member for each format, named by `file_name`.
        Deterministic: members have a fixed date.

    Raises
    ------
    ExportError
        If a member would exceed `MAX_EXPORT_BYTES`.
    """
    return ARCHIVE.write(timeline, events, provenance)


def archive_pieces(
    timeline: Timeline, events: Sequence[Event], provenance: Provenance
) -> Iterator[Chunk]:
    """Yield the chunks of `archive`."""
    drain = Drain()
    weights = [
        max(1, timeline.n_frames if one.kind == "scores" else len(events)) for one in FORMATS
    ]
    total, before = sum(weights), 0
    with zipfile.ZipFile(drain, "w") as members:
        members.writestr(_member(SETTINGS_NAME), utf8(provenance.as_json(indent=2) + "\n"))
        for file_format, weight in zip(FORMATS, weights, strict=True):
            pieces = file_format.pieces(timeline, events, provenance)
            with members.open(_member(file_name(provenance, file_format)), "w") as member:
                for piece in bounded(pieces, MAX_EXPORT_BYTES, file_format.title):
                    member.write(piece.content)
                    yield Chunk((before + weight * piece.done) / total, drain.take())
            before += weight
    yield Chunk(1.0, drain.take())


def _member(name: str) -> zipfile.ZipInfo:
    # ZipInfo's default date is 1980-01-01, the earliest that the format allows.
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


ARCHIVE = Format(
    *("archive", "Everything (ZIP)", "earmark.zip", "application/zip", "all", archive_pieces)
)
"""`archive` as a format; not part of `FORMATS`, all of which it contains."""
