"""Export of timelines and events to the file formats of other programs.

Conventions
-----------
Each family of formats has one module, and `FORMATS` lists all formats. Files are written in chunks:
`export_to` writes one to a file, up to a size limit, `Format.write` into memory. A file includes
its `Provenance` if its format has a place for it. Headers are written even if there are no events.
docs/formats.md lists the programs that open each format.
"""

from models.export.annotation import RAVEN_COLUMNS, audacity_labels, raven_table
from models.export.chunks import MAX_EXPORT_BYTES, Chunk
from models.export.comparison import aligned_csv, aligned_csv_lines, class_row, classes_csv
from models.export.dcase import EVENT_LIST_COLUMNS, event_list, event_lists, score_matrix
from models.export.documents import (
    events_document,
    mediapipe_json,
    scores_document,
)
from models.export.formats import (
    FORMATS,
    Chunks,
    Format,
    Kind,
    export_to,
    file_name,
    truth_file_name,
)
from models.export.jams import jams_json
from models.export.parquet import METADATA_KEY, events_parquet, scores_parquet
from models.export.provenance import Provenance
from models.export.spreadsheet import events_csv, scores_csv, totals_csv
from models.export.subtitles import sub_rip, web_vtt
from models.export.truth_lists import TRUTH_FORMATS, TruthClip, TruthFormat
from models.export.values import EVENT_COLUMNS
from models.export.zip_file import ARCHIVE, SETTINGS_NAME, archive

__all__ = [
    "ARCHIVE",
    "EVENT_COLUMNS",
    "EVENT_LIST_COLUMNS",
    "FORMATS",
    "MAX_EXPORT_BYTES",
    "METADATA_KEY",
    "RAVEN_COLUMNS",
    "SETTINGS_NAME",
    "TRUTH_FORMATS",
    "Chunk",
    "Chunks",
    "Format",
    "Kind",
    "Provenance",
    "TruthClip",
    "TruthFormat",
    "aligned_csv",
    "aligned_csv_lines",
    "archive",
    "audacity_labels",
    "class_row",
    "classes_csv",
    "event_list",
    "event_lists",
    "events_csv",
    "events_document",
    "events_parquet",
    "export_to",
    "file_name",
    "jams_json",
    "mediapipe_json",
    "raven_table",
    "score_matrix",
    "scores_csv",
    "scores_document",
    "scores_parquet",
    "sub_rip",
    "totals_csv",
    "truth_file_name",
    "web_vtt",
]
