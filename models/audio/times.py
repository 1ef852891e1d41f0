"""Placement of decoded audio on the container's timeline.

Conventions
-----------
Time 0 is where a player begins. In containers whose time stamps have an arbitrary origin (MPEG-TS
counts from the start of a broadcast) that is the earliest time stamp; in all others it is 0. Where
a time stamp is later than the end of the preceding audio, silence is inserted, so that times equal
those of a player. Time stamps that go back are ignored: audio is appended without overlap.
"""

LEAST_START_S = 0.05
"""Shortest silence before the first audio, in seconds. Codec delays (1105 samples in MP3) are
shorter, and so is the start time of 16 ms of some Ogg files that were cut from longer ones."""

WMA_DELAY_S = 0.12
"""The same for Windows Media Audio, whose decoders drop two frames of up to 2048 samples."""

LEAST_GAP_S = 0.05
"""Shortest silence inside the audio, in seconds: the clocks of Matroska, ASF and FLV have ticks of
1 ms, and recorders' clocks jitter by more. Shorter gaps accumulate until they reach this length."""

MAX_GAP_S = 600.0
"""Longest silence that is inserted at once, in seconds. A longer gap is more likely an origin of
the clock before which nothing is played (radio streams run for days), and is reported."""

_BACKWARD_S = 1.0
"""A time stamp this far behind the audio starts a new clock, as in concatenated files."""

_TIMED = frozenset(
    ("mov", "matroska", "ogg", "asf", "mpegts", "mpeg", "avi", "mxf", "flv", "nut", "wtv", "rm")
)
"""Containers with time stamps, by FFmpeg's first names; for others FFmpeg counts samples."""

_WITH_GAPS = _TIMED - {"avi", "mxf", "rm"}
"""Containers whose time stamps are more than a count of the preceding samples."""

_FROM_ZERO = frozenset(("mov", "matroska", "ogg", "avi", "mxf"))
"""Containers whose timeline begins at 0, even if the first time stamp is later."""


class Placement:
    """Places frames on the timeline, in order.

    Parameters
    ----------
    container : str
        FFmpeg's first name for it.
    origin_s : float
        The earliest time stamp of all streams, in seconds.

    Attributes
    ----------
    start_s : float
        Time of the first sample, in seconds.
    silence_s : float
        Duration of the silence inserted after the first sample, in seconds.
    gaps_s : list of float
        Times of these insertions, in seconds.
    passed_over_s : list of float
        Gaps that were too long to be inserted, in seconds.
    """

    def __init__(self, container: str, origin_s: float) -> None:
        self._is_timed = container in _TIMED
        self._has_gaps = container in _WITH_GAPS
        self._shift_s = 0.0 if container in _FROM_ZERO else origin_s
        self._least_start_s = WMA_DELAY_S if container == "asf" else LEAST_START_S
        self._has_begun = False
        self.start_s = 0.0
        self.silence_s = 0.0
        self.gaps_s: list[float] = []
        self.passed_over_s: list[float] = []

    @property
    def reads_stamps(self) -> bool:
        """Whether the time stamp of the next frame matters."""
        return self._has_gaps or (self._is_timed and not self._has_begun)

    def silence_before(self, stamp_s: float | None, position_s: float) -> float:
        """Return the duration of the silence before a frame, in seconds.

        Parameters
        ----------
        stamp_s : float or None
            Time stamp of the frame, in seconds.
        position_s : float
            End of the preceding audio, in seconds.
        """
        is_first, self._has_begun = not self._has_begun, True
        if stamp_s is None or not (self._is_timed if is_first else self._has_gaps):
            return 0.0
        ahead_s = stamp_s - self._shift_s - position_s
        if ahead_s > MAX_GAP_S:
            self.passed_over_s.append(ahead_s)
        if ahead_s > MAX_GAP_S or ahead_s < -_BACKWARD_S:
            self._shift_s += ahead_s
            return 0.0
        return self._begin(ahead_s) if is_first else self._go_on(ahead_s, position_s)

    def _begin(self, ahead_s: float) -> float:
        if ahead_s < self._least_start_s:
            self._shift_s += ahead_s
            return 0.0
        self.start_s = ahead_s
        return ahead_s

    def _go_on(self, ahead_s: float, position_s: float) -> float:
        if ahead_s < LEAST_GAP_S:
            return 0.0
        self.silence_s += ahead_s
        self.gaps_s.append(position_s)
        return ahead_s

    def notices(self) -> list[str]:
        """Return notices for the user, in sentences."""
        told = []
        if self.gaps_s:
            count = "a gap" if len(self.gaps_s) == 1 else f"{len(self.gaps_s)} gaps"
            told.append(
                f"Its time stamps have {count} of {self.silence_s:.3g} s in all, from "
                f"{self.gaps_s[0]:.2f} s on, which are silent here."
            )
        if self.passed_over_s:
            told.append(
                f"Its time stamps leave out {self.passed_over_s[0]:.0f} s, which is more than the "
                f"{MAX_GAP_S:.0f} s of silence that are put in: times here count on without them."
            )
        return told
