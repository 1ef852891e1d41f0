"""Conversion of packets to one continuous mono waveform with marked gaps.

Conventions
-----------
*Stream time* counts seconds of audio from the first packet on, lost audio included; it never
decreases. Packets stay in the order of arrival.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np

from models.audio.resampling import Float32, Resampler
from models.live.packets import Packet

TOLERANCE_S = 0.00125
"""Half of Opus's shortest packet (2.5 ms, RFC 6716): a smaller jump is rounding, not loss."""

MAX_FILL_S = 60.0
"""Longest gap that is filled, in seconds: a longer jump means that the sender restarted its
count."""

SPARE_FILL_S = 5.0
"""Silence that may be filled in beyond the time elapsed, in seconds: time stamps are the sender's,
and a burst after a stall arrives late. A jump beyond that counts as a restart of the sender's
count."""

CLOCK_TOLERANCE = 1.05
"""Greatest ratio of a source's clock to the server's: far above the tolerance of sound cards."""

MAX_GAPS = 10_000
"""Number of gaps that are kept, the newest: three hours with one gap per second."""

SILENCE_PEAK = 2 / 32_768
"""Greatest magnitude of digital silence. Opus decodes 16-bit zeros to -1, 0 and 1 (libopus, as
distributed with PyAV, at 30 kbit/s). An open microphone is never below this level, -84 dBFS."""

MUTED_AFTER_S = 1.0
"""Duration of digital silence after which a track counts as muted, in seconds: longer than a pause
of noise suppression."""


@dataclass(frozen=True)
class Gap:
    """A stretch of lost audio.

    Parameters
    ----------
    onset_s, offset_s : float
        Interval of the silence that replaces it, in seconds. Both are equal where the amount of
        lost audio is unknown because the sender restarted its count.
    """

    onset_s: float
    offset_s: float


class Intake:
    """Averages channels, fills gaps and resamples, packet by packet.

    Parameters
    ----------
    sample_rate : int
        Output sample rate, in Hz.

    Attributes
    ----------
    newest : Packet or None
        The last packet processed.
    gaps : deque of Gap
        Oldest first, at most `MAX_GAPS`; the oldest are dropped.
    lost_packets : int
        Number of lost packets, estimated from the gaps and the packet length at each.
    """

    def __init__(self, sample_rate: int) -> None:
        self._sample_rate = sample_rate
        self._resampler = Resampler(sample_rate)
        self._source_rate: int | None = None
        self._run_onset_s = 0.0  # stream time at which the current source rate began,
        self._n_fed = 0  # and the number of samples fed at that rate
        self._n_out = 0
        self._expected_s: float | None = None  # presentation time of the next packet
        self._silent_s = 0.0
        self._spare_s = SPARE_FILL_S  # silence that may currently be filled in
        self.newest: Packet | None = None
        self.gaps: deque[Gap] = deque(maxlen=MAX_GAPS)
        self.lost_packets = 0

    @property
    def position_s(self) -> float:
        """Stream time of the audio fed so far, in seconds; some of it is still in the resampler."""
        if self._source_rate is None:
            return self._run_onset_s
        return self._run_onset_s + self._n_fed / self._source_rate

    @property
    def muted(self) -> bool:
        """Whether digital silence alone has arrived for more than `MUTED_AFTER_S`."""
        return self._silent_s > MUTED_AFTER_S

    def take(self, packet: Packet, n_joined: int = 1) -> Float32:
        """Process the next packet.

        Parameters
        ----------
        packet : Packet
            As it arrived, or joined from several (`models.live.packets.join_packets`).
        n_joined : int
            Number of packets that it was joined from.

        Returns
        -------
        ndarray of float32, shape (n_samples,)
            Output of the resampler, silence for lost packets included. The resampler delays the
            newest milliseconds.

        Raises
        ------
        RecordingError
            If the packet's samples do not match its format.
        """
        mono = packet.mono()
        if not len(mono):
            return mono
        self._earn(packet)
        before = self._switch(packet.sample_rate)
        silence = self._fill(packet, packet.duration_s / n_joined)
        is_silent = np.abs(mono).max() <= SILENCE_PEAK
        self._silent_s = self._silent_s + packet.duration_s if is_silent else 0.0
        self.newest = packet
        return np.concatenate((before, silence, self._feed(mono)))

    def finish(self) -> Float32:
        """Flush the resampler: return its remaining samples, float32 of shape (n_samples,)."""
        rest = self._resampler.flush()
        self._n_out += len(rest)
        self._run_onset_s = self._n_out / self._sample_rate
        self._source_rate, self._n_fed = None, 0
        return rest

    def forget(self, before_s: float) -> None:
        """Drop the gaps that end before a stream time."""
        while self.gaps and self.gaps[0].offset_s < before_s:
            self.gaps.popleft()

    def _switch(self, source_rate: int) -> Float32:
        if source_rate == self._source_rate:
            return np.zeros(0, np.float32)
        rest = self.finish()
        self._source_rate = source_rate
        return rest

    def _feed(self, mono: Float32) -> Float32:
        assert self._source_rate is not None, "_switch comes first"  # noqa: S101
        samples = self._resampler.process(mono, self._source_rate)
        self._n_fed += len(mono)
        self._n_out += len(samples)
        return samples

    def _feed_silence(self, n_samples: int, sample_rate: int) -> Float32:
        """Feed silence in blocks of a second: a minute at 192 kHz in one block takes 46 MB."""
        sizes = (min(sample_rate, n_samples - at) for at in range(0, n_samples, sample_rate))
        return np.concatenate([self._feed(np.zeros(size, np.float32)) for size in sizes])

    def _fill(self, packet: Packet, packet_s: float) -> Float32:
        """Insert silence for the packets missing before this one, and record the gap."""
        missing_s = self._jump_s(packet)
        if abs(missing_s) < TOLERANCE_S:
            return np.zeros(0, np.float32)
        onset_s = self.position_s
        silence = np.zeros(0, np.float32)
        if 0 < missing_s <= min(MAX_FILL_S, self._spare_s):
            self._spare_s -= missing_s
            silence = self._feed_silence(round(missing_s * packet.sample_rate), packet.sample_rate)
            self.lost_packets += max(1, round(missing_s / packet_s))
        self.gaps.append(Gap(onset_s, self.position_s))
        return silence

    def _earn(self, packet: Packet) -> None:
        """Increase the silence allowance by the time elapsed since the last packet.

        The allowance follows the server's clock, not the sender's time stamps: filling costs no
        more than real time. The accumulated allowance is bounded by
        `MAX_FILL_S` + `SPARE_FILL_S`.
        """
        if self.newest is None:
            return
        passed_s = max(0.0, packet.arrived_at - self.newest.arrived_at)
        earned_s = self._spare_s + CLOCK_TOLERANCE * passed_s
        self._spare_s = min(MAX_FILL_S + SPARE_FILL_S, earned_s)

    def _jump_s(self, packet: Packet) -> float:
        """Return how much later than expected the packet begins, in seconds; may be negative."""
        onset_s, expected_s = packet.onset_s, self._expected_s
        self._expected_s = None if onset_s is None else onset_s + packet.duration_s
        return 0.0 if onset_s is None or expected_s is None else onset_s - expected_s
