"""ZIP archive of all formats and the settings."""

import zipfile
from collections.abc import Iterable, Iterator, Sequence

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
    with zipfile.ZipFile(drain, "w") as members:
        yield from add_formats(members, drain, timeline, events, provenance)
    yield Chunk(1.0, drain.take())


def add_formats(
    members: zipfile.ZipFile,
    drain: Drain,
    timeline: Timeline,
    events: Sequence[Event],
    provenance: Provenance,
    folder: str = "",
) -> Iterator[Chunk]:
    """Add the settings and every format of one clip to an archive, and yield its chunks.

    Parameters
    ----------
    members : ZipFile
        The archive, which is written to `drain`.
    drain : Drain
        Its chunks are taken from it.
    timeline, events, provenance
        As for `archive`.
    folder : str
        Folder of the members, with its slash.
    """
    weights = [
        max(1, timeline.n_frames if one.kind == "scores" else len(events)) for one in FORMATS
    ]
    total, before = sum(weights), 0
    members.writestr(member(folder + SETTINGS_NAME), utf8(provenance.as_json(indent=2) + "\n"))
    for file_format, weight in zip(FORMATS, weights, strict=True):
        pieces = file_format.pieces(timeline, events, provenance)
        name = folder + file_name(provenance, file_format)
        for piece in add_member(members, drain, member(name), pieces, file_format.title):
            yield Chunk((before + weight * piece.done) / total, piece.content)
        before += weight


def add_member(
    members: zipfile.ZipFile,
    drain: Drain,
    info: zipfile.ZipInfo,
    pieces: Iterable[Chunk],
    title: str,
) -> Iterator[Chunk]:
    """Add one file to an archive, and yield the archive's chunks."""
    with members.open(info, "w") as opened:
        for piece in bounded(pieces, MAX_EXPORT_BYTES, title):
            opened.write(piece.content)
            yield Chunk(piece.done, drain.take())


def member(name: str, compress_type: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    """Return a member's entry; all have one date, so that archives are deterministic."""
    # ZipInfo's default date is 1980-01-01, the earliest that the format allows.
    info = zipfile.ZipInfo(name)
    info.compress_type = compress_type
    return info


ARCHIVE = Format(
    *("archive", "Everything (ZIP)", "earmark.zip", "application/zip", "all", archive_pieces)
)
"""`archive` as a format; not part of `FORMATS`, all of which it contains."""
