"""Statistics on the reception and latency of a stream."""

import math
from collections import deque
from itertools import takewhile

from models.live.intake import Intake
from models.live.snapshot import Health

ENDED_AFTER_S = 2.0
"""Time without a packet after which a stream has ended, in seconds. WebRTC itself detects a closed
tab only after 30 s (RFC 7675)."""

_RATE_SPAN_S = 2.0
_MAX_ARRIVALS = 1_000  # `_RATE_SPAN_S` of Opus's shortest packets, 2.5 ms, are 800
_MAX_INFERENCES = 100


class Vitals:
    """Collects the statistics of `Health`."""

    def __init__(self) -> None:
        self.packets = 0
        self.dropped_windows = 0
        self._first_at: float | None = None
        self._arrivals: deque[float] = deque(maxlen=_MAX_ARRIVALS)
        self._scored_at: float | None = None
        self._inferences_s: deque[float] = deque(maxlen=_MAX_INFERENCES)

    @property
    def newest_at(self) -> float | None:
        """Arrival time of the newest packet on the stream's clock, in seconds, or None."""
        return self._arrivals[-1] if self._arrivals else None

    def packet_arrived(self, arrived_at: float) -> None:
        """Count a packet."""
        self.packets += 1
        self._arrivals.append(arrived_at)
        self._first_at = arrived_at if self._first_at is None else self._first_at

    def window_scored(self, arrived_at: float, inference_s: float) -> None:
        """Record that the audio that arrived at `arrived_at` has been scored."""
        self._scored_at = arrived_at
        self._inferences_s.append(inference_s)

    def has_ended(self, now: float) -> bool:
        """Return whether packets have stopped arriving."""
        return self.newest_at is not None and now - self.newest_at > ENDED_AFTER_S

    def health(
        self, now: float, intake: Intake, *, pending: int, rate: int, stopped: bool
    ) -> Health:
        """Summarize the statistics at time `now` on the stream's clock."""
        newest = intake.newest
        p50_s, p95_s = self._percentiles()
        ended = stopped or self.has_ended(now)
        return Health(
            sample_rate=None if newest is None else newest.sample_rate,
            sample_format=None if newest is None else newest.sample_format,
            channels=None if newest is None else newest.channels,
            model_sample_rate=rate,
            packets=self.packets,
            packets_per_s=self._packets_per_s(now),
            score_age_s=None if self._scored_at is None else now - self._scored_at,
            inference_p50_s=p50_s,
            inference_p95_s=p95_s,
            pending_windows=pending,
            dropped_windows=self.dropped_windows,
            lost_packets=intake.lost_packets,
            muted=intake.muted and not ended,
            ended=ended,
        )

    def _packets_per_s(self, now: float) -> float:
        if self._first_at is None:
            return 0.0
        recent = takewhile(lambda at: now - at <= _RATE_SPAN_S, reversed(self._arrivals))
        n_packets = sum(1 for _ in recent)
        # At the start of a stream the span is short: it counts as a tenth of a second at least.
        return n_packets / min(_RATE_SPAN_S, max(0.1, now - self._first_at))

    def _percentiles(self) -> tuple[float | None, float | None]:
        if not self._inferences_s:
            return None, None
        # Nearest rank: `numpy.percentile` takes ten times as long for so few values.
        ranked = sorted(self._inferences_s)
        return ranked[(len(ranked) - 1) // 2], ranked[math.ceil(0.95 * len(ranked)) - 1]
