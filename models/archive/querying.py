"""Conditions and results of queries."""

import fnmatch
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from models.archive.hits import Hit
from models.archive.store import ArchivedModel, ArchiveSnapshot, storage_errors
from models.errors import SettingError

Moment = str | date | datetime
"""A time by the recorder's clock: a datetime, a date (its midnight), or either in ISO 8601."""

TimeOfDay = tuple[str | time, str | time]
"""First and last time of the day, such as ``("22:00", "04:30")``; the last is not included. It
passes midnight where the first is the later one."""


@dataclass(frozen=True)
class Place:
    """Where and when a recording is.

    Parameters
    ----------
    path : str
        Absolute path.
    started_at : datetime or None
        Its beginning, by the recorder's clock.
    duration_s : float
        Its length, in seconds.
    """

    path: str
    started_at: datetime | None
    duration_s: float


def read_places(snapshot: ArchiveSnapshot) -> dict[int, Place]:
    """Read the recordings that have features, by their numbers."""
    columns = ("recording", "path", "started_at", "duration_s")
    found = rows_of(snapshot.recordings, "reason = ''", columns)
    return {
        row["recording"]: Place(row["path"], row["started_at"], row["duration_s"])
        for row in found.to_pylist()
    }


@dataclass(frozen=True)
class Among:
    """Part of an archive that is searched.

    Parameters
    ----------
    after, before : str, date or datetime, optional
        Earliest beginning, and the time at which results end to count. Recordings whose time is
        unknown are left out.
    time_of_day : (str or time, str or time), optional
        Times of the day between which results begin. Recordings whose time is unknown are left out.
    path : str, optional
        Pattern of recordings' absolute paths, in which ``*`` matches anything.
    """

    after: Moment | None = None
    before: Moment | None = None
    time_of_day: TimeOfDay | None = None
    path: str | None = None

    def condition(self, places: Mapping[int, Place], others: Sequence[str] = ()) -> str | None:
        """Write the condition of a query, as LanceDB takes it.

        Parameters
        ----------
        places : mapping of int to Place
            The recordings.
        others : sequence of str
            Further conditions.

        Returns
        -------
        str or None
            None if everything is asked for.

        Raises
        ------
        SettingError
            If a time cannot be read, or the pattern matches no recording.
        """
        terms = list(others)
        if self.after is not None:
            terms.append(f"at >= timestamp '{as_moment(self.after):{_TIMESTAMP}}'")
        if self.before is not None:
            terms.append(f"at < timestamp '{as_moment(self.before):{_TIMESTAMP}}'")
        if self.time_of_day is not None:
            terms.append(_within_day(*map(as_time, self.time_of_day)))
        if self.path is not None:
            terms.append(_in_recordings(places, self.path))
        return " AND ".join(terms) or None

    def recordings(self, places: Mapping[int, Place]) -> set[int]:
        """Return the numbers of the recordings that results can be in.

        Raises
        ------
        SettingError
            If a time cannot be read, or the pattern matches no recording.
        """
        matching = places.keys() if self.path is None else _matching(places, self.path)
        return {number for number in matching if self._reaches(places[number])}

    def includes(self, at: datetime | None) -> bool:
        """Return whether a result that begins at a time is asked for; None is an unknown time.

        Raises
        ------
        SettingError
            If a time cannot be read.
        """
        if at is None:
            return self.after is None and self.before is None and self.time_of_day is None
        if self.after is not None and at < as_moment(self.after):
            return False
        if self.before is not None and at >= as_moment(self.before):
            return False
        return self.time_of_day is None or _is_within_day(at, *map(as_time, self.time_of_day))

    def _reaches(self, place: Place) -> bool:
        """Return whether a recording has a part between `after` and `before`."""
        begin = place.started_at
        if begin is None:
            return self.includes(None)
        end = begin + timedelta(seconds=place.duration_s)
        is_late = self.after is None or end >= as_moment(self.after)
        return is_late and (self.before is None or begin < as_moment(self.before))


_TIMESTAMP = "%Y-%m-%d %H:%M:%S.%f"


def as_moment(moment: Moment) -> datetime:
    """Convert a date or an ISO 8601 text to a time without a time zone.

    Raises
    ------
    SettingError
        If it is neither.
    """
    if isinstance(moment, datetime):
        return moment.replace(tzinfo=None)
    if isinstance(moment, date):
        return datetime.combine(moment, time())
    try:
        return datetime.fromisoformat(moment).replace(tzinfo=None)
    except ValueError as error:
        raise SettingError(
            f"The time {moment!r} cannot be read.",
            allowed="Dates and times are written like 2023-05-01 or 2023-05-01T05:30.",
            remedy="Write it so.",
        ) from error


def as_time(moment: str | time) -> time:
    """Convert a text such as ``05:30`` to a time of the day.

    Raises
    ------
    SettingError
        If it is none.
    """
    if isinstance(moment, time):
        return moment
    try:
        return time.fromisoformat(moment)
    except ValueError as error:
        raise SettingError(
            f"The time of day {moment!r} cannot be read.",
            allowed="Times of the day are written like 05:30 or 22:00.",
            remedy="Write it so.",
        ) from error


def check_limit(limit: int | None) -> None:
    """Check a number of results.

    Raises
    ------
    SettingError
        If it is not positive.
    """
    if limit is not None and limit < 1:
        raise SettingError(
            f"The limit is {limit}.",
            allowed="It is the largest number of results, 1 or more.",
            remedy="Leave it out for the usual number.",
        )


def class_index(model: ArchivedModel, label: str) -> int:
    """Return the index of a class, whose label may be spelled in any case.

    Raises
    ------
    SettingError
        If there is none.
    """
    folded = [each.casefold() for each in model.labels]
    if label.casefold() in folded:
        return folded.index(label.casefold())
    alike = [each for each in model.labels if label.casefold() in each.casefold()][:5]
    raise SettingError(
        f"There is no class {label!r}.",
        allowed=f"The model {model.name} has {len(model.labels)} classes"
        + (f", such as {'; '.join(alike)}." if alike else "."),
        remedy="Use the label as the model spells it.",
    )


SAME_SOUND = 0.2
"""Largest difference of two windows' scores, cosines, within one hit. Of a sound in a pause,
neighbouring windows differ by less, those that only touch it by more."""


def joined_hits(
    windows: Iterable[tuple[int, int, float]],
    places: Mapping[int, Place],
    model: ArchivedModel,
    limit: int,
) -> list[Hit]:
    """Join windows that overlap or adjoin to hits, best first.

    A window whose score is more than `SAME_SOUND` below the best one beside it is at the edge of
    that sound, or after it, and is left out.

    Parameters
    ----------
    windows : iterable of (int, int, float)
        Recording, position and score of each, best first.
    places : mapping of int to Place
        The recordings.
    model : ArchivedModel
        Its window and hop.
    limit : int
        Largest number of hits.

    Returns
    -------
    list of Hit
        With the score of the best of their windows.
    """
    reach = max(1, model.window_samples // model.hop_samples)
    runs: list[_Run] = []
    absorbed: set[int] = set()
    owners: dict[tuple[int, int], int] = {}
    for recording, position, score in windows:
        near = range(position - reach, position + reach + 1)
        beside = {owners[recording, at] for at in near if (recording, at) in owners}
        best = max((runs[run].score for run in beside), default=score)
        if score < best - SAME_SOUND:
            continue
        if not beside:
            beside = {len(runs)}
            runs.append(_Run(recording, {position}, score))
        first, *others = sorted(beside)  # the first has the best score
        for other in others:
            runs[first].positions |= runs[other].positions
            absorbed.add(other)
        runs[first].positions.add(position)
        owners.update(((recording, at), first) for at in runs[first].positions)
    return [_hit(run, places, model) for place, run in enumerate(runs) if place not in absorbed][
        :limit
    ]


@dataclass
class _Run:
    """Windows of one recording that become one hit."""

    recording: int
    positions: set[int]
    score: float


def _hit(run: _Run, places: Mapping[int, Place], model: ArchivedModel) -> Hit:
    place = places[run.recording]
    onset_s = min(run.positions) * model.hop_s
    offset_s = min(max(run.positions) * model.hop_s + model.window_s, place.duration_s)
    return Hit(place.path, onset_s, offset_s, run.score, "", place.started_at, run.recording)


def _within_day(first: time, last: time) -> str:
    """Write the condition that a row begins between two times of the day."""
    minute = "date_part('hour', at) * 60 + date_part('minute', at)"
    begin, end = (each.hour * 60 + each.minute for each in (first, last))
    joint = "AND" if begin < end else "OR"  # past midnight; equal times are the whole day
    return f"({minute} >= {begin} {joint} {minute} < {end})"


def _is_within_day(at: datetime, first: time, last: time) -> bool:
    """Return what the condition of `_within_day` does."""
    minute, begin, end = (60 * each.hour + each.minute for each in (at, first, last))
    if begin < end:
        return begin <= minute < end
    return minute >= begin or minute < end


def _in_recordings(places: Mapping[int, Place], pattern: str) -> str:
    return in_numbers(_matching(places, pattern))


def in_numbers(numbers: Iterable[int]) -> str:
    """Write the condition that a row is of one of some recordings, of which there is one."""
    return f"recording IN ({', '.join(map(str, numbers))})"


def _matching(places: Mapping[int, Place], pattern: str) -> list[int]:
    numbers = [
        number
        for number, place in places.items()
        if fnmatch.fnmatchcase(place.path, pattern) or place.path == pattern
    ]
    if not numbers:
        raise SettingError(
            f"No recording's path matches {pattern!r}.",
            allowed="The pattern is compared with absolute paths; * matches anything.",
            remedy="Begin it with *, such as '*/night/*.wav'.",
        )
    return numbers


def rows_of(table: Any, where: str | None, columns: Sequence[str]) -> Any:  # noqa: ANN401
    """Read the rows of a table that meet a condition, as an Arrow table."""
    with storage_errors(table.name, "read"):
        query = table.search()
        if where is not None:
            query = query.where(where)
        return query.select(list(columns)).to_arrow()
