"""Choices about the recordings of a workspace: thresholds, true events, requested playback."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from components.view.findings import Findings
from components.view.settings import SoundChoice
from components.workspace.annotations import Annotations
from components.workspace.cache import BoundedCache
from models.events.annotation import Annotation
from models.events.evaluation import Evaluation, Psds, Suggestions
from models.events.truth import Columns, TrueEvent, truth_for
from models.jobs.job import Job

Value = TypeVar("Value")

MAX_ROWS, MAX_ROWS_BYTES = 4_000, 8_000_000
"""Maximum number and total size of cached values of the list of clips: of a few settings of a
hundred clips, each with up to 20 kB."""
MAX_EVALUATIONS, MAX_EVALUATIONS_BYTES = 1_000, 10_000_000
"""Maximum number and total size of cached evaluations."""
MAX_MATCHED = 1_000
"""Maximum number of clips whose true events in a list of several recordings are cached."""
TRUE_EVENT_BYTES = 250
"""Approximate memory of a true event, in bytes: the object, its two numbers and its label."""


class Sized(Protocol):
    """A value that knows its size."""

    @property
    def n_bytes(self) -> int:
        """Approximate size in memory, in bytes."""


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
    annotated : frozenset of str, optional
        Labels that the list names in any recording; by default those of `events`.
    """

    file_name: str
    events: Sequence[TrueEvent]
    notices: tuple[str, ...] = ()
    annotated: frozenset[str] | None = None

    @property
    def labels(self) -> frozenset[str]:
        """Labels under evaluation: those that the list names."""
        return self.annotated or frozenset(event.label for event in self.events)

    @property
    def n_bytes(self) -> int:
        """Approximate size in memory, in bytes."""
        return TRUE_EVENT_BYTES * len(self.events)


class TruthOfMany:
    """List of the true events of several recordings, matched by their names.

    Parameters
    ----------
    file_name : str
        Name of the file: text to show.
    truths : mapping of str to sequence of TrueEvent
        True events by recording, as `models.events.truth.read_truths` gives them.
    notices : tuple of str
        What a user should know of the list.
    """

    def __init__(
        self,
        file_name: str,
        truths: Mapping[str, Sequence[TrueEvent]],
        notices: tuple[str, ...] = (),
    ) -> None:
        self.file_name, self.truths, self.notices = file_name, truths, notices
        self._labels = frozenset(event.label for events in truths.values() for event in events)
        self._found: dict[str, TruthList | None] = {}

    @property
    def n_recordings(self) -> int:
        """Number of recordings that the list names."""
        return len(self.truths.keys() - {""})

    @property
    def n_bytes(self) -> int:
        """Approximate size in memory, in bytes."""
        return TRUE_EVENT_BYTES * sum(map(len, self.truths.values()))

    def find(self, clip_name: str) -> TruthList | None:
        """Return the true events of a clip; None if the list does not name it."""
        if clip_name not in self._found:
            if len(self._found) >= MAX_MATCHED:
                self._found.clear()
            self._found[clip_name] = self._find(clip_name)
        return self._found[clip_name]

    def _find(self, clip_name: str) -> TruthList | None:
        events = truth_for(self.truths, clip_name)
        if events is None:
            return None
        return TruthList(self.file_name, events, self.notices, annotated=self._labels)


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
class Computing(Generic[Value]):
    """Computation over the clips with true events, in the background.

    Parameters
    ----------
    key : hashable
        Everything that its result depends on.
    job : Job
        The job.
    """

    key: Hashable
    job: Job[Value]


@dataclass(frozen=True, eq=False)
class Suggested:
    """Thresholds that were suggested last, and set.

    Parameters
    ----------
    digests : tuple of str
        Digests of the recordings that they were fitted to.
    collar_s : float
        Collar that they were fitted with, in seconds.
    suggestions : Suggestions
        Thresholds and figures.
    """

    digests: tuple[str, ...]
    collar_s: float
    suggestions: Suggestions


class View:
    """Choices about the recordings of a workspace, and cached findings.

    Attributes
    ----------
    table : ThresholdTable
        Initial contents of the table of thresholds.
    thresholds : dict of str to float
        Current thresholds by label, including edits.
    suggesting : Computing of Suggested, or None
        Computation of suggested thresholds, until they are set.
    suggested : Suggested or None
        Thresholds suggested last.
    scoring : Computing of (Psds or None, Psds or None), or None
        Computation of both polyphonic sound detection scores, with its result.
    evaluations : BoundedCache of Evaluation
        Evaluations of clips. The key has everything they depend on, the digest first.
    truth : dict of str to TruthList
        True events by the recording's digest, of lists of one recording.
    truth_of_many : TruthOfMany or None
        List of several recordings.
    annotations : Annotations
        Annotations made on the page; that of a recording takes the place of its lists.
    is_demonstration_true : bool
        Whether the demonstration clip is compared with what was put into it.
    truth_questions : dict of str to TruthQuestion
        Lists whose columns are unknown, by the recording's digest.
    truth_columns : dict of tuple of str to Columns
        Columns that the visitor named, by `models.events.truth.signature`; the latest last.
    wish : Wish or None
        Latest request to the player.
    rows : BoundedCache
        What the list of clips tells of each. The key has everything a value depends on, the digest
        first, then its type.
    findings : BoundedCache of Findings
        The latest findings, with the same kind of key; thousands of events take a second.
    sounds : dict of str to SoundChoice
        Selected tracks and channels, by the recording's digest.
    unplayable : frozenset of str
        Types that the visitor's browser has said it does not play.
    """

    def __init__(self) -> None:
        self.table = ThresholdTable()
        self.thresholds: dict[str, float] = {}
        self.suggesting: Computing[Suggested] | None = None
        self.suggested: Suggested | None = None
        self.scoring: Computing[tuple[Psds | None, Psds | None]] | None = None
        self.evaluations: BoundedCache[Evaluation] = BoundedCache(
            MAX_EVALUATIONS, MAX_EVALUATIONS_BYTES, _evaluation_bytes
        )
        self.truth: dict[str, TruthList] = {}
        self.truth_of_many: TruthOfMany | None = None
        self.annotations = Annotations()
        self._annotated: dict[str, tuple[Annotation, TruthList]] = {}
        self.is_demonstration_true = False
        self.truth_questions: dict[str, TruthQuestion] = {}
        self.truth_columns: dict[tuple[str, ...], Columns] = {}
        self.wish: Wish | None = None
        self.findings: BoundedCache[Findings] = BoundedCache(1, 0, lambda _one: 0)
        self.rows: BoundedCache[Sized] = BoundedCache(
            MAX_ROWS, MAX_ROWS_BYTES, lambda one: one.n_bytes
        )
        self.sounds: dict[str, SoundChoice] = {}
        self.unplayable: frozenset[str] = frozenset()

    def sound(self, digest: str) -> SoundChoice:
        """Return the audio track and channels of a recording to analyse."""
        return self.sounds.get(digest, SoundChoice())

    @property
    def n_bytes(self) -> int:
        """Approximate size of the lists of true events, in bytes; the rest is small."""
        questions, many = list(self.truth_questions.values()), self.truth_of_many
        return (
            sum(one.n_bytes for one in list(self.truth.values()))
            + (0 if many is None else many.n_bytes)
            + sum(len(one.content) for one in questions)
            + self.annotations.n_bytes
        )

    def truth_of(self, digest: str, name: str) -> TruthList | None:
        """Return the true events of a recording: annotated, of its own list, or by its name."""
        annotation = self.annotations.present(digest)
        if annotation is not None:
            return self._list_of(digest, annotation)
        own, many = self.truth.get(digest), self.truth_of_many
        return many.find(name) if own is None and many is not None else own

    def _list_of(self, digest: str, annotation: Annotation) -> TruthList | None:
        """Return an annotation as a list, the same one until it changes; None if it is blank."""
        known = self._annotated.get(digest)
        if known is None or known[0] is not annotation:
            listed = TruthList("", annotation.events, annotated=annotation.labels)
            known = self._annotated[digest] = annotation, listed
        return known[1] if annotation.labels else None

    def note_list(self, digest: str, file_name: str) -> None:
        """Note that a list from a file takes the place of a recording's annotation, if any."""
        self.annotations.set_aside(digest, f"read {file_name}")

    def remove_truth(self, digest: str) -> None:
        """Remove the list of a recording; without one of its own, that of several recordings.

        An annotation can be restored by Undo.
        """
        was_annotated = self.annotations.set_aside(digest, "removed the list")
        if self.truth.pop(digest, None) is None and not was_annotated:
            self.truth_of_many = None
        self._forget_evaluations()

    def forget_evaluations_of(self, digest: str) -> None:
        """Drop the evaluations of a recording, whose true events have changed."""
        self.evaluations.discard(lambda key: key[0] == digest)

    def _forget_evaluations(self) -> None:
        """Drop what was computed from true events, and with it the lists and analyses it holds."""
        self.evaluations.discard(lambda _key: True)
        self.scoring = self.suggested = None

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
        self.annotations.forget(digest)
        self._annotated.pop(digest, None)
        self._forget_evaluations()
        self.findings.discard(lambda key: key[0] == digest)
        self.rows.discard(lambda key: key[0] == digest)
        self.sounds.pop(digest, None)


def _evaluation_bytes(one: Evaluation) -> int:
    """Return the approximate size of an evaluation, in bytes: places of events, and counts."""
    found = one.comparison
    return 100 * (len(found.hits) + len(found.misses) + len(found.false_alarms)) + 500 * len(
        one.labels
    )
