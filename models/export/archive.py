"""Every format in one ZIP, with all settings beside them."""

import io
import zipfile
from collections.abc import Sequence

from models.events import Event
from models.export.formats import FORMATS, Format, file_name
from models.export.provenance import Provenance
from models.export.values import utf8
from models.timeline import Timeline

SETTINGS_NAME = "settings.json"
"""The member that has the provenance, as JSON."""


def archive(timeline: Timeline, events: Sequence[Event], provenance: Provenance) -> bytes:
    """Write every format of `FORMATS` into one ZIP.

    Parameters
    ----------
    timeline : Timeline
        Scores and their time grid.
    events : sequence of Event
        What was found in them.
    provenance : Provenance
        What they were made of and with.

    Returns
    -------
    bytes
        A ZIP with `SETTINGS_NAME` and one member for each format, named by `file_name`. The same
        input gives the same bytes: members carry no time of day.
    """
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as members:
        _add(members, SETTINGS_NAME, utf8(provenance.as_json(indent=2) + "\n"))
        for file_format in FORMATS:
            data = file_format.write(timeline, events, provenance)
            _add(members, file_name(provenance, file_format), data)
    return file.getvalue()


def _add(members: zipfile.ZipFile, name: str, data: bytes) -> None:
    # ZipInfo's own date is 1980-01-01, the first that the format knows.
    members.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)


ARCHIVE = Format("archive", "Everything (ZIP)", "earmark.zip", "application/zip", "all", archive)
"""`archive` as a format; it stands beside `FORMATS`, all of which it holds."""
