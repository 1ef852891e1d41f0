"""All that is shown of one clip: its recording, analysis, findings, settings, and true events."""

from dataclasses import dataclass
from typing import Literal

from components.view.findings import Findings
from components.view.portrait import Portrait
from components.view.settings import AnalysisSettings, ViewSettings
from components.workspace.recordings import Recording
from models.analysis import Analysis

MarkState = Literal["correct", "edges off", "missed"]


@dataclass(frozen=True)
class Mark:
    """A true event, to be drawn beside those that were found.

    Parameters
    ----------
    onset_s, offset_s : float
        In seconds.
    label : str
        What is there.
    state : {'correct', 'edges off', 'missed'}
        Whether it was found; with edges off, the right class was found beyond the collar.
    """

    onset_s: float
    offset_s: float
    label: str
    state: MarkState


@dataclass(frozen=True)
class TruthMarks:
    """True events beside the events that were found, and which of these agree.

    Parameters
    ----------
    marks : tuple of Mark
        True events, found or missed.
    judgements : tuple of str
        ``correct``, ``edges off``, ``false alarm``, or nothing where the truth does not name an
        event's label; one for each event that was found.
    """

    marks: tuple[Mark, ...] = ()
    judgements: tuple[str, ...] = ()


NO_TRUTH = TruthMarks()
"""Where no list of true events is given."""


@dataclass(frozen=True, eq=False)
class ShownClip:
    """A clip as a page and a report show it.

    Parameters
    ----------
    recording : Recording
        The file as it came in.
    analysis : Analysis
        Its scores, levels and pictures.
    portrait : Portrait
        Scores and picture under the settings of `view`.
    findings : Findings
        Events under the settings of `view`.
    view : ViewSettings
        How it is shown.
    analysed : AnalysisSettings
        How it was analysed.
    truth : TruthMarks
        True events, where a list of them is given.
    """

    recording: Recording
    analysis: Analysis
    portrait: Portrait
    findings: Findings
    view: ViewSettings
    analysed: AnalysisSettings
    truth: TruthMarks = NO_TRUTH

    @property
    def sound(self) -> bytes:
        """A file that browsers play: the recording itself, or what it was converted to."""
        converted = self.analysis.playable.converted
        return self.recording.data if converted is None else converted
