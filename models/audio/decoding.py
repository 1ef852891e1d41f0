"""Decoding with PyAV: bytes to blocks of audio. The only module that reads files with FFmpeg.

FFmpeg reads more than recordings. A playlist or manifest (M3U8, MPD, ffconcat, SDP) makes it open
other files and URLs. Three independent measures prevent that, each of them sufficient: only the
containers of an allow-list are opened; no protocol is allowed; and every request to open a further
resource is rejected here. FFmpeg is also given no file name.

Small files may also request much memory: covers of a billion pixels, indices of a billion entries,
compressed headers, hundreds of streams of hundreds of channels. Therefore FFmpeg opens no decoder
while it probes a file, pictures are never decoded, and a single allocation of FFmpeg is limited to
`MAX_BLOCK_BYTES`. The sum of the allocations, and the time of parsing, can only be limited from
outside: see `models.audio.decoder`.
"""

import ctypes
import errno
import functools
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from models.audio.appearance import (
    COPY_AGAIN,
    describe_unopened,
    is_encrypted,
    unread_codec,
)
from models.audio.breaks import Course, Statement, broke_at_s, read_statement
from models.audio.containers import Extent, missing_bytes, read_extent
from models.audio.downmix import Channels, Downmix
from models.audio.reading import READABLE, ByteSource
from models.audio.resampling import SAMPLE_TYPES, Float32
from models.audio.times import Placement
from models.audio.tracks import AudioTrack, choose_track, default_track, list_tracks, read_tracks
from models.errors import RecordingError

if TYPE_CHECKING:
    from av.audio.codeccontext import AudioCodecContext
    from av.audio.fifo import AudioFifo
    from av.audio.frame import AudioFrame
    from av.audio.layout import AudioLayout
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet

CONTAINERS = (
    *("wav", "w64", "aiff", "caf", "au", "flac", "mp3", "aac", "loas", "ogg", "amr", "asf"),
    *("mov", "matroska", "avi", "mpegts", "mpeg", "mxf", "flv", "nut", "dv", "wtv", "rm", "xwma"),
    *("wv", "ape", "tta", "tak", "ac3", "eac3", "dts", "dtshd", "truehd", "mlp", "dsf", "iff"),
    *("mpc", "mpc8", "nistsphere", "shn", "voc", "ircam", "sox", "paf", "pvf", "avr", "qcp", "oma"),
)
"""FFmpeg's names of the containers that it recognizes by their content and reads without opening
anything else. Raw samples, which it recognizes by the file name alone, and formats of games are
excluded."""

MAX_STREAMS = 128
"""Largest number of streams. Films with many languages, subtitles and fonts have some dozens."""

OPTIONS = {
    "format_whitelist": ",".join(CONTAINERS),
    "protocol_whitelist": "",
    "max_streams": str(MAX_STREAMS),
}

MAX_BLOCK_BYTES = 64 << 20
"""Largest single allocation of FFmpeg, in bytes: an index of 2.8 million packets of 24 bytes, eight
hours of AAC at 96 kHz; or a second of eight channels of 64 bits at 768 kHz, which take 49 MB."""

# From hydrophones (1 kHz) to the fastest sound cards (768 kHz; bat detectors have lower rates).
MIN_SOURCE_RATE_HZ = 1_000
MAX_SOURCE_RATE_HZ = 768_000

# A block ends after a second of audio, after many values (channels, high rates), or after many
# packets (damaged ones give no audio), so that the caller can cancel at any time.
_BLOCK_S = 1.0
_BLOCK_VALUES = 2_000_000
_BLOCK_PACKETS = 500

# A longer frame is a block by itself: FFmpeg's FIFO doubles its buffer when it is full, and would
# exceed the largest allocation.
_LONG_FRAME_VALUES = _BLOCK_VALUES // 2

_WAV_SIGNATURES = (b"RIFF", b"RF64", b"BW64")
"""First bytes of WAV (EBU Tech 3306, ITU-R BS.2088); the bytes from 8 to 12 are ``WAVE``."""

_NO_DECODER = "none"
"""Entry for a list of allowed decoders that matches none."""

_PROBED_CONTAINERS = ("mp3", "aac")
"""FFmpeg's names of single-stream containers whose sample rate is only found by decoding: otherwise
ADTS has none, and MP3 that of the last packet probed."""

_MAX_PROBED = 8
"""Largest number of tracks whose decoders are opened to find sample rates and channels (AAC and DTS
in MPEG-TS)."""

_PADDING_BYTES = 1
"""Difference between packet sizes of an MP3 of constant bit rate (ISO/IEC 11172-3, padding)."""

_memory_bytes: list[int] = []
"""Memory limits given to `note_memory`."""

_ENCRYPTED_TAGS = ("enca", "drms", "aavd")  # CENC, FairPlay, Audible


@dataclass(frozen=True, eq=False)
class Block:
    """A block of decoded audio.

    Parameters
    ----------
    mono : ndarray of float32, shape (n_samples,)
        In [-1, 1]; may be empty.
    sample_rate, n_channels : int
        Of the source: sample rate in Hz, and number of channels.
    n_non_finite : int
        Number of the source's samples that were NaN or infinite.
    is_silence : bool
        Whether it is silence inserted into a gap.
    """

    mono: Float32
    sample_rate: int
    n_channels: int
    n_non_finite: int
    is_silence: bool = False


@dataclass(frozen=True)
class Choice:
    """Selection of track and channels.

    Parameters
    ----------
    audio_track : int or None
        Index of an audio track; None for the container's default.
    channels : {'mix', 'left', 'right'} or int
        The mean of its channels, or one of them: see `models.audio.downmix`.
    """

    audio_track: int | None = None
    channels: Channels = "mix"


WHOLE = Choice()


class OpenedRecording:
    """An opened container and one of its audio tracks. Created by `open_recording`.

    Attributes
    ----------
    codec, container : str
        Readable names, like "mp3" and "m4a".
    tracks : tuple of AudioTrack
        Its audio tracks.
    audio_track : int
        Index of the one that is decoded.
    header_s : float or None
        Duration that FFmpeg reports or estimates, in seconds: for progress, not as evidence.
    statement : Statement
        Length that the container itself states.
    course : Course
        Record of the decoding.
    """

    def __init__(
        self,
        opened: "InputContainer",
        tracks: tuple[AudioTrack, ...],
        source: ByteSource,
        choice: Choice,
        extent: Extent,
    ) -> None:
        self._source = source
        self._extent = extent
        self.tracks = tracks
        self.audio_track, self._stream = _chosen_stream(opened, source, self.tracks, choice)
        self._downmix = Downmix(choice.channels)
        self._placement = Placement(_short_name(opened), _seconds(opened.start_time))
        self.codec = self._stream.codec_context.codec.canonical_name
        self.container = _container_name(opened, source)
        self.course = Course()
        self._packets: Iterator[Packet[AudioStream]] = iter(opened.demux(self._stream))
        self._errors = decoding_errors()
        self._tick_s = float(self._stream.time_base or 0)
        self._first = self._next_packet()
        self._refuse_encrypted()
        header_s = _header_s(opened, self._stream)
        self.header_s = header_s if header_s is not None and header_s > 0 else None
        self.statement: Statement = read_statement(
            source,
            _short_name(opened),
            header_s=self.header_s,
            bit_rate=self._stream.codec_context.bit_rate,
            sound_offset=(self._first and self._first.pos) or 0,
        )

    def blocks(self) -> Iterator[Block]:
        """Decode the track, once.

        Yields
        ------
        Block
            Blocks of about a second.

        Raises
        ------
        RecordingError
            If the sample rate or sample format is unsupported, or nothing could be decoded.
        """
        batch = _Batch(self._downmix)
        for packet in self._all_packets():
            batch.count_packet()
            for frame, kind in self._frames(packet):
                silence_s = self._silence_before(frame)
                if silence_s or kind != batch.kind:
                    yield batch.take()
                    self._check_kind(kind)
                elif not batch.takes(frame):
                    yield batch.take()
                if silence_s:
                    yield from self._silence(silence_s, kind)
                self.course.decoded(frame.samples, frame.sample_rate)
                batch.add(frame, kind)
            if batch.is_full:
                yield batch.take()
        yield batch.take()
        if not self.course.decoded_s:
            self._refuse_silent()

    @property
    def decoded_s(self) -> float:
        """Duration of the decoded audio in seconds, inserted silence included."""
        return self.course.decoded_s

    @property
    def passed_s(self) -> float:
        """The same plus the duration of packets that could not be decoded, in seconds."""
        return self.course.decoded_s + self.course.failed_s

    @property
    def start_s(self) -> float:
        """Time of the first sample, in seconds; valid after decoding."""
        return self._placement.start_s

    def fraction(self) -> float:
        """Return the approximate fraction that has been decoded, in [0, 1]."""
        if self.header_s:
            return min(1.0, self.course.decoded_s / self.header_s)
        return min(1.0, self.course.last_offset / self._source.n_bytes)

    def broke_at_s(self, sample_rate: int) -> float | None:
        """Determine, after decoding, where the recording breaks off: see `models.audio.breaks`."""
        return broke_at_s(self._source, self.statement, self.course, sample_rate=sample_rate)

    def notices(self) -> list[str]:
        """Return, after decoding, notices for the user, in sentences."""
        told = []
        if len(self.tracks) > 1:
            told.append(
                f"It has {len(self.tracks)} audio tracks: {list_tracks(self.tracks)}. "
                f"Track {self.audio_track + 1} is analysed."
            )
        told += _told_of(self._extent)
        return told + self._placement.notices() + self._downmix.notices(self.decoded_s)

    @property
    def packets_are_even(self) -> bool:
        """Whether, after decoding, all packets have about one size: players seek by division."""
        course = self.course
        return not course.gave_up and course.most_bytes - course.least_bytes <= _PADDING_BYTES

    def _silence_before(self, frame: "AudioFrame") -> float:
        if not self._placement.reads_stamps:  # most containers; a stamp takes time to read
            return 0.0
        stamp_s = None
        if frame.pts is not None:
            stamp_s = frame.pts * float(frame.time_base or self._tick_s)
        return self._placement.silence_before(stamp_s, self.course.decoded_s)

    def _silence(self, silence_s: float, kind: "_Kind") -> Iterator[Block]:
        rest = round(silence_s * kind.sample_rate)
        while rest:
            n_samples = min(rest, kind.sample_rate)
            rest -= n_samples
            self.course.decoded(n_samples, kind.sample_rate)
            silence = np.zeros(n_samples, np.float32)
            yield Block(silence, kind.sample_rate, kind.n_channels, 0, is_silence=True)

    def _all_packets(self) -> Iterator["Packet[AudioStream] | None"]:
        packet = self._first
        while packet is not None:
            self._note(packet)
            yield packet
            packet = self._next_packet()
        if self.course.gave_up:
            yield None  # flushes the decoder; PyAV omits this packet after an error

    def _next_packet(self) -> "Packet[AudioStream] | None":
        try:
            return next(self._packets, None)
        except self._errors as error:
            _refuse_greedy(error, self._source)
            self.course.gave_up = True
            return None

    def _note(self, packet: "Packet[AudioStream]") -> None:
        end_s = None
        if packet.pts is not None:
            end_s = (packet.pts + (packet.duration or 0)) * self._tick_s
        self.course.packet(packet.pos, packet.size, end_s)

    def _frames(self, packet: "Packet[AudioStream] | None") -> list[tuple["AudioFrame", "_Kind"]]:
        try:
            frames = self._stream.codec_context.decode(packet)
        except self._errors as error:
            _refuse_greedy(error, self._source)
            duration = packet.duration if packet is not None else None
            self.course.failed((duration or 0) * self._tick_s)
            return []
        known = [(frame, _kind(frame)) for frame in frames]
        for frame, kind in known:
            if kind.own_order:
                _keep(frame.layout)
        return [(frame, kind) for frame, kind in known if frame.samples]

    def _check_kind(self, kind: "_Kind") -> None:
        if kind.sample_format.removesuffix("p") not in SAMPLE_TYPES or not kind.n_channels:
            raise _unusable(
                self._source,
                f"holds {kind.n_channels} channels of samples of the unknown kind"
                f" {kind.sample_format!r}",
                f"Samples are of the kinds {', '.join(SAMPLE_TYPES)}.",
            )
        _check_rate(kind.sample_rate, self._source)

    def _refuse_silent(self) -> NoReturn:
        n_packets = self.course.n_packets
        if n_packets:
            what = f"is damaged: of its {n_packets} packets of {self.codec} sound none is decodable"
        else:
            what = f"holds no sound: its {self.container} header is not followed by any samples"
        raise RecordingError(
            f"{self._source.label} {what}.",
            allowed="A recording holds at least one sample that can be decoded.",
            remedy="Copy, export or download it again, as a whole.",
        )

    def _refuse_encrypted(self) -> None:
        try:
            tag = str(self._stream.codec_context.codec_tag)
        except UnicodeDecodeError:  # PyAV decodes tags as text; that of FLAC in WAV is not
            tag = ""
        # Not left to the decoder: it decodes some encrypted packets to noise.
        if (self._first and self._first.has_sidedata("encryption_info")) or tag in _ENCRYPTED_TAGS:
            raise _encrypted(self._source, f"its {self.codec} sound")


@contextmanager
def open_recording(source: ByteSource, choice: Choice = WHOLE) -> Iterator[OpenedRecording]:
    """Open a recording for decoding.

    Parameters
    ----------
    source : ByteSource
        The file, at its beginning.
    choice : Choice, optional
        Track and channels to decode.

    Yields
    ------
    OpenedRecording
        Usable inside the ``with`` statement.

    Raises
    ------
    RecordingError
        If the container is unsupported or too damaged to be opened, or has no audio that can be
        decoded.
    SettingError
        If there is no such track or channel.
    """
    extent = read_extent(source)
    if extent.end < source.n_bytes:
        source = source.part(0, extent.end)
    try:
        opened, tracks = open_container(source, goes_on=extent.stated is not None)
    except decoding_errors() as error:
        _refuse_greedy(error, source)
        what, remedy = describe_unopened(source)
        raise RecordingError(
            f"{source.label} cannot be opened: {what}.", allowed=READABLE, remedy=remedy
        ) from error
    with opened:
        yield OpenedRecording(opened, tracks, source, choice, extent)


def decoding_errors() -> tuple[type[Exception], ...]:
    """Return the exceptions that PyAV may raise for a malformed file.

    Besides its own: UnicodeDecodeError from tags, IndexError from streams that appear and
    disappear, OverflowError from absurd times, MemoryError beyond `MAX_BLOCK_BYTES`.
    """
    from av.error import FFmpegError

    return FFmpegError, ValueError, LookupError, ArithmeticError, MemoryError


def note_memory(n_bytes: int) -> None:
    """Set the total memory limit of this process, for messages only."""
    _memory_bytes.append(n_bytes)


def _refuse_greedy(error: Exception, source: ByteSource) -> None:
    """Distinguish a file that requests too much memory from a damaged one.

    Raises
    ------
    RecordingError
        If the error is out of memory. FFmpeg reports that for too many streams, too.
    """
    if isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM:
        raise greedy(source.label) from error


def greedy(label: str) -> RecordingError:
    """Return the error for a file that needs too much memory."""
    in_all = "".join(f" and {n_bytes >> 20} MiB in all" for n_bytes in _memory_bytes[-1:])
    return RecordingError(
        f"The decoder gave up on this file: {label[0].lower()}{label[1:]} needs more memory, or has"
        " more streams, than it may.",
        allowed=f"A recording has at most {MAX_STREAMS} streams, and its decoder gets at most "
        f"{MAX_BLOCK_BYTES >> 20} MiB in one piece{in_all}.",
        remedy=COPY_AGAIN,
    )


def open_container(
    source: ByteSource, *, goes_on: bool = False
) -> tuple["InputContainer", tuple[AudioTrack, ...]]:
    """Open a container, and nothing that it refers to.

    Probing opens a decoder for each stream (avformat_find_stream_info), and each may take 40 MB: an
    Ogg file of 160 kB with 120 streams of 255 channels takes 5.8 GB. Therefore all decoders are
    excluded first. If only frames contain a stream's parameters, the file is opened again with the
    decoders of these streams.

    Parameters
    ----------
    source : ByteSource
        The file, at its beginning.
    goes_on : bool
        Whether the samples of a WAV file extend to the end of the file, regardless of its header.

    Returns
    -------
    InputContainer, tuple of AudioTrack
        The container, and its audio tracks.
    """
    _bound_blocks()
    opened = _open(source, decoders=_NO_DECODER, goes_on=goes_on)
    tracks = read_tracks(opened, _forget_order)
    needed = _needed_decoders(opened, tracks)
    if not needed:
        return opened, tracks
    opened.close()
    source.seek(0)
    opened = _open(source, decoders=",".join(needed), goes_on=goes_on)
    return opened, read_tracks(opened, _forget_order)


def _needed_decoders(opened: "InputContainer", tracks: tuple[AudioTrack, ...]) -> list[str]:
    """Return the decoders that are necessary to determine a container's audio parameters."""
    container = opened.format.name
    needed = set()
    for stream, track in zip(opened.streams.audio, tracks, strict=True):
        is_known = track.sample_rate and track.channels
        is_probed = container in _PROBED_CONTAINERS or (container, track.codec) == ("ogg", "flac")
        if track.is_readable and (not is_known or (is_probed and len(tracks) == 1)):
            needed.add(stream.codec_context.name)
    return sorted(needed) if len(tracks) <= _MAX_PROBED else []


def _open(source: ByteSource, *, decoders: str, goes_on: bool) -> "InputContainer":
    import av

    def refuse(url: str, *_: object) -> NoReturn:
        raise RecordingError(
            f"{source.label} refers to something outside itself: {url!r}.",
            allowed="A recording holds its sound itself.",
            remedy="Open what it refers to, if that is a recording.",
        )

    settings: dict[str, Any] = {}
    if int(av.__version__.split(".")[0]) < 19:  # from 19 on it always replaces them
        settings["metadata_errors"] = "replace"
    options = {**OPTIONS, "codec_whitelist": decoders}
    if goes_on:
        options["ignore_length"] = "1"
    opened: InputContainer = av.open(
        source, "r", format=_known_format(source), options=options, io_open=refuse, **settings
    )
    return opened


def _known_format(source: ByteSource) -> str | None:
    """Return FFmpeg's name of a container that its signature proves; None for all others.

    Only WAV needs it: FFmpeg gives its signature less than full confidence, to leave room for ACT
    (``libavformat/wavdec.c``), so that samples may be taken for packets of another container.
    FFmpeg 8.1 (PyAV 19) does not open a loud sine of 32-bit floats otherwise.
    """
    head = source.peek(0, 12)
    return "wav" if head[:4] in _WAV_SIGNATURES and head[8:] == b"WAVE" else None


@functools.cache
def _bound_blocks() -> None:
    """Set FFmpeg's own allocation limit, which is global to the process and missing in PyAV."""
    import av.buffer

    # On Windows the function is not found through a library that uses it: there is no limit.
    with suppress(OSError, AttributeError):
        ctypes.CDLL(av.buffer.__file__).av_max_alloc(ctypes.c_size_t(MAX_BLOCK_BYTES))


def _chosen_stream(
    opened: "InputContainer", source: ByteSource, tracks: tuple[AudioTrack, ...], choice: Choice
) -> tuple[int, "AudioStream"]:
    """Select an audio stream, and discard all others."""
    from av.stream import Discard

    if not tracks:
        raise _without_sound(opened, source)
    index = choose_track(tracks, choice.audio_track, default_track(opened))
    chosen = opened.streams.audio[index]
    if not tracks[index].is_readable:
        codec = unread_codec(source)
        if codec is None and is_encrypted(source):
            raise _encrypted(source, "its sound")
        what = "holds sound in " + (codec or "a codec that is unknown here")
        raise _unusable(source, what + (", which is not read here" if codec else ""), READABLE)
    if not (tracks[index].sample_rate and tracks[index].channels):
        raise _without_parameters(opened, source, tracks[index])
    _check_rate(tracks[index].sample_rate, source)
    for stream in opened.streams:
        if stream.index != chosen.index:
            stream.discard = Discard.all
    return index, chosen


def _without_sound(opened: "InputContainer", source: ByteSource) -> RecordingError:
    kinds = sorted({stream.type for stream in opened.streams})
    missing = missing_bytes(source, _short_name(opened))
    if missing:
        what = f"is cut off: {missing} bytes are missing, and with them what describes its sound"
    elif "video" in kinds:
        what = "holds pictures or video but no sound"
    else:
        what = "holds no sound" + (f", only {' and '.join(kinds)}" if kinds else "")
    return _unusable(source, what, "A recording has at least one stream of sound.")


def _without_parameters(
    opened: "InputContainer", source: ByteSource, track: AudioTrack
) -> RecordingError:
    missing = missing_bytes(source, _short_name(opened))
    if missing:
        what = f"is cut off: {missing} bytes are missing, and with them what describes its sound"
    elif track.channels or track.sample_rate:
        what = f"states {track.channels} channels at {track.sample_rate} Hz for {track.codec} sound"
    else:
        what = f"states neither channels nor a sample rate for its {track.codec} sound"
    return _unusable(source, what, "A recording states its channels and its sample rate.")


def _forget_order(context: "AudioCodecContext") -> int:
    """Count channels; replace an explicit channel order of a file (CAF, MOV) by an unspecified one.

    Such an order is a list in memory, and PyAV from 17.1 on frees it with the layout of a frame and
    again with the frame, which crashes the process. The context drops the list without freeing it,
    so that it is freed once, with `layout`. The order is irrelevant because channels are averaged.
    """
    layout = context.layout
    n_channels = layout.nb_channels
    if n_channels and _may_be_of_own_order(layout):
        context.layout = f"{n_channels}C"
    return n_channels


def _may_be_of_own_order(layout: "AudioLayout") -> bool:
    """Return whether a layout's name lists its channels: "4 channels (FC+FL+FR+LFE)".

    Usual orders have their own names, such as "5.1(side)"; some rare ones are listed, too.
    """
    try:
        return " channels (" in layout.name
    except (ValueError, RuntimeError):  # invalid text, or no name in FFmpeg
        return True


def _keep(layout: "AudioLayout") -> None:
    """Never free a layout, whose list its frame also frees. Few decoders create such an order."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(layout))


def _check_rate(sample_rate: int, source: ByteSource) -> None:
    if not MIN_SOURCE_RATE_HZ <= sample_rate <= MAX_SOURCE_RATE_HZ:
        raise _unusable(
            source,
            f"has a sample rate of {sample_rate} Hz",
            f"Sample rates go from {MIN_SOURCE_RATE_HZ} to {MAX_SOURCE_RATE_HZ} Hz.",
            f"Resample it to at least {MIN_SOURCE_RATE_HZ} Hz."
            if 0 < sample_rate < MIN_SOURCE_RATE_HZ
            else COPY_AGAIN,
        )


def _unusable(
    source: ByteSource, what: str, allowed: str, remedy: str = COPY_AGAIN
) -> RecordingError:
    return RecordingError(f"{source.label} {what}.", allowed=allowed, remedy=remedy)


def _encrypted(source: ByteSource, what: str) -> RecordingError:
    return RecordingError(
        f"{source.label} is encrypted: {what} needs a key.",
        allowed="A recording is free of copy protection.",
        remedy="Use an unprotected copy.",
    )


def _told_of(extent: Extent) -> list[str]:
    """Return notices on data after the audio that a header states."""
    if extent.stated is not None:
        return [
            f"Its header states {extent.stated:,} bytes of samples, and {extent.held:,} are there; "
            "all of them are read as sound."
        ]
    if extent.unread:
        return [f"{extent.unread:,} bytes behind the sound that its header states are not read."]
    return []


def _short_name(opened: "InputContainer") -> str:
    """Return FFmpeg's first name for a container."""
    return opened.format.name.split(",")[0]


def _seconds(start_time: int | None) -> float:
    return 0.0 if start_time is None else start_time / 1_000_000  # AV_TIME_BASE


def _header_s(opened: "InputContainer", stream: "AudioStream") -> float | None:
    """Return the end of the audio stream as FFmpeg reports it, in seconds."""
    if stream.duration is not None and stream.time_base:
        # A track of an MP4 may begin late; Ogg's duration already is the end.
        start = max(0, stream.start_time or 0) if _short_name(opened) == "mov" else 0
        return float((start + stream.duration) * stream.time_base)
    if "DURATION" in stream.metadata:  # Matroska's statistics: "00:00:05.016000000"
        try:
            hours, minutes, seconds = stream.metadata["DURATION"].split(":")
            return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
        except (ValueError, OverflowError):
            pass
    # The container's duration is that of its longest stream, which may be a video.
    n_timed = sum(other.type in ("audio", "video", "subtitle") for other in opened.streams)
    if opened.duration is None or n_timed > 1:
        return None
    return opened.duration / 1_000_000  # AV_TIME_BASE


def _container_name(opened: "InputContainer", source: ByteSource) -> str:
    """Reduce FFmpeg's list of names ("mov,mp4,m4a,3gp,3g2,mj2") to the matching one."""
    name = _short_name(opened)
    if name == "matroska":
        # The document type is in the EBML header, among the first bytes.
        return "webm" if b"webm" in source.peek(0, 64) else "matroska"
    if name == "mov":
        brand = opened.metadata.get("major_brand", "").strip().lower()
        names = {"qt": "mov", "m4a": "m4a", "m4b": "m4a", "3gp": "3gp", "3g2": "3gp"}
        return names.get(brand[:3], "mp4")
    return name


class _Kind(NamedTuple):  # one per frame: a tuple is made and compared fastest
    sample_format: str
    sample_rate: int
    n_channels: int
    own_order: bool  # whether the channels may be in an explicit order


class _Batch:
    """Collects frames of one kind for a block.

    Attributes
    ----------
    kind : _Kind
        That of its frames.
    is_full : bool
        Whether it has enough samples, or packets, for a block.
    """

    def __init__(self, downmix: Downmix) -> None:
        self._downmix = downmix
        self.kind = _Kind("", MIN_SOURCE_RATE_HZ, 0, own_order=False)
        self.is_full = False
        self._enough_samples = self._long_samples = 0.0
        self._n_packets = self._n_samples = 0
        self._gathered: AudioFifo | None = None
        self._alone: AudioFrame | None = None  # a long frame, which is a block by itself

    def count_packet(self) -> None:
        """Count a packet, with frames or without."""
        self._n_packets += 1
        if self._n_packets >= _BLOCK_PACKETS:
            self.is_full = True

    def takes(self, frame: "AudioFrame") -> bool:
        """Return whether a frame of the same kind fits into the current block."""
        return not self._n_samples or not (self._alone or self.is_full or self._goes_alone(frame))

    def add(self, frame: "AudioFrame", kind: _Kind) -> None:
        """Append a frame."""
        if kind != self.kind:
            self._begin(kind)
        self._n_samples += frame.samples
        if self._n_samples >= self._enough_samples:
            self.is_full = True
        if self._goes_alone(frame):
            self._alone = frame
            return
        if self._gathered is None:
            from av.audio.fifo import AudioFifo

            # FFmpeg's FIFO. Views of the planes of each frame take more time than decoding MP3.
            self._gathered = AudioFifo()
        frame.pts = None  # otherwise the FIFO requires times without gaps
        self._gathered.write(frame)

    def take(self) -> Block:
        """Return the block, and begin the next one."""
        mono, n_non_finite = np.zeros(0, np.float32), 0
        joined = self._gathered.read() if self._gathered is not None else self._alone
        if joined is not None:
            channels = _channels(joined, self.kind)
            mono, n_non_finite = self._downmix.process(channels, self.kind.sample_rate)
        self.is_full = False
        self._n_packets = self._n_samples = 0
        self._gathered = self._alone = None
        return Block(mono, self.kind.sample_rate, self.kind.n_channels, n_non_finite)

    def _goes_alone(self, frame: "AudioFrame") -> bool:
        # FFmpeg's FIFO in PyAV would free an explicit order once more.
        return self.kind.own_order or frame.samples > self._long_samples

    def _begin(self, kind: _Kind) -> None:
        n_channels = max(1, kind.n_channels)
        self.kind = kind
        self._enough_samples = min(_BLOCK_S * kind.sample_rate, _BLOCK_VALUES / n_channels)
        self._long_samples = _LONG_FRAME_VALUES / n_channels


def _kind(frame: "AudioFrame") -> _Kind:
    layout = frame.layout
    own_order = _may_be_of_own_order(layout)
    return _Kind(frame.format.name, frame.sample_rate, layout.nb_channels, own_order)


def _channels(frame: "AudioFrame", kind: _Kind) -> NDArray[Any]:
    """Return a frame's samples in the codec's type, shape (n_channels, n_samples)."""
    name, n_channels = kind.sample_format, kind.n_channels
    if not name.endswith("p"):
        return _plane(frame, 0, frame.samples * n_channels, name).reshape(-1, n_channels).T
    return np.stack([_plane(frame, index, frame.samples, name) for index in range(n_channels)])


def _plane(frame: "AudioFrame", index: int, n_values: int, sample_format: str) -> NDArray[Any]:
    """Return a view of one plane of a frame, in the codec's type.

    ``frame.planes`` and ``to_ndarray`` read past their end from 8 planar channels on (PyAV 18), or
    raise with exactly 8 (PyAV 19), hence this access to a single plane.
    """
    from av.audio.plane import AudioPlane

    plane: Any = AudioPlane(frame, index)
    return np.frombuffer(plane, SAMPLE_TYPES[sample_format.removesuffix("p")], n_values)
