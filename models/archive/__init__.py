"""Archive: the features of many recordings, stored once and searched often.

`archive` is the interface, `tables` has the schemas, `store` reads and commits them in LanceDB,
`features` computes what is stored of a recording, `parts` divides long recordings, `wave_file` and
`start_time` read headers, `scanning` finds files, `adding` and `workers` do the work of `add`,
`events`, `similarity`, `taught` and `excerpts` answer questions, `indexing` makes them fast,
`checking` verifies, `export` writes files, and `command_line` is ``python -m models.archive``.

LanceDB and Dask are imported on first use, never with this package.
"""

from models.archive.archive import Archive, open_archive
from models.archive.hits import Addition, ArchiveSummary, Fault, Hit
from models.archive.store import ArchiveError

__all__ = ["Addition", "Archive", "ArchiveError", "ArchiveSummary", "Fault", "Hit", "open_archive"]
