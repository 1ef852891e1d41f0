"""Opening a recording that may be several, one behind the other in one file.

Chained Ogg files are decoded link by link, and pass as one recording.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from models.audio.breaks import Statement
from models.audio.decoding import Block, Choice, OpenedRecording, open_recording
from models.audio.links import find_links
from models.audio.reading import ByteSource
from models.errors import RecordingError


class Chain:
    """Recordings one behind the other, decoded as one.

    Parameters
    ----------
    source : ByteSource
        All of them.
    starts : list of int
        Where each begins, in bytes.
    first : OpenedRecording
        The first, opened.
    choice : Choice
        What of it is decoded.

    Attributes
    ----------
    codec, container, tracks, audio_track, statement
        As of `OpenedRecording`, of the first. No length is stated of all.
    """

    def __init__(
        self, source: ByteSource, starts: list[int], first: OpenedRecording, choice: Choice
    ) -> None:
        self._source = source
        self._bounds = [*starts, source.n_bytes]
        self._choice = choice
        self._number = 0
        self._link: OpenedRecording | None = first
        self._before_s = self._failed_s = 0.0
        self._notices: list[str] = []
        self.codec, self.container = first.codec, first.container
        self.tracks, self.audio_track = first.tracks, first.audio_track
        self.statement = Statement(first.statement.container)
        self._first = first

    def blocks(self) -> Iterator[Block]:
        """Decode all of them, once: see `OpenedRecording.blocks`."""
        yield from self._first.blocks()
        choice = replace(self._choice, audio_track=None)
        for number in range(1, self.n_links):
            self._leave()
            self._number = number
            part = self._source.part(*self._bounds[self._number :][:2])
            try:
                with open_recording(part, choice) as link:
                    self._link = link
                    yield from link.blocks()
            except RecordingError as error:
                self._notices.append(
                    f"Part {self._number + 1} of {self.n_links}, at {self.decoded_s:.2f} s, is "
                    f"left out: {error.arrived}"
                )

    @property
    def n_links(self) -> int:
        """How many there are."""
        return len(self._bounds) - 1

    @property
    def decoded_s(self) -> float:
        """How far they were decoded, in seconds."""
        return self._before_s + (self._link.decoded_s if self._link else 0.0)

    @property
    def passed_s(self) -> float:
        """The same with what could not be decoded, in seconds."""
        return self._before_s + self._failed_s + (self._link.passed_s if self._link else 0.0)

    @property
    def start_s(self) -> float:
        """Time of the first sound, in seconds, after it was decoded."""
        return self._first.start_s

    @property
    def packets_are_even(self) -> bool:
        """Whether all packets were of a size: no player counts on it here."""
        return False

    def fraction(self) -> float:
        """Tell how much has been decoded, roughly, in [0, 1]."""
        start, end = self._bounds[self._number :][:2]
        within = self._link.fraction() if self._link else 0.0
        return min(1.0, (start + within * (end - start)) / self._source.n_bytes)

    def broke_at_s(self, sample_rate: int) -> float | None:
        """Tell, after decoding, where the last of them broke off."""
        broke_s = self._link.broke_at_s(sample_rate) if self._link else None
        return None if broke_s is None else self._before_s + broke_s

    def notices(self) -> list[str]:
        """Tell, after decoding, what a user should know of them, in sentences."""
        link = self._link.notices() if self._link else []
        return list(dict.fromkeys([*self._notices, *link]))

    def _leave(self) -> None:
        """Count the recording that has ended."""
        if self._link is not None:
            self._failed_s += self._link.passed_s - self._link.decoded_s
            self._before_s += self._link.decoded_s
            self._notices += self._link.notices()
        self._link = None


Opened = OpenedRecording | Chain


@contextmanager
def open_links(source: ByteSource, choice: Choice) -> Iterator[Opened]:
    """Open a recording, or several one behind the other.

    Parameters
    ----------
    source : ByteSource
        At its beginning.
    choice : Choice
        What of it is decoded.

    Yields
    ------
    OpenedRecording or Chain
        Usable inside the ``with`` statement.

    Raises
    ------
    RecordingError, SettingError
        As `models.audio.decoding.open_recording`.
    """
    starts = find_links(source)
    if len(starts) < 2:
        with open_recording(source, choice) as recording:
            yield recording
        return
    with open_recording(source.part(0, starts[1]), choice) as first:
        yield Chain(source, starts, first, choice)
