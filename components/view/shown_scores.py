"""ShownScores of a clip for the player: shaped scores and the picture file."""

import hashlib
from dataclasses import dataclass

from components.view.findings import shaped
from components.view.picture import picture_file
from components.view.settings import ViewSettings
from models.analysis import Analysis
from models.events.timeline import Timeline


@dataclass(frozen=True, eq=False)
class ShownScores:
    """Scores and picture of a clip, independent of the settings of events.

    Parameters
    ----------
    timeline : Timeline
        Shown scores.
    picture : bytes
        Contents of the player's picture file.
    digest : str
        SHA-256 of `picture`, in hexadecimal.
    """

    timeline: Timeline
    picture: bytes
    digest: str

    @property
    def n_bytes(self) -> int:
        """Size in memory, in bytes, including scores that an analysis may share."""
        return self.timeline.scores.nbytes + len(self.picture)


def shape_scores(analysis: Analysis, view: ViewSettings) -> ShownScores:
    """Shape a clip's scores and create its picture file."""
    timeline = shaped(analysis.timeline, view)
    labels = view.labels(timeline) if view.roll_up != "broad" else timeline.labels
    picture = picture_file(analysis.envelope, analysis.spectrogram, timeline, labels)
    return ShownScores(timeline, picture, hashlib.sha256(picture).hexdigest())
