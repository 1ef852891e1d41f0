"""What may be changed while a stream is heard."""

from dataclasses import dataclass

from models.errors import SettingError

MIN_INTERVAL_S, MAX_INTERVAL_S = 0.1, 1.0


@dataclass(frozen=True)
class LiveSettings:
    """How a stream is classified, and what counts as heard.

    Parameters
    ----------
    interval_s : float
        Step between two windows in seconds, `MIN_INTERVAL_S` to `MAX_INTERVAL_S`. Where it is
        longer than a window (0.975 s for YAMNet), the rest goes unheard.
    threshold : float
        Score at which an event begins, in [0, 1].
    offset_threshold : float or None
        Score below which it ends, in [0, `threshold`]; the same as `threshold` if None.
    merge_gap_s : float
        An event goes on if its class is heard again within this many seconds. Half a second
        spares the log a new line for every syllable.
    gate_dbfs : float or None
        Windows of a lower RMS level give no events, and their frames are marked as gated. If
        None, only windows of digital silence (muted, or lost) do and are.
    watched : tuple of str
        Labels whose events are counted.

    Raises
    ------
    SettingError
        If a value lies outside its range.
    """

    interval_s: float = 0.25
    threshold: float = 0.3
    offset_threshold: float | None = None
    merge_gap_s: float = 0.5
    gate_dbfs: float | None = None
    watched: tuple[str, ...] = ()

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
