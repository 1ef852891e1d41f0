"""From packets to one continuous waveform, in which what was lost is silent and marked.

Conventions
-----------
*Stream time* counts seconds of sound from the first packet on, lost sound included; it never runs
backwards. Packets stay in the order in which they arrived.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np

from models.audio.resampling import Float32, Resampler
from models.live.packets import Packet

TOLERANCE_S = 0.00125
"""Half of Opus's shortest packet (2.5 ms, RFC 6716): less than this is rounding, no loss."""

MAX_FILL_S = 60.0
"""A longer jump is no loss but a sender that counts from a new beginning."""

SPARE_FILL_S = 5.0
"""Silence that may be filled in beyond the time that passed, in seconds: time stamps are the
sender's, and a burst after a stall arrives late. A jump beyond that counts as a new beginning."""

CLOCK_TOLERANCE = 1.05
"""How much faster than the server's clock a source may be: far more than sound cards differ."""

MAX_GAPS = 10_000
"""Gaps that are known, the newest: three hours with one in each second."""

SILENCE_PEAK = 2 / 32_768
"""Opus makes -1, 0 and 1 of 16-bit zeros (libopus, as it comes with PyAV, at 30 kbit/s). No open
microphone is as quiet as this: -84 dBFS."""

MUTED_AFTER_S = 1.0
"""A track that is muted delivers zeros, for longer than a pause of any noise suppression."""


@dataclass(frozen=True)
class Gap:
    """Sound that never arrived.

    Parameters
    ----------
    onset_s, offset_s : float
        The silence that stands in its place, in seconds. Both are the same where the sender began
        to count anew, and nobody knows how much is missing.
    """

    onset_s: float
    offset_s: float


class Intake:
    """Averages channels, fills gaps and resamples, packet after packet.

    Parameters
    ----------
    sample_rate : int
        The rate to come out, in Hz.

    Attributes
    ----------
    newest : Packet or None
        The packet that was taken last.
    gaps : deque of Gap
        Oldest first, at most `MAX_GAPS`.
    lost_packets : int
        How many packets of the present length the gaps amount to.
    """

    def __init__(self, sample_rate: int) -> None:
        self._sample_rate = sample_rate
        self._resampler = Resampler(sample_rate)
        self._source_rate: int | None = None
        self._run_onset_s = 0.0  # where the present source rate began, in stream time,
        self._n_fed = 0  # and how many samples were fed at that rate
        self._n_out = 0
        self._expected_s: float | None = None  # presentation time of the next packet
        self._silent_s = 0.0
        self._spare_s = SPARE_FILL_S  # silence that may be filled in at present
        self.newest: Packet | None = None
        self.gaps: deque[Gap] = deque(maxlen=MAX_GAPS)
        self.lost_packets = 0

    @property
    def position_s(self) -> float:
        """Stream time up to which sound went in; some of it is still in the resampler."""
        if self._source_rate is None:
            return self._run_onset_s
        return self._run_onset_s + self._n_fed / self._source_rate

    @property
    def muted(self) -> bool:
        """Whether nothing but digital silence has arrived for a while."""
        return self._silent_s > MUTED_AFTER_S

    def take(self, packet: Packet, n_joined: int = 1) -> Float32:
        """Take the next packet.

        Parameters
        ----------
        packet : Packet
            As it arrived, or joined from several (`models.live.packets.join_packets`).
        n_joined : int
            How many it was joined from.

        Returns
        -------
        ndarray of float32, shape (any,)
            What the resampler gave, silence for lost packets included. The newest milliseconds
            are still to come.

        Raises
        ------
        RecordingError
            If the packet's samples are not what its format says.
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
        """Return what is still in the resampler."""
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
        """Feed silence by the second: a minute of 192 kHz at once takes 46 MB."""
        sizes = (min(sample_rate, n_samples - at) for at in range(0, n_samples, sample_rate))
        return np.concatenate([self._feed(np.zeros(size, np.float32)) for size in sizes])

    def _fill(self, packet: Packet, packet_s: float) -> Float32:
        """Put silence where packets are missing before this one, and mark it."""
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
        """Allow as much more silence as time passed since the last packet.

        Silence is made by the clock, not by the sender: filling costs no more than real time, and
        what was saved up is bounded by one longest gap.
        """
        if self.newest is None:
            return
        passed_s = max(0.0, packet.arrived_at - self.newest.arrived_at)
        earned_s = self._spare_s + CLOCK_TOLERANCE * passed_s
        self._spare_s = min(MAX_FILL_S + SPARE_FILL_S, earned_s)

    def _jump_s(self, packet: Packet) -> float:
        """How much later than expected the packet begins, in seconds of presentation time."""
        onset_s, expected_s = packet.onset_s, self._expected_s
        self._expected_s = None if onset_s is None else onset_s + packet.duration_s
        return 0.0 if onset_s is None or expected_s is None else onset_s - expected_s
