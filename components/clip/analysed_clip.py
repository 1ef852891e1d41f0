"""Recording with its analysis and settings, and the provenance of its exports."""

from dataclasses import asdict, dataclass

from components.view.settings import AnalysisSettings, ViewSettings
from components.workspace.current import current
from components.workspace.recordings import Recording
from models.analysis import Analysis
from models.export import Provenance


@dataclass(frozen=True, eq=False)
class AnalysedClip:
    """A recording that is analysed.

    Parameters
    ----------
    recording : Recording
        The file.
    analysis : Analysis
        Its analysis.
    analysed : AnalysisSettings
        Settings of the analysis.
    """

    recording: Recording
    analysis: Analysis
    analysed: AnalysisSettings


def provenance_of(clip: AnalysedClip, view: ViewSettings) -> Provenance:
    """Return the provenance of a clip's exports under the settings of a view.

    It is without a summary.
    """
    workspace = current()
    listener = workspace.models.known(clip.analysed.listener.model)
    return Provenance(
        clip_name=clip.recording.name,
        clip_digest=clip.recording.digest,
        duration_s=clip.analysis.timeline.duration_s,
        model=listener.title,
        model_digest=listener.sha256,
        settings={
            **clip.analysed.as_dict(),
            **asdict(view),
            "thresholds": dict(workspace.view.thresholds),
        },
    )
