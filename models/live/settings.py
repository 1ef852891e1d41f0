"""Settings of a live stream."""

from dataclasses import dataclass

from models.errors import SettingError
from models.events import DEFAULT_THRESHOLD

MIN_INTERVAL_S, MAX_INTERVAL_S = 0.1, 1.0


@dataclass(frozen=True)
class LiveSettings:
    """Settings of a live stream; all may change while it runs.

    Parameters
    ----------
    interval_s : float
        Hop in seconds, `MIN_INTERVAL_S` to `MAX_INTERVAL_S`. Audio between windows is not
        classified where the hop exceeds the window (0.975 s for YAMNet).
    threshold : float
        Score at which an event begins, in [0, 1].
    offset_threshold : float or None
        Score below which an event ends, in [0, `threshold`]; the same as `threshold` if None.
    merge_gap_s : float
        Pauses of a class up to this length do not end an event, in seconds, in [0, 60]. At 0.5 s,
        the pauses between syllables do not split an event.
    gate_dbfs : float or None
        RMS level in dBFS, in [-120, 0]: frames of windows at or below it are marked as gated and
        give no events. If None, only windows of digital silence (muted or lost audio) are gated.
    watched : tuple of str
        Labels whose events are counted.
    refine : bool
        Whether onsets and offsets of events that end from now on are refined by the level of the
        audio (`models.live.edges`).

    Raises
    ------
    SettingError
        If a value is out of range.
    """

    interval_s: float = 0.25
    threshold: float = DEFAULT_THRESHOLD
    offset_threshold: float | None = None
    merge_gap_s: float = 0.5
    gate_dbfs: float | None = None
    watched: tuple[str, ...] = ()
    refine: bool = True

    def __post_init__(self) -> None:
        _check(
            "classification interval", self.interval_s, MIN_INTERVAL_S, MAX_INTERVAL_S, unit=" s"
        )
        _check("score threshold", self.threshold, 0, 1)
        if self.offset_threshold is not None:
            _check("offset threshold", self.offset_threshold, 0, self.threshold)
        _check("merge gap", self.merge_gap_s, 0, 60, unit=" s")
        if self.gate_dbfs is not None:
            _check("level gate", self.gate_dbfs, -120, 0, unit=" dBFS")

    @property
    def lower_threshold(self) -> float:
        """Score below which an event ends, in [0, 1]."""
        return self.threshold if self.offset_threshold is None else self.offset_threshold


def _check(name: str, value: float, low: float, high: float, *, unit: str = "") -> None:
    if not low <= value <= high:
        raise SettingError(
            f"The {name} is {value:g}{unit}.",
            allowed=f"It lies between {low:g}{unit} and {high:g}{unit}.",
            remedy="Choose a value in that range.",
        )
