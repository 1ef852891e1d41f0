"""Decoding of chained files: several recordings in one file.

The links of a chained Ogg file are decoded in sequence, as one recording.
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
    """Consecutive recordings in a file, decoded as one.

    Parameters
    ----------
    source : ByteSource
        The whole file.
    starts : list of int
        Position of each link, in bytes.
    first : OpenedRecording
        The first link, opened.
    choice : Choice
        Track and channels to decode.

    Attributes
    ----------
    codec, container, tracks, audio_track, statement
        As in `OpenedRecording`, of the first link. The statement has no length.
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
        """Decode all links, once: see `OpenedRecording.blocks`."""
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
        """Number of links."""
        return len(self._bounds) - 1

    @property
    def decoded_s(self) -> float:
        """Duration of the decoded audio, in seconds."""
        return self._before_s + (self._link.decoded_s if self._link else 0.0)

    @property
    def passed_s(self) -> float:
        """The same plus the duration of packets that could not be decoded, in seconds."""
        return self._before_s + self._failed_s + (self._link.passed_s if self._link else 0.0)

    @property
    def start_s(self) -> float:
        """Time of the first sample, in seconds; valid after decoding."""
        return self._first.start_s

    @property
    def packets_are_even(self) -> bool:
        """False: chains are converted for players, so packet sizes do not matter."""
        return False

    def fraction(self) -> float:
        """Return the approximate fraction that has been decoded, in [0, 1]."""
        start, end = self._bounds[self._number :][:2]
        within = self._link.fraction() if self._link else 0.0
        return min(1.0, (start + within * (end - start)) / self._source.n_bytes)

    def broke_at_s(self, sample_rate: int) -> float | None:
        """Determine, after decoding, where the last link breaks off."""
        broke_s = self._link.broke_at_s(sample_rate) if self._link else None
        return None if broke_s is None else self._before_s + broke_s

    def notices(self) -> list[str]:
        """Return, after decoding, notices for the user, in sentences."""
        link = self._link.notices() if self._link else []
        return list(dict.fromkeys([*self._notices, *link]))

    def _leave(self) -> None:
        """Add the durations and notices of the link that has ended."""
        if self._link is not None:
            self._failed_s += self._link.passed_s - self._link.decoded_s
            self._before_s += self._link.decoded_s
            self._notices += self._link.notices()
        self._link = None


Opened = OpenedRecording | Chain


@contextmanager
def open_links(source: ByteSource, choice: Choice) -> Iterator[Opened]:
    """Open a recording, or a chain of recordings.

    Parameters
    ----------
    source : ByteSource
        The file, at its beginning.
    choice : Choice
        Track and channels to decode.

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
