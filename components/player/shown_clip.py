"""Shown clip: recording, analysis, findings, settings and true events as one value."""

from dataclasses import dataclass
from typing import Literal

from components.view.findings import Findings, ShownScores
from components.view.picture import SpectrogramFile
from components.view.settings import AnalysisSettings, SpectrogramSettings, ViewSettings
from components.workspace.recordings import Recording
from models.analysis import Analysis

MarkState = Literal["correct", "edges off", "missed", "not counted"]


@dataclass(frozen=True)
class Mark:
    """A true event, drawn beside the detected ones.

    Parameters
    ----------
    onset_s, offset_s : float
        Start and end of the event, in seconds.
    label : str
        Label under which the event is shown.
    state : {'correct', 'edges off', 'missed', 'not counted'}
        Whether it was detected; "edges off" is the right class with edges beyond the collar. Events
        whose label is not under evaluation are not counted.
    number : int
        Identifies the event in an annotation.
    name : str
        The event's own label.
    """

    onset_s: float
    offset_s: float
    label: str
    state: MarkState
    number: int = 0
    name: str = ""


@dataclass(frozen=True)
class TruthMarks:
    """True events, and judgements of the detected events.

    Parameters
    ----------
    marks : tuple of Mark
        True events, detected or missed.
    judgements : tuple of str
        One per detected event: ``correct``, ``edges off``, ``false alarm``, or empty if the list of
        true events does not contain the event's label, or is being made and the event has not been
        reviewed.
    """

    marks: tuple[Mark, ...] = ()
    judgements: tuple[str, ...] = ()


USUAL_SPECTROGRAM = SpectrogramSettings()
"""Settings of the spectrogram that the analysis draws."""

NO_TRUTH = TruthMarks()
"""Value without a list of true events."""


@dataclass(frozen=True, eq=False)
class ShownClip:
    """A clip as shown on the page and in the report.

    Parameters
    ----------
    recording : Recording
        The file as it came in.
    analysis : Analysis
        Its scores, levels and pictures.
    scores : ShownScores
        Scores and picture under the settings of `view`.
    findings : Findings
        Events under the settings of `view`.
    view : ViewSettings
        Settings of the view.
    analysed : AnalysisSettings
        Settings of the analysis.
    truth : TruthMarks
        True events, if a list of them is given.
    spectrogram : SpectrogramSettings
        Settings of the spectrogram.
    drawn : SpectrogramFile, optional
        The spectrogram of these settings, where it is not that of the analysis, and once it is
        there.
    """

    recording: Recording
    analysis: Analysis
    scores: ShownScores
    findings: Findings
    view: ViewSettings
    analysed: AnalysisSettings
    truth: TruthMarks = NO_TRUTH
    spectrogram: SpectrogramSettings = USUAL_SPECTROGRAM
    drawn: SpectrogramFile | None = None

    @property
    def sound(self) -> bytes:
        """Contents of a file that browsers can play: the recording, or its conversion."""
        converted = self.analysis.playable.converted
        return self.recording.data if converted is None else converted
