"""Segments: the sound of each event as a WAV or FLAC file, in one ZIP.

Conventions
-----------
A segment is mono, 16 bits per sample, at the rate of its recording up to `MAX_RATE_HZ`: the mix or
the channel that was analysed. Each label has a folder. ``segments.csv`` lists all files with the
times of their events, and ``settings.json`` has their provenance.

A recording is decoded block by block. Only the segments that are open at the same time are in
memory, up to `MAX_OPEN_SAMPLES`: where more overlap, the recording is decoded again for the others.
An event of more than `MAX_FILE_SAMPLES` gives several files.
"""

import csv
import io
import json
import zipfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from models.audio import Channels, Flow, open_flow
from models.errors import ExportError
from models.events import Event
from models.export.chunks import Chunk, Drain
from models.export.naming import Names, NameTemplate, distinct, file_part, safe, stem
from models.export.provenance import Provenance
from models.export.values import SCORE_DECIMALS, TIME_DECIMALS, csv_lines, utf8
from models.export.zip_file import SETTINGS_NAME, member
from models.untrusted.formulas import escape_formulas

AudioFormat = Literal["wav", "flac"]

FIELDS = ("clip", "label", "number", "onset", "offset", "duration", "peak")
"""Fields of a name: clip without suffix; label; number of the event in its clip, from 1; times in
seconds with leading zeros, so that names sort by time; peak score."""

DEFAULT_TEMPLATE = "{clip}_{onset}s_{label}"

LIST_NAME = "segments.csv"
"""Name of the member that lists all files."""

LIST_COLUMNS = (
    "file",
    "clip",
    "label",
    "onset_s",
    "offset_s",
    "peak",
    "mean",
    "file_onset_s",
    "file_offset_s",
)
"""Path in the ZIP, the clip and its event, and what the file has of the clip, with the padding."""

MAX_PADDING_S = 10.0
"""Longest padding before and after an event, in seconds."""

MAX_RATE_HZ = 192_000
"""Highest sample rate of a segment, in Hz; recordings above it (DSD) are resampled."""

MAX_FILE_SAMPLES = 1 << 25
"""Largest number of samples of one file: 12 min 40 s at 44.1 kHz, 67 MB as WAV."""

MAX_OPEN_SAMPLES = 1 << 26
"""Largest number of samples in memory at the same time: 134 MB."""

REMEDY = "Choose FLAC, fewer classes, a higher threshold or less padding."
"""Advice for a ZIP that is too large."""

_SAMPLE_BYTES = 2
_PIECE_BYTES = 1 << 20
_NAME_BYTES, _FOLDER_BYTES = 160, 80


@dataclass(frozen=True)
class SegmentOptions:
    """How segments are cut and named.

    Parameters
    ----------
    audio_format : {'wav', 'flac'}
        Format of the files.
    padding_s : float
        Time before and after each event that its file also has, in seconds, up to `MAX_PADDING_S`.
    template : str
        Template of a file's name, with `FIELDS` in braces.

    Raises
    ------
    ExportError
        If the padding is out of range, or the template has other fields.
    """

    audio_format: AudioFormat = "wav"
    padding_s: float = 0.0
    template: str = DEFAULT_TEMPLATE

    def __post_init__(self) -> None:
        if not 0 <= self.padding_s <= MAX_PADDING_S:
            raise ExportError(
                f"The padding is {self.padding_s:g} s.",
                allowed=f"It may be from 0 to {MAX_PADDING_S:g} s.",
                remedy="Choose a padding in this range.",
            )
        NameTemplate(self.template, FIELDS)

    def file_name(self, clip_name: str, number: int, event: Event, part: int = 0) -> str:
        """Return the name of an event's file; `part` counts the files of a long event, from 1.

        Examples
        --------
        >>> from models import Event
        >>> bark = Event(3.5, 4.0, "Dog", peak=0.75, mean=0.5)
        >>> SegmentOptions("flac").file_name("walk.mp3", 1, bark)
        'walk_0003.50s_Dog.flac'
        """
        values = {
            "clip": stem(clip_name, _NAME_BYTES) or "clip",
            "label": safe(event.label, _FOLDER_BYTES) or "event",
            "number": f"{number:04}",
            "onset": f"{event.onset_s:07.2f}",
            "offset": f"{event.offset_s:07.2f}",
            "duration": f"{event.offset_s - event.onset_s:.2f}",
            "peak": f"{event.peak:.2f}",
        }
        name = file_part(NameTemplate(self.template, FIELDS).fill(values), _NAME_BYTES)
        return f"{name}{f'-part{part}' if part else ''}.{self.audio_format}"


@dataclass(frozen=True, eq=False)
class SegmentedClip:
    """A recording, and how the events to cut from it are found.

    Parameters
    ----------
    recording : bytes
        The file.
    sample_rate : int
        Its sample rate, in Hz.
    provenance : Provenance
        Its clip, model and settings.
    find : callable
        Returns the events.
    audio_track, channels
        As for `models.load_clip`, except that "each" is not allowed.
    """

    recording: bytes
    sample_rate: int
    provenance: Provenance
    find: Callable[[], Sequence[Event]]
    audio_track: int | None = None
    channels: Channels = "mix"

    @property
    def rate_hz(self) -> int:
        """Sample rate of its segments, in Hz."""
        return min(self.sample_rate, MAX_RATE_HZ)


@dataclass(frozen=True)
class Segment:
    """A file to write.

    Parameters
    ----------
    event : Event
        Its event.
    number : int
        Number of the event in its clip, from 1.
    part : int
        Number of the file among those of the event, from 1; 0 if it is the only one.
    first, last : int
        Its samples of the clip: from `first`, before `last`.
    """

    event: Event
    number: int
    part: int
    first: int
    last: int


def plan(
    events: Sequence[Event],
    *,
    duration_s: float,
    padding_s: float,
    rate_hz: int,
    max_samples: int = MAX_FILE_SAMPLES,
) -> list[Segment]:
    """Return the segments of a clip, ordered by their first sample.

    Parameters
    ----------
    events : sequence of Event
        Its events, ordered by onset.
    duration_s : float
        Its duration, in seconds, beyond which no segment goes.
    padding_s : float
        Time before and after each event, in seconds.
    rate_hz : int
        Sample rate of the segments, in Hz.
    max_samples : int
        Largest number of samples of one segment; longer ones are cut into parts.

    Examples
    --------
    >>> from models import Event
    >>> bark = Event(1.0, 1.5, "Bark", peak=0.75, mean=0.5)
    >>> (one,) = plan([bark], duration_s=1.6, padding_s=0.25, rate_hz=1000)
    >>> one.first, one.last
    (750, 1600)
    """
    segments: list[Segment] = []
    end = max(1, round(duration_s * rate_hz))
    for number, event in enumerate(events, start=1):
        first = min(end - 1, max(0, round((event.onset_s - padding_s) * rate_hz)))
        last = min(end, max(first + 1, round((event.offset_s + padding_s) * rate_hz)))
        begins = range(first, last, max_samples)
        segments += [
            Segment(event, number, part if len(begins) > 1 else 0, at, min(last, at + max_samples))
            for part, at in enumerate(begins, start=1)
        ]
    return sorted(segments, key=lambda one: (one.first, one.number))


def passes(segments: Sequence[Segment], max_open: int) -> list[tuple[list[Segment], int]]:
    """Divide segments among passes over the recording, so that few samples are open at a time.

    Parameters
    ----------
    segments : sequence of Segment
        Ordered by their first sample, none larger than `max_open`.
    max_open : int
        Largest number of samples of segments that are open at the same time.

    Returns
    -------
    list of (list of Segment, int)
        The segments of each pass, and the largest number of samples open in it.
    """
    found: list[tuple[list[Segment], int]] = []
    left = list(segments)
    while left:
        taken: list[Segment] = []
        later: list[Segment] = []
        open_ones: list[Segment] = []
        most = 0
        for one in left:
            open_ones = [other for other in open_ones if other.last > one.first]
            n_open = sum(other.last - other.first for other in open_ones) + one.last - one.first
            if open_ones and n_open > max_open:
                later.append(one)
                continue
            open_ones.append(one)
            taken.append(one)
            most = max(most, n_open)
        found.append((taken, most))
        left = later
    return found


def segments_zip(
    clips: Sequence[SegmentedClip],
    options: SegmentOptions,
    *,
    reserve: Callable[[int], None] = lambda _n_bytes: None,
    on_wait: Callable[[], None] = lambda: None,
) -> Iterator[Chunk]:
    """Yield the chunks of a ZIP with the sound of each event.

    Parameters
    ----------
    clips : sequence of SegmentedClip
        Recordings and their events.
    options : SegmentOptions
        Format, padding and names.
    reserve : callable, optional
        Called with the number of bytes of sound that are in memory at most; its exceptions end the
        work and propagate.
    on_wait : callable, optional
        As for `models.audio.open_flow`.

    Raises
    ------
    RecordingError
        If a recording cannot be decoded.
    """
    drain, rows = Drain(), list[tuple[Any, ...]]()
    names, folders = Names(), _Folders()
    shown = distinct(one.provenance.clip_name for one in clips)
    with zipfile.ZipFile(drain, "w") as members:
        for place, (clip_name, clip) in enumerate(zip(shown, clips, strict=True)):
            for done, written in _written(clip, options, reserve, on_wait):
                at = (place + done) / len(clips)
                if written is not None:
                    event = written.segment.event
                    given = options.file_name(
                        clip_name, written.segment.number, event, written.segment.part
                    )
                    base, dot, suffix = given.rpartition(".")
                    path = names.take(f"{folders.of(event.label)}/{base}") + dot + suffix
                    yield from _stored(members, drain, path, written.content, done=at)
                    rows.append(_listed(path, clip_name, written.segment, clip.rate_hz))
                yield Chunk(at, drain.take())
        members.writestr(member(LIST_NAME), utf8("".join(_list_lines(rows))))
        members.writestr(member(SETTINGS_NAME), utf8(_settings(clips, shown, options)))
    yield Chunk(1.0, drain.take())


class _Folders:
    """Folder of each label; labels that would share one are numbered."""

    def __init__(self) -> None:
        self._names = Names()
        self._of: dict[str, str] = {}

    def of(self, label: str) -> str:
        if label not in self._of:
            part = file_part(safe(label, _FOLDER_BYTES) or "event", _FOLDER_BYTES)
            self._of[label] = self._names.take(part)
        return self._of[label]


@dataclass(frozen=True, eq=False)
class _Written:
    segment: Segment
    content: memoryview


def _written(
    clip: SegmentedClip,
    options: SegmentOptions,
    reserve: Callable[[int], None],
    on_wait: Callable[[], None],
) -> Iterator[tuple[float, _Written | None]]:
    """Yield the files of a clip, and None where only the progress is new."""
    planned = plan(
        clip.find(),
        duration_s=clip.provenance.duration_s,
        padding_s=options.padding_s,
        rate_hz=clip.rate_hz,
    )
    runs = passes(planned, MAX_OPEN_SAMPLES)
    for number, (segments, n_open) in enumerate(runs):
        reserve(_SAMPLE_BYTES * n_open)
        with open_flow(
            clip.recording,
            sample_rate=clip.rate_hz,
            audio_track=clip.audio_track,
            channels=clip.channels,
            on_wait=on_wait,
        ) as flow:
            for written in _one_pass(flow, segments, options.audio_format):
                yield (number + flow.fraction()) / len(runs), written


def _one_pass(
    flow: Flow, segments: Sequence[Segment], audio_format: AudioFormat
) -> Iterator[_Written | None]:
    """SegmentOptions segments from a recording in one pass, each as soon as it is complete."""
    waiting = deque(segments)
    open_ones: list[_Open] = []
    at = 0
    for block in flow.blocks():
        until = at + len(block)
        while waiting and waiting[0].first < until:
            open_ones.append(_Open(waiting.popleft(), flow.sample_rate, audio_format))
        for one in open_ones:
            one.append(block, at)
        yield from (one.written() for one in open_ones if one.segment.last <= until)
        open_ones = [one for one in open_ones if one.segment.last > until]
        at = until
        yield None
        if not waiting and not open_ones:
            return
    # The last block may end a sample early after resampling.
    yield from (one.written() for one in open_ones)


class _Open:
    """A file whose event still sounds."""

    def __init__(self, segment: Segment, sample_rate: int, audio_format: AudioFormat) -> None:
        import soundfile

        self.segment = segment
        self._bytes = io.BytesIO()
        self._out = soundfile.SoundFile(
            self._bytes, "w", sample_rate, 1, subtype="PCM_16", format=audio_format.upper()
        )

    def append(self, block: NDArray[np.float32], at: int) -> None:
        """Encode what a block that begins at sample `at` has of the segment."""
        part = block[max(0, self.segment.first - at) : max(0, self.segment.last - at)]
        if len(part):
            # Converted here: soundfile scales WAV by 32767, which changes samples of 16 bits.
            self._out.write(np.clip(np.rint(part * 32_768), -32_768, 32_767).astype(np.int16))

    def written(self) -> _Written:
        self._out.close()
        return _Written(self.segment, self._bytes.getbuffer())


def _stored(
    members: zipfile.ZipFile, drain: Drain, path: str, content: memoryview, *, done: float
) -> Iterator[Chunk]:
    """Add a file uncompressed, in pieces."""
    with members.open(member(path, zipfile.ZIP_STORED), "w") as opened:
        for begin in range(0, len(content), _PIECE_BYTES):
            opened.write(content[begin : begin + _PIECE_BYTES])
            yield Chunk(done, drain.take())


def _listed(path: str, clip_name: str, segment: Segment, rate_hz: int) -> tuple[Any, ...]:
    event = segment.event
    times = (event.onset_s, event.offset_s)
    scores = (round(event.peak, SCORE_DECIMALS), round(event.mean, SCORE_DECIMALS))
    span = (segment.first / rate_hz, segment.last / rate_hz)
    return (
        *(escape_formulas(path), escape_formulas(clip_name), escape_formulas(event.label)),
        *(round(one, TIME_DECIMALS) for one in times),
        *scores,
        *(round(one, TIME_DECIMALS) for one in span),
    )


def _list_lines(rows: Iterable[tuple[Any, ...]]) -> Iterator[str]:
    yield from csv_lines([LIST_COLUMNS])
    yield from csv_lines(rows, quoting=csv.QUOTE_NONNUMERIC)


def _settings(clips: Sequence[SegmentedClip], names: Sequence[str], options: SegmentOptions) -> str:
    made = [replace(one.provenance, clip_name=name) for name, one in zip(names, clips, strict=True)]
    told = {
        "segments": {
            "format": options.audio_format,
            "padding_s": options.padding_s,
            "name": options.template,
        },
        "clips": [one.as_dict() for one in made],
    }
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"
