"""Questions to an archive, and their answers."""

import heapq
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

from components.workspace.archive_reviews import Sound
from models.archive import Archive, Hit
from models.archive.querying import Among
from models.errors import SettingError
from models.teaching import TaughtClassifier

MAX_HITS = 1_000
"""Maximum number of results; more are narrowed down by filters, or exported."""

SIMILAR_HITS = 200
"""Maximum number of results like examples: further ones hardly resemble them."""

Kind = Literal["classes", "similar", "taught"]
"""What is looked for: classes of the model, sounds like examples, or classes of one's own."""


@dataclass(frozen=True)
class Question:
    """What is looked for in an archive.

    Parameters
    ----------
    kind : {'classes', 'similar', 'taught'}
        What is looked for.
    among : Among
        Part of the archive.
    min_score : float
        Score that a result reaches; sounds like examples have none.
    labels : tuple of str
        Classes, of the model or taught ones; all without any.
    examples, negative : tuple of Sound or Hit
        Sounds that results are like, and not like.
    taught : TaughtClassifier or None
        Classifier of the visitor's own classes.
    uncertain_first : bool
        Whether its least certain results come first.
    """

    kind: Kind
    among: Among = field(default_factory=Among)
    min_score: float = 0.4
    labels: tuple[str, ...] = ()
    examples: tuple[Sound | Hit, ...] = ()
    negative: tuple[Sound | Hit, ...] = ()
    taught: TaughtClassifier | None = None
    uncertain_first: bool = False


@dataclass(frozen=True, eq=False)
class Found:
    """What was found.

    Parameters
    ----------
    hits : tuple of Hit
        Best, or least certain, first; `MAX_HITS` at most.
    activity : mapping of datetime to int
        Number of results by the beginning of their hour; of classes it counts all of them, not
        only `hits`.
    """

    hits: tuple[Hit, ...]
    activity: Mapping[datetime, int]

    @property
    def is_full(self) -> bool:
        """Whether there may be more than `hits`."""
        return len(self.hits) >= MAX_HITS


def answer(archive: Archive, question: Question, progress: Callable[[float], None]) -> Found:
    """Answer a question.

    Raises
    ------
    EarmarkError
        If the archive cannot be searched so.
    """
    if question.kind == "classes":
        return _events(archive, question)
    if question.kind == "similar":
        hits = _similar(archive, question)
    elif question.taught is None:
        raise SettingError(
            "No class was taught yet.",
            allowed="A search by taught classes needs a trained model.",
            remedy="Accept and reject some results, and press Teach; or train on the page Teach.",
        )
    else:
        hits = archive.classify(
            question.taught,
            labels=question.labels or None,
            min_score=question.min_score,
            limit=MAX_HITS,
            uncertain_first=question.uncertain_first,
            progress=progress,
            **_options(question.among),
        )
    return Found(tuple(hits), by_hour(hits))


def reviewed_last(hits: Iterable[Hit], reviews: Mapping[Hit, bool]) -> tuple[Hit, ...]:
    """Return hits in their order, those that were reviewed after the others.

    Parameters
    ----------
    hits : iterable of Hit
        The hits.
    reviews : mapping of Hit to bool
        Whether hits were accepted.
    """
    known = Reviewed(reviews)
    return tuple(sorted(hits, key=lambda hit: known.review(hit) is not None))


class Reviewed:
    """Reviews by the place of their hits: another search finds the same sound with other edges.

    Parameters
    ----------
    reviews : mapping of Hit to bool
        Whether hits were accepted, the latest last.
    """

    def __init__(self, reviews: Mapping[Hit, bool]) -> None:
        self._by_recording: dict[int, list[tuple[Hit, bool]]] = {}
        for hit, accepted in reviews.items():
            self._by_recording.setdefault(hit.recording, []).append((hit, accepted))

    def review(self, hit: Hit) -> bool | None:
        """Return whether a hit, or another one of the same sound, was accepted; None without."""
        found = self.find(hit)
        return None if found is None else found[1]

    def find(self, hit: Hit) -> tuple[Hit, bool] | None:
        """Return the latest reviewed hit of the same sound, and whether it was accepted."""
        reviewed = reversed(self._by_recording.get(hit.recording, []))
        return next((each for each in reviewed if is_same_sound(hit, each[0])), None)


def is_same_sound(hit: Hit, other: Hit) -> bool:
    """Return whether two hits of a recording share most of their time, and agree in their class."""
    if hit.label and other.label and hit.label != other.label:
        return False
    both_s = min(hit.offset_s, other.offset_s) - max(hit.onset_s, other.onset_s)
    longer_s = max(hit.offset_s - hit.onset_s, other.offset_s - other.onset_s)
    return both_s > longer_s / 2


def by_hour(hits: Iterable[Hit]) -> dict[datetime, int]:
    """Count hits by the beginning of their hour; those without a time are omitted."""
    counts: dict[datetime, int] = {}
    for at in sorted(hit.at for hit in hits if hit.at is not None):
        hour = at.replace(minute=0, second=0, microsecond=0)
        counts[hour] = counts.get(hour, 0) + 1
    return counts


def all_events(archive: Archive, question: Question, limit: int | None) -> list[Hit]:
    """List the events of the classes of a question, highest score first."""
    options = {**_options(question.among), "min_score": question.min_score, "limit": limit}
    if len(question.labels) < 2:
        return archive.events(question.labels[0] if question.labels else None, **options)
    each = [archive.events(label, **options) for label in question.labels]
    merged = heapq.merge(*each, key=lambda hit: -hit.score)
    return list(merged)[:limit]


def _events(archive: Archive, question: Question) -> Found:
    options = {**_options(question.among), "min_score": question.min_score}
    activity: dict[datetime, int] = {}
    for label in question.labels or (None,):
        for hour, count in archive.activity(label, **options).items():
            activity[hour] = activity.get(hour, 0) + count
    hits = all_events(archive, question, MAX_HITS)
    return Found(tuple(hits), dict(sorted(activity.items())))


def _similar(archive: Archive, question: Question) -> list[Hit]:
    positive, negative = (
        [each if isinstance(each, Hit) else each.load() for each in group]
        for group in (question.examples, question.negative)
    )
    return archive.similar(
        positive, negative=negative, limit=SIMILAR_HITS, **_options(question.among)
    )


def _options(among: Among) -> dict[str, Any]:
    return asdict(among)
