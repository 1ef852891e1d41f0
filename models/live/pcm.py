"""Binary messages of 16-bit PCM from the browser's AudioWorklet.

Conventions
-----------
A message is little-endian: source number (uint32), sample rate in Hz (uint32), number of the first
sample counted from the beginning of the source (uint64), then mono samples (int16). A jump in the
sample numbers between two messages gives the number of lost samples.
"""

import struct
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from models.errors import RecordingError
from models.live.packets import Packet

MIN_RATE_HZ, MAX_RATE_HZ = 8_000, 192_000
"""Range of browsers' sample rates: an AudioContext has to support 8 to 96 kHz (Web Audio API,
BaseAudioContext.createBuffer), and sound cards go up to 192 kHz."""

MAX_SAMPLES = 16_384
"""Largest number of samples in a message: 0.34 s at 48 kHz, 32 kB."""

_HEADER = struct.Struct("<IIQ")
MAX_BYTES = _HEADER.size + 2 * MAX_SAMPLES
"""Size of the longest message, in bytes."""


def write_message(source: int, sample_rate: int, first: int, samples: NDArray[np.int16]) -> bytes:
    """Encode a message, as the browser does.

    Parameters
    ----------
    source : int
        Source number.
    sample_rate : int
        In Hz.
    first : int
        Number of the first sample.
    samples : ndarray of int16, shape (n_samples,)
        Mono samples.

    Returns
    -------
    bytes
        Header and samples.
    """
    return _HEADER.pack(source, sample_rate, first) + samples.astype("<i2").tobytes()


def read_message(message: bytes, arrived_at: float) -> tuple[int, Packet]:
    """Parse a message.

    Parameters
    ----------
    message : bytes
        As received.
    arrived_at : float
        Time of arrival on the stream's clock, in seconds.

    Returns
    -------
    source : int
        Source number in the message; not verified.
    packet : Packet
        The audio.

    Raises
    ------
    RecordingError
        If the message is malformed, too long, or of an unsupported sample rate.
    """
    n_bytes = len(message) - _HEADER.size
    if not (0 < n_bytes <= 2 * MAX_SAMPLES and n_bytes % 2 == 0):
        raise _malformed(f"A message of {len(message)} bytes")
    source, sample_rate, first = _HEADER.unpack_from(message)
    if not MIN_RATE_HZ <= sample_rate <= MAX_RATE_HZ:
        raise _malformed(f"Sound at {sample_rate} Hz")
    samples = np.frombuffer(message, "<i2", offset=_HEADER.size).astype(np.int16, copy=False)
    time_base = Fraction(1, sample_rate)
    return source, Packet(samples[None], "s16", sample_rate, 1, first, time_base, arrived_at)


def _malformed(what: str) -> RecordingError:
    return RecordingError(
        f"{what} came from the browser's microphone.",
        allowed=f"Up to {MAX_SAMPLES:,} samples of 16 bits at {MIN_RATE_HZ:,} to "
        f"{MAX_RATE_HZ:,} Hz are read.",
        remedy="Reload the page and start again.",
    )
