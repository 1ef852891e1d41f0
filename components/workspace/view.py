"""Choices about the recordings of a workspace: thresholds, true events, requested playback."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from components.view.findings import Findings
from components.view.settings import SoundChoice
from components.workspace.cache import BoundedCache
from models.events.evaluation import Suggestion
from models.events.truth import Columns, TrueEvent
from models.jobs.job import Job

MAX_SUMMARIES, MAX_SUMMARIES_BYTES = 1_000, 1_000_000
"""Maximum number and total length of cached summaries: a few settings of two hundred clips."""
TRUE_EVENT_BYTES = 250
"""Approximate memory of a true event, in bytes: the object, its two numbers and its label."""


@dataclass(frozen=True)
class Wish:
    """Request to the player to play a stretch that was chosen elsewhere on the page.

    Parameters
    ----------
    number : int
        Increasing number of the request, so that the player plays each once.
    onset_s, offset_s : float
        Start and end of the stretch, in seconds.
    """

    number: int
    onset_s: float
    offset_s: float


@dataclass(frozen=True)
class ThresholdTable:
    """Initial contents of the table of per-class thresholds.

    Streamlit's table stores edits, not contents. A threshold set elsewhere on the page therefore
    creates a new edition, whose contents include the earlier edits.

    Parameters
    ----------
    edition : int
        Increasing number of the edition.
    thresholds : mapping of str to float
        Threshold in [0, 1] by label.
    """

    edition: int = 0
    thresholds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class TruthList:
    """True events of a recording, and the name of their file.

    Parameters
    ----------
    file_name : str
        Name of the file: text to show.
    events : sequence of TrueEvent
        True events in the order of the file.
    notices : tuple of str
        What a user should know of the list.
    """

    file_name: str
    events: Sequence[TrueEvent]
    notices: tuple[str, ...] = ()

    @property
    def n_bytes(self) -> int:
        """Approximate size in memory, in bytes."""
        return TRUE_EVENT_BYTES * len(self.events)


@dataclass(frozen=True, eq=False)
class TruthQuestion:
    """A list of true events whose columns the visitor has to name.

    Parameters
    ----------
    file_name : str
        Name of the file: text to show.
    content : bytes
        The list.
    rows : tuple of tuple of str
        Its first rows.
    """

    file_name: str
    content: bytes
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, eq=False)
class Suggesting:
    """Running computation of suggested thresholds.

    Parameters
    ----------
    digest : str
        Digest of the recording.
    job : Job
        The job.
    """

    digest: str
    job: Job[dict[str, Suggestion]]


class View:
    """Choices about the recordings of a workspace, and cached findings.

    Attributes
    ----------
    table : ThresholdTable
        Initial contents of the table of thresholds.
    thresholds : dict of str to float
        Current thresholds by label, including edits.
    suggestions : dict of str to str, or None
        Texts about the thresholds suggested last.
    truth : dict of str to TruthList
        True events by the recording's digest.
    truth_questions : dict of str to TruthQuestion
        Lists whose columns are unknown, by the recording's digest.
    truth_columns : dict of tuple of str to Columns
        Columns that the visitor named, by `models.events.truth.signature`; the latest last.
    suggesting : Job or None
        Computation of suggested thresholds, until they are set.
    wish : Wish or None
        Latest request to the player.
    summaries : BoundedCache of str
        Sentences that summarize a clip. The key has everything they depend on, the digest first.
    findings : BoundedCache of Findings
        The latest findings, with the same kind of key; thousands of events take a second.
    sounds : dict of str to SoundChoice
        Selected tracks and channels, by the recording's digest.
    """

    def __init__(self) -> None:
        self.table = ThresholdTable()
        self.thresholds: dict[str, float] = {}
        self.suggestions: dict[str, dict[str, str]] = {}
        self.suggesting: Suggesting | None = None
        self.truth: dict[str, TruthList] = {}
        self.truth_questions: dict[str, TruthQuestion] = {}
        self.truth_columns: dict[tuple[str, ...], Columns] = {}
        self.wish: Wish | None = None
        self.findings: BoundedCache[Findings] = BoundedCache(1, 0, lambda _one: 0)
        self.summaries: BoundedCache[str] = BoundedCache(MAX_SUMMARIES, MAX_SUMMARIES_BYTES, len)
        self.sounds: dict[str, SoundChoice] = {}

    def sound(self, digest: str) -> SoundChoice:
        """Return the audio track and channels of a recording to analyse."""
        return self.sounds.get(digest, SoundChoice())

    @property
    def n_bytes(self) -> int:
        """Approximate size of the lists of true events, in bytes; the rest is small."""
        questions = list(self.truth_questions.values())
        return sum(one.n_bytes for one in list(self.truth.values())) + sum(
            len(one.content) for one in questions
        )

    def set_thresholds(self, thresholds: dict[str, float]) -> None:
        """Set the per-class thresholds, and create a new edition of their table."""
        self.thresholds = thresholds
        self.table = ThresholdTable(self.table.edition + 1, thresholds)

    def make_wish(self, onset_s: float, offset_s: float) -> None:
        """Request the player to play a stretch of the clip, in seconds."""
        number = 1 if self.wish is None else self.wish.number + 1
        self.wish = Wish(number, onset_s, offset_s)

    def forget(self, digest: str) -> None:
        """Drop the choices and cached findings of a recording."""
        self.truth.pop(digest, None)
        self.truth_questions.pop(digest, None)
        self.suggestions.pop(digest, None)
        self.findings.discard(lambda key: key[0] == digest)
        self.summaries.discard(lambda key: key[0] == digest)
        self.sounds.pop(digest, None)
