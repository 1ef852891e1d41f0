"""Choices about the recordings of a workspace: thresholds, true events, what to play next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from components.view.findings import Findings
from components.view.settings import SoundChoice
from components.workspace.cache import BoundedCache
from models.events.evaluation import Suggestion
from models.events.truth import TrueEvent
from models.jobs.job import Job

MAX_SUMMARIES, MAX_SUMMARIES_BYTES = 1_000, 1_000_000
"""Sentences that are kept: a few settings of two hundred clips."""
TRUE_EVENT_BYTES = 250
"""What a true event takes in memory, in bytes: the object, its two numbers and its label."""


@dataclass(frozen=True)
class Wish:
    """A stretch that the player shall play because it was chosen elsewhere on the page.

    Parameters
    ----------
    number : int
        Counted up, so that each is granted once.
    onset_s, offset_s : float
        In seconds.
    """

    number: int
    onset_s: float
    offset_s: float


@dataclass(frozen=True)
class ThresholdTable:
    """Thresholds of single classes as their table begins with them.

    A table remembers its edits, not its contents: what else sets a threshold begins another
    edition, in which they are part of the contents.

    Parameters
    ----------
    edition : int
        Counted up.
    thresholds : mapping of str to float
        In [0, 1].
    """

    edition: int = 0
    thresholds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class TruthList:
    """True events of a recording, and the file that they came from.

    Parameters
    ----------
    file_name : str
        Text to show.
    events : sequence of TrueEvent
        In the order of the file.
    """

    file_name: str
    events: Sequence[TrueEvent]

    @property
    def n_bytes(self) -> int:
        """Size in memory, about, in bytes."""
        return TRUE_EVENT_BYTES * len(self.events)


@dataclass(frozen=True, eq=False)
class Suggesting:
    """Thresholds that are being suggested.

    Parameters
    ----------
    digest : str
        Of the recording that they are for.
    job : Job
        The work.
    """

    digest: str
    job: Job[dict[str, Suggestion]]


class View:
    """What was chosen about the recordings.

    Attributes
    ----------
    table : ThresholdTable
        Contents of the table of thresholds.
    thresholds : dict of str to float
        Thresholds of single classes as they are now, edits included.
    suggestions : dict of str to str, or None
        What was said of the thresholds that were suggested last, by label.
    truth : dict of str to TruthList
        By the recording's digest.
    suggesting : Job or None
        Work on suggested thresholds, until they are set.
    wish : Wish or None
        What to play.
    summaries : BoundedCache of str
        What is in a clip, in a sentence, by all that it depends on, the digest first.
    findings : BoundedCache of Findings
        What was found last, in the same way: thousands of events take a second.
    sounds : dict of str to SoundChoice
        Tracks and channels that were chosen, by the recording's digest.
    """

    def __init__(self) -> None:
        self.table = ThresholdTable()
        self.thresholds: dict[str, float] = {}
        self.suggestions: dict[str, dict[str, str]] = {}
        self.suggesting: Suggesting | None = None
        self.truth: dict[str, TruthList] = {}
        self.wish: Wish | None = None
        self.findings: BoundedCache[Findings] = BoundedCache(1, 0, lambda _one: 0)
        self.summaries: BoundedCache[str] = BoundedCache(MAX_SUMMARIES, MAX_SUMMARIES_BYTES, len)
        self.sounds: dict[str, SoundChoice] = {}

    def sound(self, digest: str) -> SoundChoice:
        """Return what of a recording is analysed."""
        return self.sounds.get(digest, SoundChoice())

    @property
    def n_bytes(self) -> int:
        """Size of the lists of true events, in bytes; the rest is small."""
        return sum(one.n_bytes for one in list(self.truth.values()))

    def set_thresholds(self, thresholds: dict[str, float]) -> None:
        """Set the thresholds of single classes otherwise than in their table."""
        self.thresholds = thresholds
        self.table = ThresholdTable(self.table.edition + 1, thresholds)

    def make_wish(self, onset_s: float, offset_s: float) -> None:
        """Have the player play a stretch of the clip, in seconds."""
        number = 1 if self.wish is None else self.wish.number + 1
        self.wish = Wish(number, onset_s, offset_s)

    def forget(self, digest: str) -> None:
        """Forget what is about a recording."""
        self.truth.pop(digest, None)
        self.suggestions.pop(digest, None)
        self.findings.discard(lambda key: key[0] == digest)
        self.summaries.discard(lambda key: key[0] == digest)
        self.sounds.pop(digest, None)
