"""What a session file has, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from models.audio import Channels
from models.events.annotation import ReviewedEvent
from models.events.truth import TrueEvent


@dataclass(frozen=True)
class SessionTruth:
    """True events of a recording.

    Parameters
    ----------
    file_name : str
        Name of the list that they came from: text to show.
    events : tuple of TrueEvent
        True events, in the order of the list.
    notices : tuple of str
        What a user should know of the list.
    annotated : frozenset of str or None
        Labels that the list names in any recording; None for those of `events`. Of an annotation:
        labels of the list that it began with.
    reviewed : tuple of ReviewedEvent or None
        Of an annotation: reviewed events, with the place of their true event in `events`, from 1,
        as its number; None for a list that was not annotated.
    """

    file_name: str
    events: tuple[TrueEvent, ...]
    notices: tuple[str, ...] = ()
    annotated: frozenset[str] | None = None
    reviewed: tuple[ReviewedEvent, ...] | None = None

    @property
    def n_entries(self) -> int:
        """Number of true and reviewed events."""
        return len(self.events) + len(self.reviewed or ())


@dataclass(frozen=True)
class ManyTruths:
    """List of the true events of several recordings.

    Parameters
    ----------
    file_name : str
        Name of the list: text to show.
    truths : mapping of str to tuple of TrueEvent
        True events by the name of their recording.
    notices : tuple of str
        What a user should know of the list.
    """

    file_name: str
    truths: Mapping[str, tuple[TrueEvent, ...]]
    notices: tuple[str, ...] = ()


@dataclass(frozen=True)
class SessionClip:
    """A recording of a session.

    Parameters
    ----------
    name : str
        Name of the file: text to show, never a path.
    digest : str
        SHA-256 of its contents, in hexadecimal.
    size_bytes : int
        Size of the file, in bytes.
    remark : str
        A sentence about a change on its way, such as truncation; empty if there is none.
    is_live : bool
        Whether it was captured from a live session.
    gaps : tuple of (float, float)
        Stretches of lost sound, in seconds.
    audio_track : int or None
        Index of the audio track that is analysed; None for the container's default.
    channels : {'mix', 'left', 'right'} or int
        Channels that are analysed.
    truth : SessionTruth or None
        True events of a list of its own.
    has_sound : bool
        Whether the file has its sound; otherwise it has to be brought.
    """

    name: str
    digest: str
    size_bytes: int
    remark: str = ""
    is_live: bool = False
    gaps: tuple[tuple[float, float], ...] = ()
    audio_track: int | None = None
    channels: Channels = "mix"
    truth: SessionTruth | None = None
    has_sound: bool = False


@dataclass(frozen=True)
class Session:
    """Recordings with all that was chosen about them.

    Parameters
    ----------
    clips : tuple of SessionClip
        The recordings, the oldest first.
    selected : str or None
        Digest of the selected recording.
    settings : mapping of str to tuple of str
        Settings that differ from their defaults, as texts.
    thresholds : mapping of str to float
        Thresholds of single classes in [0, 1], by label.
    many_truths : ManyTruths or None
        List of true events of several recordings.
    """

    clips: tuple[SessionClip, ...] = ()
    selected: str | None = None
    settings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    thresholds: Mapping[str, float] = field(default_factory=dict)
    many_truths: ManyTruths | None = None
