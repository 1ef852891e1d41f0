"""Settings of an analysis and of what is made of it: frozen values."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from models.audio import Channels
from models.events import EventRules
from models.events.timeline import Timeline
from models.events.totals import Ranking
from models.inference import Squashing
from models.live import LiveSettings
from models.tflite.runtimes import Runtime

HOPS_S = (0.1, 0.24, 0.48, 0.975)
"""Steps offered: fine, a quarter of a window, half a window (YAMNet's own), no overlap."""

Breadth = Literal["all", "specific", "broad"]
"""Show every class, of each line only the most specific one heard, or only the broadest."""


@dataclass(frozen=True)
class ModelChoice:
    """What listens.

    Parameters
    ----------
    model : str
        Catalog name, or the SHA-256 of a brought model's file.
    runtime : {'litert', 'tflite'}
        What runs the model.
    sample_rate : int, optional
        Rate of the sound that the model takes, in Hz, where its file does not say.
    head : int, optional
        Which of its outputs is read, where there are several.
    squashing : {'softmax', 'sigmoid'}, optional
        What makes scores of that output's values where they are logits.
    labels_sha256 : str, optional
        SHA-256 of the labels of a brought model, in hexadecimal: its file alone does not say
        them, and two visitors may bring the same one with different lists.
    """

    model: str = "yamnet"
    runtime: Runtime = "litert"
    sample_rate: int | None = None
    head: int | None = None
    squashing: Squashing | None = None
    labels_sha256: str | None = None


@dataclass(frozen=True)
class SoundChoice:
    """What of a recording is analysed.

    Parameters
    ----------
    audio_track : int or None
        Index of an audio track; None for the container's default.
    channels : {'mix', 'left', 'right'} or int
        The mean of its channels, or one of them.
    """

    audio_track: int | None = None
    channels: Channels = "mix"

    @property
    def is_default(self) -> bool:
        """Whether nothing was chosen."""
        return self == SoundChoice()

    def as_dict(self) -> dict[str, Any]:
        """Give what was chosen, by the names of `models.load_clip`."""
        chosen = {} if self.audio_track is None else {"audio_track": self.audio_track}
        return chosen if self.channels == "mix" else {**chosen, "channels": self.channels}


@dataclass(frozen=True)
class AnalysisSettings:
    """What the scores depend on: changing one of these runs the model again.

    Parameters
    ----------
    listener : ModelChoice
        What listens.
    hop_s : float
        Step between two windows, in seconds.
    sound : SoundChoice
        Which track and channels of the recording are analysed.
    """

    listener: ModelChoice = ModelChoice()
    hop_s: float = 0.48
    sound: SoundChoice = SoundChoice()

    def as_dict(self) -> dict[str, Any]:
        """Give the settings by name, without those that nothing was chosen in."""
        chosen = {name: value for name, value in asdict(self.listener).items() if value is not None}
        return {**chosen, "hop_s": self.hop_s, **self.sound.as_dict()}


@dataclass(frozen=True)
class ViewSettings:
    """What is made of the scores: changing one of these only redraws.

    Parameters
    ----------
    n_classes : int
        Classes shown.
    threshold : float
        Score that an event has to reach, in [0, 1].
    hysteresis : float
        How far below that its score may fall before it ends, in [0, 1].
    merge_gap_s, min_duration_s : float
        Gap that is bridged, and duration below which an event is dropped, in seconds.
    refine : bool
        Whether edges of events move to where the sound itself begins and ends.
    smooth : int
        Width of the median filter over the scores, in windows; 1 is none.
    gate_dbfs : float or None
        Level of a window below which nothing counts as heard; None where the gate is off.
    roll_up : {'all', 'specific', 'broad'}
        What becomes of classes that contain each other.
    only, hidden : tuple of str
        Labels to show alone (all where empty), and labels to hide.
    by : {'time', 'mean', 'max'}
        How classes are ranked.
    curves : bool
        Whether lanes show scores as curves, in place of colours.
    """

    n_classes: int = 16
    threshold: float = 0.3
    hysteresis: float = 0.0
    merge_gap_s: float = 0.5
    min_duration_s: float = 0.0
    refine: bool = True
    smooth: int = 1
    gate_dbfs: float | None = None
    roll_up: Breadth = "specific"
    only: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    by: Ranking = "time"
    curves: bool = False

    @property
    def shape(self) -> tuple[object, ...]:
        """What the scores that are shown depend on, beside the analysis."""
        return (self.smooth, self.roll_up == "broad", self.only, self.hidden)

    def rules(self, own: Mapping[str, float]) -> EventRules:
        """Give the part that decides what is an event.

        Parameters
        ----------
        own : mapping of str to float
            Thresholds of single classes, in [0, 1].
        """
        return EventRules(
            self.threshold,
            # Rounded: 0.3 - 0.1 is a hair above 0.2, which a score of 0.2 would not reach.
            max(0.0, round(self.threshold - self.hysteresis, 6)),
            self.merge_gap_s,
            self.min_duration_s,
            tuple(sorted(own.items())),
        )

    def labels(self, timeline: Timeline) -> list[str]:
        """Labels that may be shown, in the model's order."""
        allowed = set(self.only or timeline.labels) - set(self.hidden)
        return [label for label in timeline.labels if label in allowed]


@dataclass(frozen=True)
class CompareSettings:
    """What both models are asked for, and how much of it is shown.

    Parameters
    ----------
    hop_s : float
        Step between two windows, in seconds, of those models that take any.
    threshold : float
        Score from which a class counts as heard, in [0, 1].
    n_classes : int
        Lanes drawn at most.
    """

    hop_s: float = AnalysisSettings.hop_s
    threshold: float = ViewSettings.threshold
    n_classes: int = 8

    @property
    def rules(self) -> EventRules:
        """What counts as an event: no more than the threshold, so that nothing else blurs it."""
        return EventRules(self.threshold)


@dataclass(frozen=True)
class LiveViewSettings:
    """How a stream is classified and shown. All of it may change while it is heard.

    Parameters
    ----------
    interval_s : float
        Step between two windows, in seconds.
    n_results : int
        Classes shown, as bars and as lanes.
    threshold : float
        Score from which a class counts as heard, in [0, 1].
    gate_dbfs : float or None
        Level below which nothing counts as heard; None where the gate is off.
    watched : tuple of str
        Labels that raise an alert and are counted.
    clean : bool
        Whether the browser may clean the sound as it does for calls.
    """

    interval_s: float = 0.25
    n_results: int = 8
    threshold: float = 0.3
    gate_dbfs: float | None = None
    watched: tuple[str, ...] = ()
    clean: bool = False

    def stream_settings(self) -> LiveSettings:
        """Give the part that the stream needs to know."""
        return LiveSettings(
            interval_s=self.interval_s,
            threshold=self.threshold,
            gate_dbfs=self.gate_dbfs,
            watched=self.watched,
        )
