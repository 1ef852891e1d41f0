"""Decoding of lists: UTF-8 and UTF-16, with or without a byte order mark."""

from models.errors import TruthError
from models.events.truth.event import ALLOWED, MAX_TRUTH_BYTES, REMEDY, list_named, too_long

_SEEN_BYTES = 400
"""Bytes that tell UTF-16 without a byte order mark: most lists begin with ASCII."""

_BINARY = {
    b"BZh": (
        "a session of Sonic Visualiser, or another bzip2 archive",
        "Export the layer itself, by File, Export Annotation Layer.",
    ),
    b"PAR1": ("a Parquet file", "Choose the same events as CSV."),
    b"PK\x03\x04": ("a ZIP archive", "Unpack the list that is in it, and choose that."),
    b"ooBinaryFile": ("a binary file of Praat", "Save it in Praat by Save as text file."),
}


def decode(data: bytes, name: str) -> str:
    """Decode a list.

    Parameters
    ----------
    data : bytes
        Content of the file.
    name : str
        Its name, for messages.

    Raises
    ------
    TruthError
        If it is longer than `MAX_TRUTH_BYTES`, or is not text in UTF-8 or UTF-16.
    """
    if len(data) > MAX_TRUTH_BYTES:
        raise too_long(f"{list_named(name)} has {len(data):,} bytes.")
    for beginning, (what, remedy) in _BINARY.items():
        if data.startswith(beginning):
            raise TruthError(f"{list_named(name)} is {what}.", allowed=ALLOWED, remedy=remedy)
    encoding = _encoding_of(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        kind = "cut off or no text in UTF-16" if "16" in encoding else "not text in UTF-8"
        raise TruthError(
            f"{list_named(name)} is {kind}.",
            allowed="Lists of true events are text in UTF-8 or UTF-16.",
            remedy="Save it again as UTF-8, or choose the list instead of the recording.",
        ) from None
    if "\0" in text:
        raise TruthError(
            f"{list_named(name)} is no text: it has zero bytes in it.",
            allowed=ALLOWED,
            remedy=REMEDY,
        )
    return text


def _encoding_of(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    seen = data[:_SEEN_BYTES]
    evens, odds = seen[::2].count(0), seen[1::2].count(0)
    n_pairs = len(seen) // 2
    if n_pairs and len(data) % 2 == 0:
        if not evens and 2 * odds > n_pairs:
            return "utf-16-le"
        if not odds and 2 * evens > n_pairs:
            return "utf-16-be"
    return "utf-8-sig"
