"""Audio packets from WebRTC and from the WebSocket, and the queue between receiver and worker.

Conventions
-----------
A *packet* is one delivery of audio, in the sender's format. FFmpeg's *packed* formats ("s16",
"flt") interleave the channels in one row; its *planar* formats ("s16p", "fltp") have one row per
channel.

A *message* is a packet as the browser's AudioWorklet sends it over the WebSocket (pcm.js). It is
little-endian: source number (uint32), sample rate in Hz (uint32), number of the first sample
counted from the beginning of the source (uint64), then mono samples (int16). A jump in the sample
numbers between two messages gives the number of lost samples.
"""

import math
import struct
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.audio.resampling import SAMPLE_TYPES, Float32, mix_channels
from models.errors import RecordingError

CAPACITY_PACKETS = 1_000
"""Capacity of the queue: 20 s of WebRTC's 20 ms packets (RFC 7587), 4 MB. The worker takes less
than a millisecond per packet, so the queue fills only if the machine stalls."""


JOINED_S = 0.3
"""Packets that arrived within this time are joined, in seconds: one interval at the default
settings."""

MIN_RATE_HZ, MAX_RATE_HZ = 8_000, 192_000
"""Range of browsers' sample rates: an AudioContext has to support 8 to 96 kHz (Web Audio API,
BaseAudioContext.createBuffer), and sound cards go up to 192 kHz."""

MAX_SAMPLES = 16_384
"""Largest number of samples in a message: 0.34 s at 48 kHz, 32 kB."""

MESSAGE_HEADER = struct.Struct("<IIQ")
"""Source number, sample rate and number of the first sample."""

MAX_BYTES = MESSAGE_HEADER.size + 2 * MAX_SAMPLES
"""Size of the longest message, in bytes."""


@dataclass(frozen=True, eq=False)
class Packet:
    """One delivery of audio.

    Parameters
    ----------
    samples : ndarray, shape (1, n_samples * channels) or (channels, n_samples)
        Packed or planar samples, as returned by PyAV's ``AudioFrame.to_ndarray()``.
    sample_format : str
        FFmpeg's name of the format: "s16", "s16p", "flt", "fltp", ...
    sample_rate : int
        In Hz.
    channels : int
        Number of channels.
    pts : int or None
        Presentation time of the first sample, in units of `time_base`; None if unknown.
    time_base : Fraction or None
        Unit of `pts`, in seconds.
    arrived_at : float
        Time of arrival on the stream's clock, in seconds.
    """

    samples: NDArray[Any]
    sample_format: str
    sample_rate: int
    channels: int
    pts: int | None
    time_base: Fraction | None
    arrived_at: float

    @classmethod
    def from_frame(cls, frame: Any, arrived_at: float) -> "Packet":  # noqa: ANN401  # no av here
        """Convert an ``av.AudioFrame``; takes 10 microseconds for a frame of 20 ms."""
        return cls(
            samples=frame.to_ndarray(),
            sample_format=frame.format.name,
            sample_rate=frame.sample_rate,
            channels=frame.layout.nb_channels,
            pts=frame.pts,
            time_base=frame.time_base,
            arrived_at=arrived_at,
        )

    @property
    def n_samples(self) -> int:
        """Samples per channel."""
        return self.samples.size // self.channels

    @property
    def duration_s(self) -> float:
        """Duration in seconds."""
        return self.n_samples / self.sample_rate

    @property
    def onset_s(self) -> float | None:
        """Presentation time of the first sample in seconds, None if unknown."""
        if self.pts is None or self.time_base is None:
            return None
        return float(self.pts * self.time_base)

    def precedes(self, other: "Packet", tolerance_s: float) -> bool:
        """Return whether another packet has the same format and begins where this one ends."""
        if (self.sample_format, self.sample_rate, self.channels, self.time_base) != (
            other.sample_format,
            other.sample_rate,
            other.channels,
            other.time_base,
        ):
            return False
        if self.onset_s is None or other.onset_s is None:
            return self.onset_s is other.onset_s
        return abs(other.onset_s - self.onset_s - self.duration_s) < tolerance_s

    def mono(self) -> Float32:
        """Average the channels.

        Returns
        -------
        ndarray of float32, shape (n_samples,)
            Mono samples, nominally in [-1, 1].

        Raises
        ------
        RecordingError
            If the samples do not match the format.
        """
        is_planar = self.sample_format.endswith("p")
        dtype = SAMPLE_TYPES.get(self.sample_format.removesuffix("p"))
        rows = self.channels if is_planar else 1
        is_whole = self.samples.ndim == 2 and self.samples.size % self.channels == 0
        if dtype is None or self.samples.dtype != np.dtype(dtype) or not is_whole:
            raise self._malformed()
        if len(self.samples) != rows:
            raise self._malformed()
        block = self.samples if is_planar else self.samples.reshape(-1, self.channels).T
        return mix_channels(block)[0]

    def _malformed(self) -> RecordingError:
        return RecordingError(
            f"A packet of {self.samples.dtype} of shape {self.samples.shape} arrived as "
            f"{self.channels} channels of {self.sample_format}.",
            allowed=f"Packed or planar samples are supported: {', '.join(SAMPLE_TYPES)}.",
            remedy="Stop and start again, or choose another microphone.",
        )


def read_message(message: bytes, arrived_at: float) -> tuple[int, Packet]:
    """Read a packet from a message of the WebSocket.

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
    n_bytes = len(message) - MESSAGE_HEADER.size
    if not (0 < n_bytes <= 2 * MAX_SAMPLES and n_bytes % 2 == 0):
        raise _malformed_message(f"A message of {len(message)} bytes")
    source, sample_rate, first = MESSAGE_HEADER.unpack_from(message)
    if not MIN_RATE_HZ <= sample_rate <= MAX_RATE_HZ:
        raise _malformed_message(f"Sound at {sample_rate} Hz")
    samples = np.frombuffer(message, "<i2", offset=MESSAGE_HEADER.size).astype(np.int16, copy=False)
    time_base = Fraction(1, sample_rate)
    return source, Packet(samples[None], "s16", sample_rate, 1, first, time_base, arrived_at)


def _malformed_message(what: str) -> RecordingError:
    return RecordingError(
        f"{what} came from the browser's microphone.",
        allowed=f"Up to {MAX_SAMPLES:,} samples of 16 bits at {MIN_RATE_HZ:,} to "
        f"{MAX_RATE_HZ:,} Hz are read.",
        remedy="Reload the page and start again.",
    )


def join_packets(packets: Sequence[Packet], tolerance_s: float) -> list[tuple[Packet, int]]:
    """Join consecutive packets, so that they are converted and resampled in one call.

    Packets that arrived more than `JOINED_S` apart, or between which audio is missing, are not
    joined.

    Parameters
    ----------
    packets : sequence of Packet
        In order of arrival.
    tolerance_s : float
        Difference of presentation times that counts as rounding, in seconds.

    Returns
    -------
    list of (Packet, int)
        Each packet with the number of packets that it was joined from.
    """
    runs: list[list[Packet]] = []
    for packet in packets:
        begun = bool(runs) and packet.arrived_at - runs[-1][0].arrived_at <= JOINED_S
        if begun and runs[-1][-1].precedes(packet, tolerance_s):
            runs[-1].append(packet)
        else:
            runs.append([packet])
    return [(_joined(run), len(run)) for run in runs]


def _joined(run: list[Packet]) -> Packet:
    if len(run) == 1:
        return run[0]
    shapes = {(one.samples.dtype, one.samples.ndim, one.samples.shape[:-1]) for one in run}
    if len(shapes) > 1 or run[0].samples.ndim != 2:  # malformed: `Packet.mono` raises the error
        return next((one for one in run if one.samples.ndim != 2), run[0])
    samples = np.concatenate([one.samples for one in run], axis=1)
    return replace(run[0], samples=samples, arrived_at=run[-1].arrived_at)


class Inlet:
    """A bounded queue between the thread that receives packets and the worker.

    It has no reference to the stream, so a sender does not keep the stream alive. `push` wakes the
    worker once, when the audio that it waits for has arrived, and not for every packet: waking a
    thread costs the sender ten times as much as queueing a packet.

    Parameters
    ----------
    capacity : int
        Number of packets that fit. When the queue is full, the oldest packet is dropped; the gap
        shows in the time stamps and is filled and marked like any other.

    Attributes
    ----------
    arrived_s : float
        Duration of all packets pushed so far, in seconds.
    """

    def __init__(self, capacity: int = CAPACITY_PACKETS) -> None:
        self._packets: deque[Packet] = deque(maxlen=capacity)
        self._woken = threading.Event()
        self._closed = False
        self._wake_at_s = math.inf  # written by the worker, and reset by the sender
        self.arrived_s = 0.0  # written by the sender only

    def push(self, packet: Packet) -> None:
        """Queue a packet, without copying, conversion or blocking; ignored after `close`."""
        if self._closed:
            return
        self._packets.append(packet)
        self.arrived_s += packet.duration_s
        if self.arrived_s >= self._wake_at_s:
            self._wake_at_s = math.inf
            self._woken.set()

    def __len__(self) -> int:
        return len(self._packets)

    def take(self) -> Packet | None:
        """Remove and return the oldest packet; None if the queue is empty."""
        try:
            return self._packets.popleft()
        except IndexError:
            return None

    def wait(self, until_s: float, timeout_s: float) -> None:
        """Block until enough audio has arrived, `wake` is called, or the timeout expires.

        Parameters
        ----------
        until_s : float
            Value of `arrived_s` to wait for, in seconds of audio.
        timeout_s : float
            Longest wait, in seconds.
        """
        self._wake_at_s = until_s
        if self.arrived_s < until_s:
            self._woken.wait(timeout_s)
        self._woken.clear()

    def wake(self) -> None:
        """End a `wait` early."""
        self._woken.set()

    def close(self) -> None:
        """Reject further packets; queued ones can still be taken. Takes no lock, wakes nothing."""
        self._closed = True

    def clear(self) -> None:
        """Drop the queued packets."""
        self._packets.clear()
