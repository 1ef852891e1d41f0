"""Results of an archive: hits, summary, what was added, faults."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta


@dataclass(frozen=True)
class Hit:
    """A place in a recording of an archive.

    Parameters
    ----------
    path : str
        Absolute path of the recording.
    onset_s, offset_s : float
        Beginning and end, in seconds from the beginning of the recording.
    score : float
        Of an event its peak score, in [0, 1]; of a similar sound the cosine of the angle to the
        query, in [-1, 1].
    label : str
        The class; empty for a similar sound.
    started_at : datetime or None
        Beginning of the recording, by the recorder's clock; None if it is unknown.
    recording : int
        Number of the recording in the archive.
    """

    path: str
    onset_s: float
    offset_s: float
    score: float
    label: str = ""
    started_at: datetime | None = None
    recording: int = -1

    @property
    def at(self) -> datetime | None:
        """Time of the onset, by the recorder's clock; None if it is unknown."""
        if self.started_at is None:
            return None
        return self.started_at + timedelta(seconds=self.onset_s)

    def as_dict(self) -> dict[str, object]:
        """Return the fields for JSON and CSV."""
        return {
            "path": self.path,
            "onset_s": round(self.onset_s, 3),
            "offset_s": round(self.offset_s, 3),
            "label": self.label,
            "score": round(self.score, 4),
            "at": None if self.at is None else self.at.isoformat(timespec="milliseconds"),
        }


@dataclass(frozen=True)
class ArchiveSummary:
    """The content of an archive in numbers.

    Parameters
    ----------
    recordings, failed : int
        Number of recordings with features, and of files that could not be analysed.
    hours : float
        Total duration, in hours.
    windows, events : int
        Number of rows.
    classes : mapping of str to int
        Number of events of each class that has any, most frequent first.
    hours_by_day : mapping of date to float
        Hours recorded on each day, by the recorder's clock; recordings count on the day on which
        they begin, those without a start time nowhere.
    size_bytes : int or None
        Size on disk; None for object storage.
    model : str
        Name of the model; empty if nothing was added yet.
    """

    recordings: int = 0
    failed: int = 0
    hours: float = 0.0
    windows: int = 0
    events: int = 0
    classes: Mapping[str, int] = field(default_factory=dict)
    hours_by_day: Mapping[date, float] = field(default_factory=dict)
    size_bytes: int | None = None
    model: str = ""


@dataclass
class Addition:
    """What a call of `Archive.add` did.

    Parameters
    ----------
    found : int
        Number of files.
    added, replaced : int
        Number of recordings that were analysed: new ones, and those whose file has changed.
    skipped : int
        Number of files that are in the archive already, or are copies of one that is.
    moved : int
        Number of recordings that were found at another place.
    hours : float
        Total duration of the recordings that were analysed, in hours.
    failed : list of Fault
        Files that could not be analysed.
    """

    found: int = 0
    added: int = 0
    replaced: int = 0
    skipped: int = 0
    moved: int = 0
    hours: float = 0.0
    failed: list["Fault"] = field(default_factory=list)


@dataclass(frozen=True)
class Fault:
    """A file that could not be analysed, or is not what the archive has of it.

    Parameters
    ----------
    path : str
        Absolute path of the recording; empty for a fault of the archive itself.
    reason : str
        What is wrong, in sentences.
    """

    path: str
    reason: str
