"""Settings of analysis, view, comparison and live stream, as frozen values."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from models.audio import Channels
from models.audio.detailed_spectrogram import SpectrogramChoice
from models.audio.frequency_bands import FrequencyAxis
from models.events import DEFAULT_THRESHOLD, EventRules
from models.events.timeline import Timeline
from models.events.totals import Ranking
from models.inference import Squashing
from models.live import LiveSettings
from models.tflite.runtimes import Runtime

HOPS_S = (0.1, 0.24, 0.48, 0.975)
"""Hops offered, in seconds: fine, a quarter of a window, half a window (YAMNet's default), no
overlap."""

Breadth = Literal["all", "specific", "broad"]
"""Whether to show all classes, only the most specific detected ones, or only the broadest."""


@dataclass(frozen=True)
class ModelChoice:
    """Choice of a model, its runtime, and parameters that its file leaves open.

    Parameters
    ----------
    model : str
        Catalog name, or the SHA-256 of another model's file.
    runtime : {'litert', 'tflite'}
        Runtime that executes the model.
    sample_rate : int, optional
        Sample rate of the model's input, in Hz, if its file does not state it.
    head : int, optional
        Index of the output that is read, if there are several.
    squashing : {'softmax', 'sigmoid'}, optional
        Function that converts that output to scores, if it gives logits.
    labels_sha256 : str, optional
        SHA-256 of the labels of a model outside the catalog, in hexadecimal: its file may lack
        them, and two visitors may upload the same file with different lists.
    """

    model: str = "yamnet"
    runtime: Runtime = "litert"
    sample_rate: int | None = None
    head: int | None = None
    squashing: Squashing | None = None
    labels_sha256: str | None = None


@dataclass(frozen=True)
class SoundChoice:
    """Choice of the audio track and channels of a recording.

    Parameters
    ----------
    audio_track : int or None
        Index of an audio track; None for the container's default.
    channels : {'mix', 'left', 'right'} or int
        The mean of all channels, or one of them.
    """

    audio_track: int | None = None
    channels: Channels = "mix"

    @property
    def is_default(self) -> bool:
        """Whether this is the default choice."""
        return self == SoundChoice()

    def as_dict(self) -> dict[str, Any]:
        """Return the choices that differ from the defaults, as arguments of `models.load_clip`."""
        chosen = {} if self.audio_track is None else {"audio_track": self.audio_track}
        return chosen if self.channels == "mix" else {**chosen, "channels": self.channels}


@dataclass(frozen=True)
class AnalysisSettings:
    """Settings that the results depend on: changing one runs the model again.

    Parameters
    ----------
    listener : ModelChoice
        The model.
    hop_s : float
        Step between two windows, in seconds.
    sound : SoundChoice
        Track and channels of the recording to analyse.
    unplayable : frozenset of str
        Types that the visitor's browser does not play (`components.ui.media_types`): the analysis
        converts recordings of these types. The scores do not depend on it.
    """

    listener: ModelChoice = ModelChoice()
    hop_s: float = 0.48
    sound: SoundChoice = SoundChoice()
    unplayable: frozenset[str] = frozenset()

    def as_dict(self) -> dict[str, Any]:
        """Return the settings that the scores depend on by name, without those that are not set."""
        chosen = {name: value for name, value in asdict(self.listener).items() if value is not None}
        return {**chosen, "hop_s": self.hop_s, **self.sound.as_dict()}


@dataclass(frozen=True)
class ViewSettings:
    """Settings of events and display: changing one does not run the model again.

    Parameters
    ----------
    n_classes : int
        Number of classes shown.
    threshold : float
        Onset threshold of an event's score, in [0, 1].
    hysteresis : float
        Difference between onset and offset threshold, in [0, 1].
    merge_gap_s, min_duration_s : float
        Maximum gap between events that are merged, and minimum duration of an event, in seconds.
    refine : bool
        Whether onsets and offsets of events are refined by the level of the audio.
    smooth : int
        Width of the median filter over the scores, in windows; 1 for none.
    gate_dbfs : float or None
        Level of a window below which no class is detected, in dBFS; None if the gate is off.
    roll_up : {'all', 'specific', 'broad'}
        Treatment of classes that contain each other.
    only, hidden : tuple of str
        Labels to show exclusively (all if empty), and labels to hide.
    by : {'time', 'mean', 'max'}
        Criterion by which classes are ranked.
    curves : bool
        Whether lanes show scores as curves instead of colours.
    """

    n_classes: int = 16
    threshold: float = DEFAULT_THRESHOLD
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
        """Key of the settings that the shown scores depend on."""
        return (self.smooth, self.roll_up == "broad", self.only, self.hidden)

    def rules(self, own: Mapping[str, float]) -> EventRules:
        """Return the rules of events.

        Parameters
        ----------
        own : mapping of str to float
            Thresholds in [0, 1] by label.
        """
        return EventRules(
            self.threshold,
            # Rounded: 0.04 - 0.03 is slightly above 0.01, which a score of 0.01 would not reach.
            max(0.0, round(self.threshold - self.hysteresis, 6)),
            self.merge_gap_s,
            self.min_duration_s,
            tuple(sorted(own.items())),
        )

    def labels(self, timeline: Timeline) -> list[str]:
        """Return the labels that may be shown, in the model's order."""
        allowed = set(self.only or timeline.labels) - set(self.hidden)
        return [label for label in timeline.labels if label in allowed]


ColourMap = Literal["Viridis", "Magma", "Inferno", "Cividis", "Grey"]
"""Colour map of the spectrogram."""

COLOUR_MAPS: tuple[ColourMap, ...] = get_args(ColourMap)

OWN_TOP_HZ = 8_000
"""Highest frequency of the spectrogram that the analysis draws, in Hz."""

TOPS_HZ = (1_000, 2_000, 4_000, OWN_TOP_HZ, 12_000, 16_000, 24_000, None)
"""Highest frequencies offered, in Hz; None for half the recording's sample rate."""

RANGES_DB = (20, 120)
"""Least and greatest range of levels offered, in dB."""

OWN_RANGE_DB = 80
"""Range of levels of the spectrogram that the analysis draws, in dB."""


@dataclass(frozen=True)
class SpectrogramSettings:
    """Settings of the player's spectrogram.

    Parameters
    ----------
    axis : {'mel', 'linear', 'log'}
        Axis of frequencies.
    top_hz : int or None
        Highest frequency, in Hz; None for half the recording's sample rate.
    range_db : int
        Range of levels that the colours tell apart, in dB below the loudest band.
    colours : ColourMap
        Name of the colour map.
    """

    axis: FrequencyAxis = "mel"
    top_hz: int | None = OWN_TOP_HZ
    range_db: int = OWN_RANGE_DB
    colours: ColourMap = "Viridis"

    def choice(self, sample_rate: int) -> SpectrogramChoice | None:
        """Return what has to be drawn for a recording; None if the analysis has it already.

        Parameters
        ----------
        sample_rate : int
            Sample rate of the recording, in Hz.
        """
        is_own = self.axis == "mel" and self.top_hz == OWN_TOP_HZ
        if is_own and self.range_db <= OWN_RANGE_DB:
            return None
        nyquist_hz = sample_rate / 2
        top_hz = nyquist_hz if self.top_hz is None else min(float(self.top_hz), nyquist_hz)
        return SpectrogramChoice(self.axis, top_hz)


SPEEDS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0)
"""Speeds that the player offers; components/player/sound_controls.js has the same."""


@dataclass(frozen=True)
class PlaybackSettings:
    """Settings of the player's sound.

    Parameters
    ----------
    volume : float
        Volume, in [0, 1].
    speed : float
        Speed relative to the recording's, one of `SPEEDS`.
    keeps_pitch : bool
        Whether a speed other than 1 leaves the pitch unchanged.
    """

    volume: float = 1.0
    speed: float = 1.0
    keeps_pitch: bool = True


@dataclass(frozen=True)
class CompareSettings:
    """Settings of a comparison of two models.

    Parameters
    ----------
    hop_s : float
        Step between two windows, in seconds, of models with a variable hop.
    threshold : float
        Score at which a class counts as detected, in [0, 1].
    n_classes : int
        Maximum number of lanes.
    """

    hop_s: float = AnalysisSettings.hop_s
    threshold: float = ViewSettings.threshold
    n_classes: int = 8

    @property
    def rules(self) -> EventRules:
        """Rules of events: only the threshold, without any of the other rules' settings."""
        return EventRules(self.threshold)


@dataclass(frozen=True)
class LiveViewSettings:
    """Settings of a live stream and its display. All of them may change while it runs.

    Parameters
    ----------
    interval_s : float
        Step between two windows, in seconds.
    n_results : int
        Number of classes shown, as bars and as lanes.
    threshold : float
        Score at which a class counts as detected, in [0, 1].
    gate_dbfs : float or None
        Level below which no class is detected, in dBFS; None if the gate is off.
    watched : tuple of str
        Labels that raise an alert and are counted.
    clean : bool
        Whether the browser may process the audio for speech, as for calls.
    refine : bool
        Whether onsets and offsets of events are refined by the level of the audio.
    """

    interval_s: float = 0.25
    n_results: int = 8
    threshold: float = DEFAULT_THRESHOLD
    gate_dbfs: float | None = None
    watched: tuple[str, ...] = ()
    clean: bool = False
    refine: bool = True

    def stream_settings(self) -> LiveSettings:
        """Return the settings of the stream."""
        return LiveSettings(
            interval_s=self.interval_s,
            threshold=self.threshold,
            gate_dbfs=self.gate_dbfs,
            watched=self.watched,
            refine=self.refine,
        )
