"""Chunks of a WAV file: layout of the samples, metadata, and slices."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_MAX_CHUNKS = 1000
_MAX_METADATA_BYTES = 1 << 20
_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE  # WAVE format tags (Microsoft, mmreg.h)


@dataclass(frozen=True)
class WaveLayout:
    """Where the samples of a WAV file are, and what they are.

    Parameters
    ----------
    format_chunk : bytes
        Content of the chunk ``fmt ``.
    data_offset, data_bytes : int
        Position and size of the samples, in bytes.
    sample_rate, channels, frame_bytes : int
        Sample rate in Hz, number of channels, and size of one sample of all channels.
    """

    format_chunk: bytes
    data_offset: int
    data_bytes: int
    sample_rate: int
    channels: int
    frame_bytes: int

    @property
    def n_samples(self) -> int:
        """Number of samples of each channel."""
        return self.data_bytes // self.frame_bytes

    def read_slice(self, path: Path, start: int, stop: int) -> bytes:
        """Read samples as a WAV file of their own.

        Parameters
        ----------
        path : Path
            The file.
        start, stop : int
            First sample, and the one after the last.
        """
        with path.open("rb") as file:
            file.seek(self.data_offset + start * self.frame_bytes)
            data = file.read((min(stop, self.n_samples) - start) * self.frame_bytes)
        chunks = b"".join(
            struct.pack("<4sI", name, len(content)) + content + b"\0" * (len(content) % 2)
            for name, content in ((b"fmt ", self.format_chunk), (b"data", data))
        )
        return struct.pack("<4sI4s", b"RIFF", 4 + len(chunks), b"WAVE") + chunks


def read_layout(path: Path) -> WaveLayout | None:
    """Read the layout of a complete WAV file with PCM or float samples.

    Returns
    -------
    WaveLayout or None
        None for other files, and for truncated ones.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    with path.open("rb") as file:
        described = b""
        for name, offset, size in _chunks(file):
            if name == b"fmt " and 16 <= size <= 64:
                file.seek(offset)
                described = file.read(size)
            if name == b"data" and described:
                return _layout(described, offset, size, path.stat().st_size)
    return None


def read_metadata(path: Path) -> dict[bytes, bytes]:
    """Read the chunks of a WAV file that may state when it was recorded.

    Returns
    -------
    dict of bytes to bytes
        Content of ``guan`` (GUANO), ``bext`` (EBU Tech 3285) and ``LIST``; empty for other files.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    found: dict[bytes, bytes] = {}
    with path.open("rb") as file:
        for name, offset, size in _chunks(file):
            if name in (b"guan", b"bext", b"LIST"):
                file.seek(offset)
                found.setdefault(name, file.read(min(size, _MAX_METADATA_BYTES)))
    return found


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, position and size of each chunk of a RIFF or RF64 file."""
    head = file.read(12)
    if len(head) < 12 or head[:4] not in (b"RIFF", b"RF64") or head[8:] != b"WAVE":
        return
    at, long_size = 12, None
    for _ in range(_MAX_CHUNKS):
        file.seek(at)
        header = file.read(8)
        if len(header) < 8:
            return
        name, size = struct.unpack("<4sI", header)
        if name == b"ds64" and size >= 24:  # EBU Tech 3306: the sizes of RIFF and data in 64 bits
            long_size = struct.unpack("<Q", file.read(16)[8:])[0]
        if name == b"data" and size == 0xFFFFFFFF and long_size is not None:
            size = long_size
        yield name, at + 8, size
        at += 8 + size + size % 2


def _layout(described: bytes, offset: int, size: int, file_bytes: int) -> WaveLayout | None:
    tag, channels, sample_rate, _, frame_bytes, bits = struct.unpack("<HHIIHH", described[:16])
    if tag == _EXTENSIBLE and len(described) >= 26:
        tag = struct.unpack("<H", described[24:26])[0]
    is_plain = tag in (_PCM, _FLOAT) and channels and frame_bytes == channels * -(-bits // 8)
    if not is_plain or not frame_bytes or not size or offset + size > file_bytes:
        return None
    return WaveLayout(described, offset, size, sample_rate, channels, frame_bytes)
