"""Detection of truncated recordings.

Conventions
-----------
The length that a container *states* is distinguished from the length that FFmpeg reports: if a
header states none, FFmpeg estimates it (size over bit rate), which is no evidence.

A recording breaks off if

- its header states more audio than was decoded (MP3 with a Xing header, MP4, Matroska, FLAC, AIFF,
  AU), or more bytes than the file has (WAV, W64, CAF, AVI, WMA);
- its last page (Ogg) or frame (MP3, AAC) is incomplete;
- nothing could be decoded from some position to the end, or the container became unreadable there.

Damage after which decoding recovers is not a break. A file that states no length and was truncated
between two packets cannot be distinguished from a complete one; nor can WebM without a duration, as
browsers record it.
"""

import math
from dataclasses import dataclass

from models.audio.containers import frame_is_cut, last_page_is_cut, missing_bytes
from models.audio.reading import ByteSource

# Two codec frames of the longest kind (HE-AAC: 2048 samples) of priming and padding, which only
# some containers count, and the coarsest clock tick of headers.
_PADDING_SAMPLES = 4096
_TICK_S = 0.05

_APPENDED_BYTES = 4096  # tags after the last frame

# A duration that equals size over bit rate this closely is FFmpeg's estimate, not a statement.
_GUESS_TOLERANCE = 0.001

# These may state no length, so the only sign of a break is a last packet that does not decode. For
# others it is no evidence: tags of many kinds are appended to MP3 files.
_SAYING_NOTHING = ("amr", "flac")

# FFmpeg derives their length from the last packet, or estimates it from sizes.
_STATING_NOTHING = frozenset(
    ("aac", "amr", "ac3", "eac3", "dts", "truehd", "mlp", "loas", "mpegts", "mpeg", "nut", "dv")
)

# Their length is that of the last page or frame, as FFmpeg finds it in the file itself (Ogg), or
# follows from the frames (FLAC): a header that states more is merely wrong.
_TOLD_BY_FRAMES = ("ogg", "flac")


@dataclass(frozen=True)
class Statement:
    """Length that a container states.

    Parameters
    ----------
    container : str
        FFmpeg's first name for it.
    duration_s : float or None
        Duration in seconds; None if none is stated.
    missing_bytes : int
        Number of bytes missing at the end of the file.
    is_cut : bool
        Whether the file ends within an Ogg page.
    """

    container: str
    duration_s: float | None = None
    missing_bytes: int = 0
    is_cut: bool = False


def read_statement(
    source: ByteSource,
    container: str,
    *,
    header_s: float | None,
    bit_rate: int | None,
    sound_offset: int,
) -> Statement:
    """Determine the length that a file states.

    Parameters
    ----------
    source : ByteSource
        The file; its position does not change.
    container : str
        FFmpeg's first name for the container.
    header_s : float or None
        Duration that FFmpeg reports, in seconds, more than 0.
    bit_rate : int or None
        Bit rate of the audio stream, in bits per second.
    sound_offset : int
        Position of the first packet, in bytes.
    """
    duration_s = None if container in _STATING_NOTHING else header_s
    if duration_s is not None and bit_rate is not None and bit_rate > 0:
        held_s = max(0, source.n_bytes - sound_offset) * 8 / bit_rate
        if container in ("wav", "w64", "caf"):
            duration_s = min(duration_s, held_s)
        elif container in ("mp3", "asf"):
            is_guess = math.isclose(duration_s, held_s, rel_tol=_GUESS_TOLERANCE)
            duration_s = None if is_guess else duration_s
    return Statement(
        container=container,
        duration_s=duration_s,
        missing_bytes=missing_bytes(source, container),
        is_cut=container == "ogg" and last_page_is_cut(source),
    )


class Course:
    """Record of the decoding, packet by packet.

    Attributes
    ----------
    reached_s : float
        End of the last packet by its time stamp, in seconds. Unlike ``decoded_s`` it includes gaps,
        which are no break, and the start time of the stream, as the durations of some headers do.
    failed_s : float
        Duration of packets that could not be decoded, in seconds.
    failing_s : float
        The same since the last packet that could be decoded.
    n_packets : int
        Number of packets with content.
    least_bytes, most_bytes : int
        Size of the smallest and the largest of them.
    last_offset, last_bytes : int
        Position and size of the last of them.
    gave_up : bool
        Whether the container became unreadable.
    """

    def __init__(self) -> None:
        self._n_samples = 0
        self._sample_rate = 1
        self._before_s = 0.0
        self.reached_s = 0.0
        self.failed_s = 0.0
        self.failing_s = 0.0
        self.n_packets = 0
        self.least_bytes = self.most_bytes = 0
        self.last_offset = self.last_bytes = 0
        self.gave_up = False

    @property
    def decoded_s(self) -> float:
        """Duration of the decoded audio, in seconds."""
        return self._before_s + self._n_samples / self._sample_rate

    def packet(self, offset: int | None, n_bytes: int, end_s: float | None) -> None:
        """Record a packet: its position, size, and end time, if known."""
        if n_bytes:
            self.n_packets += 1
            self.most_bytes = max(self.most_bytes, n_bytes)
            self.least_bytes = min(self.least_bytes or n_bytes, n_bytes)
            if offset is not None and offset >= 0:
                self.last_offset, self.last_bytes = offset, n_bytes
        if end_s is not None:
            self.reached_s = max(self.reached_s, end_s)

    def failed(self, duration_s: float) -> None:
        """Record a packet that could not be decoded."""
        self.failed_s += duration_s
        self.failing_s += duration_s

    def decoded(self, n_samples: int, sample_rate: int) -> None:
        """Record decoded audio, whose sample rate may change."""
        if sample_rate != self._sample_rate:
            self._before_s = self.decoded_s
            self._n_samples, self._sample_rate = 0, sample_rate
        self._n_samples += n_samples
        self.failing_s = 0.0


def broke_at_s(
    source: ByteSource, statement: Statement, course: Course, *, sample_rate: int
) -> float | None:
    """Determine, after decoding, where a recording breaks off.

    Parameters
    ----------
    source : ByteSource
        The file.
    statement : Statement
        Length that it states.
    course : Course
        Record of its decoding.
    sample_rate : int
        Sample rate of the source, in Hz.

    Returns
    -------
    float or None
        Duration of the audio up to the break, in seconds; None if there is no evidence of a break.
    """
    tolerance_s = _TICK_S + _PADDING_SAMPLES / sample_rate
    missing_s = statement.missing_bytes * course.decoded_s / source.n_bytes
    short_s = 0.0
    states_nothing = statement.duration_s is None
    if statement.duration_s is not None and not _ends_whole(source, statement, course):
        short_s = statement.duration_s - max(course.decoded_s, course.reached_s)
    broke = (
        course.gave_up
        or statement.is_cut
        or max(short_s, missing_s, course.failing_s) > tolerance_s
        or (course.failing_s > 0 and states_nothing and statement.container in _SAYING_NOTHING)
        or ((states_nothing or short_s > _TICK_S) and _last_frame_is_cut(source, statement, course))
    )
    return course.decoded_s if broke else None


def _ends_whole(source: ByteSource, statement: Statement, course: Course) -> bool:
    """Return whether all frames up to the end of the file were decoded, whatever a header says."""
    if statement.container not in _TOLD_BY_FRAMES or course.failing_s > 0:
        return False
    rest = source.n_bytes - course.last_offset - course.last_bytes
    return statement.container == "ogg" or rest <= _APPENDED_BYTES


def _last_frame_is_cut(source: ByteSource, statement: Statement, course: Course) -> bool:
    # FFmpeg either outputs an incomplete frame as a packet, or stops before it.
    offsets = (course.last_offset, course.last_offset + course.last_bytes)
    return any(frame_is_cut(source, statement.container, offset) for offset in offsets)
