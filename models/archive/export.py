"""Hits as lines of text, and as files."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from models.archive.hits import Hit
from models.errors import ExportError
from models.untrusted.formulas import escape_formulas

COLUMNS = ("path", "onset_s", "offset_s", "label", "score", "at")

SUFFIXES = (".csv", ".jsonl", ".parquet")
"""Suffixes of the formats."""


def json_lines(hits: Iterable[Hit]) -> Iterator[str]:
    """Yield a JSON object for each hit, with a line end."""
    for hit in hits:
        yield json.dumps(hit.as_dict(), ensure_ascii=False) + "\n"


def csv_lines(hits: Iterable[Hit]) -> Iterator[str]:
    """Yield a header and a line of CSV for each hit; formulas are escaped."""
    yield ",".join(COLUMNS) + "\r\n"
    for hit in hits:
        row = io.StringIO()
        fields = hit.as_dict()
        values = [fields[name] for name in COLUMNS]
        csv.writer(row).writerow(
            escape_formulas(value) if isinstance(value, str) else value for value in values
        )
        yield row.getvalue()


def write_hits(hits: Iterable[Hit], path: Path) -> int:
    """Write hits to a file, whose suffix names the format.

    Parameters
    ----------
    hits : iterable of Hit
        The hits.
    path : Path
        The target, with the suffix ``.csv``, ``.jsonl`` or ``.parquet``. It is replaced if it
        exists.

    Returns
    -------
    int
        Number of hits.

    Raises
    ------
    ExportError
        If the suffix is another one, or the file cannot be written.
    """
    suffix = path.suffix.lower()
    each = list(hits)
    if suffix not in SUFFIXES:
        raise ExportError(
            f"The file {path.name} has the suffix {suffix or 'of no format'}.",
            allowed=f"It is {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}.",
            remedy="Choose one of these.",
        )
    try:
        with path.open("wb") as file:
            write_format(each, file, suffix)
    except OSError as error:
        raise ExportError(
            f"{path} cannot be written: {error.strerror or error}.",
            allowed="The folder has to exist and be writable.",
            remedy="Choose another place.",
        ) from error
    return len(each)


def write_format(hits: Iterable[Hit], file: BinaryIO, suffix: str) -> None:
    """Write hits to a binary file, in the format of a suffix of `SUFFIXES`."""
    if suffix == ".parquet":
        _write_parquet(list(hits), file)
    else:
        lines = csv_lines(hits) if suffix == ".csv" else json_lines(hits)
        # Names may contain lone surrogates, which UTF-8 cannot encode.
        file.writelines(line.encode(errors="replace") for line in lines)


def _write_parquet(hits: list[Hit], file: BinaryIO) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    kinds = (pa.string(), pa.float64(), pa.float64(), pa.string(), pa.float32(), pa.string())
    schema = pa.schema(list(zip(COLUMNS, kinds, strict=True)))
    parquet.write_table(pa.Table.from_pylist([hit.as_dict() for hit in hits], schema), file)
