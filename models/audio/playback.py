"""Playback: the recording itself, or a version of it that every browser plays.

Conventions
-----------
The formats are those that current versions of Chromium, Firefox and Safari all play (MDN's guides
to audio codecs and to media containers). All others, such as AIFF, CAF, WMA, AMR, ALAC or Matroska,
are played as the classifier's input: mono at the model's sample rate, in FLAC. So are recordings of
the types in `OPTIONAL_TYPES` for a browser that does not play them, such as Ogg in Safari before
18.4, WebM before 17.4, and AAC in Chromium without licensed codecs.

Playback has to be synchronous with the figures. Chromium plays the 1,105 samples of delay that MP3
encoders and decoders add (LAME's technical FAQ), and this decoder removes them: 25 ms at 44.1 kHz,
50 ms at 22.05 kHz. Therefore MP3s of lower sample rates are converted, too. The packets of a file
without an index are copied to a container that has one (`models.audio.indexing`).
"""

import io
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.audio import Clip, SourceInfo, open_flow
from models.audio.buffers import RowBuffer
from models.audio.indexing import with_index
from models.audio.links import has_links

_WITHOUT_INDEX = ("mp3", "aac")

MIN_MP3_RATE_HZ = 44_100
"""Lowest sample rate of an MP3 that is played unchanged, in Hz: its delay is below 30 ms."""


@dataclass(frozen=True, eq=False)
class Playable:
    """Audio for the page's player.

    Parameters
    ----------
    mime_type : str
        MIME type, such as ``audio/mpeg``.
    converted : bytes or None
        Converted file; None if the recording itself is played.
    """

    mime_type: str
    converted: bytes | None = None


_MIME_TYPES = {
    ("wav", "pcm_u8"): "audio/wav",
    ("wav", "pcm_s16le"): "audio/wav",
    ("wav", "pcm_s24le"): "audio/wav",
    ("wav", "pcm_f32le"): "audio/wav",
    ("mp3", "mp3"): "audio/mpeg",
    ("flac", "flac"): "audio/flac",
    ("ogg", "vorbis"): "audio/ogg",
    ("ogg", "opus"): "audio/ogg",
    ("mp4", "aac"): "audio/mp4",
    ("m4a", "aac"): "audio/mp4",
    ("aac", "aac"): "audio/aac",
    ("webm", "opus"): "audio/webm",
    ("webm", "vorbis"): "audio/webm",
}

_CODECS = {"opus": "opus", "vorbis": "vorbis", "aac": "mp4a.40.2"}  # RFC 6381

OPTIONAL_TYPES = (
    "audio/ogg; codecs=opus",
    "audio/ogg; codecs=vorbis",
    "audio/webm; codecs=opus",
    "audio/webm; codecs=vorbis",
    "audio/mp4; codecs=mp4a.40.2",
)
"""Types that a browser is asked about, as `HTMLMediaElement.canPlayType` takes them."""

EVERYWHERE = ("audio/wav", "audio/mpeg", "audio/mp4", "audio/flac")
"""MIME types that Safari has always played; FLAC since version 11."""


def playable(
    source: SourceInfo,
    recording: bytes,
    to_flac: Callable[[], bytes],
    *,
    whole: bool,
    even: bool,
    chosen: bool = False,
    unplayable: Collection[str] = (),
    on_wait: Callable[[], None] = lambda: None,
) -> Playable:
    """Choose the file for the page's player.

    Parameters
    ----------
    source : SourceInfo
        Properties of the recording.
    recording : bytes
        The recording.
    to_flac : callable
        Returns the decoded recording as FLAC; called only if that is played.
    whole : bool
        Whether the recording is complete, see `models.audio.breaks`.
    even : bool
        Whether its packets have about one size: see `models.audio.Flow.packets_are_even`.
    chosen : bool, optional
        Whether a track or a channel was selected, which a browser would not play alone.
    unplayable : collection of str, optional
        Those of `OPTIONAL_TYPES` that the browser does not play.
    on_wait : callable, optional
        As for `models.audio.open_flow`.
    """
    mime_type = browser_mime_type(source, unplayable)
    if mime_type is None or chosen or has_links(recording):
        return Playable("audio/flac", to_flac())
    if source.container not in _WITHOUT_INDEX:
        return Playable(mime_type)
    if source.container == "mp3" and even:
        return Playable(mime_type)
    # The decoder continues after damage; a player may not.
    indexed = with_index(recording, on_wait=on_wait) if whole else None
    if indexed is None:
        return Playable("audio/flac", to_flac())
    return Playable("audio/mp4", indexed)


def browser_mime_type(source: SourceInfo, unplayable: Collection[str] = ()) -> str | None:
    """Return the MIME type of a file that the browser plays unchanged, otherwise None.

    Browsers select among tracks differently, and disagree on the start time of Ogg.

    Parameters
    ----------
    source : SourceInfo
        Properties of the file.
    unplayable : collection of str, optional
        Those of `OPTIONAL_TYPES` that the browser does not play; by default none, as in every
        current browser.
    """
    if len(source.audio_tracks) > 1 or (source.container == "ogg" and source.start_s):
        return None
    if source.codec == "mp3" and source.sample_rate < MIN_MP3_RATE_HZ:
        return None
    mime_type = _MIME_TYPES.get((source.container, source.codec))
    served = "audio/mp4" if source.container == "aac" else mime_type  # see `with_index`
    asked = f"{served}; codecs={_CODECS.get(source.codec)}"
    return None if asked in unplayable else mime_type


def wav_file(clip: Clip) -> bytes:
    """Encode a clip as 16-bit WAV, which every program reads; clipped to full scale."""
    import soundfile

    file = io.BytesIO()
    samples = np.clip(clip.samples, -1, 1)
    soundfile.write(file, samples, clip.sample_rate, format="WAV", subtype="PCM_16")
    return file.getvalue()


def flac_file(clip: Clip) -> bytes:
    """Encode a clip as 16-bit FLAC: lossless, and half the size of a WAV."""
    return flac_of([clip.samples], clip.sample_rate)


def flac_of(blocks: Iterable[NDArray[np.float32]], sample_rate: int) -> bytes:
    """Encode a clip that arrives in blocks as 16-bit FLAC.

    Parameters
    ----------
    blocks : iterable of ndarray of float32, shape (n_samples,)
        Mono; clipped to full scale.
    sample_rate : int
        In Hz.
    """
    running = RunningFlac(sample_rate)
    for block in blocks:
        running.append(block)
    return running.file()


def load_playable(
    recording: bytes,
    *,
    sample_rate: int,
    max_duration_s: float,
    unplayable: Collection[str] = (),
    progress: Callable[[float], None] = lambda _fraction: None,
) -> tuple[Clip, Playable]:
    """Decode a recording, and choose the file that a browser plays beside it.

    Parameters
    ----------
    recording : bytes
        A file of any container.
    sample_rate : int
        Sample rate of the clip, in Hz.
    max_duration_s : float
        Longest duration, in seconds.
    unplayable : collection of str, optional
        As for `playable`.
    progress : callable
        Called with the completed fraction, in [0, 1]; its exceptions end the work and propagate.

    Raises
    ------
    RecordingError
        If the recording cannot be decoded, or is too long.
    """
    told = 0.0

    def wait() -> None:
        progress(told)

    with open_flow(
        recording, sample_rate=sample_rate, max_duration_s=max_duration_s, on_wait=wait
    ) as flow:
        gathered = RowBuffer()
        for samples in flow.blocks():
            gathered.append(samples)
            told = flow.fraction()
            progress(told)
        broke_at_s = flow.broke_at_s()
        clip = Clip(gathered.take(), flow.sample_rate, flow.source)
        return clip, playable(
            flow.source,
            recording,
            lambda: flac_file(clip),
            whole=broke_at_s is None,
            even=flow.packets_are_even,
            unplayable=unplayable,
            on_wait=wait,
        )


class RunningFlac:
    """Encodes a clip that arrives in blocks as 16-bit FLAC.

    Parameters
    ----------
    sample_rate : int
        In Hz.
    """

    def __init__(self, sample_rate: int) -> None:
        import soundfile

        self._bytes = io.BytesIO()
        self._out = soundfile.SoundFile(
            self._bytes, "w", sample_rate, 1, subtype="PCM_16", format="FLAC"
        )

    def append(self, samples: NDArray[np.float32]) -> None:
        """Encode the next block: float32, shape (n_samples,); clipped to full scale."""
        self._out.write(np.clip(samples, -1, 1))

    def file(self) -> bytes:
        """Finish the file, and return its content."""
        self._out.close()
        return self._bytes.getvalue()
