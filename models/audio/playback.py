"""What a browser can play of a recording: the file itself, or the decoded clip as FLAC.

Conventions
-----------
The formats are those that Chromium, Firefox and Safari all play (MDN's guides to audio codecs
and to media containers). Everything else, AIFF, CAF, WMA, AMR, ALAC or Matroska, is heard as the
classifier hears it: mono at the model's rate, lossless.

What is played has to keep to what is drawn. Chromium plays the 1,105 samples that MP3's encoders
and decoders put before the sound (LAME's technical FAQ), and the decoder here leaves them out:
25 ms at 44.1 kHz, 50 ms at 22.05 kHz. So MP3s of lower rates are converted, too. And where a file
has no index, its packets are put into a container that has one (`models.audio.indexing`).
"""

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.audio import Clip, SourceInfo
from models.audio.indexing import with_index
from models.audio.links import has_links

_WITHOUT_INDEX = ("mp3", "aac")

MIN_MP3_RATE_HZ = 44_100
"""Sample rate from which an MP3 is played as it is: its lead stays below 30 ms."""


@dataclass(frozen=True, eq=False)
class Playable:
    """Sound for the page's player.

    Parameters
    ----------
    mime_type : str
        Such as ``audio/mpeg``.
    converted : bytes or None
        What to play in place of the recording; None where the recording itself plays.
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


def playable(
    source: SourceInfo,
    recording: bytes,
    to_flac: Callable[[], bytes],
    *,
    whole: bool,
    even: bool,
    chosen: bool = False,
    on_wait: Callable[[], None] = lambda: None,
) -> Playable:
    """Choose what the page's player gets.

    Parameters
    ----------
    source : SourceInfo
        What the recording is.
    recording : bytes
        The recording itself.
    to_flac : callable
        Gives the decoded recording as FLAC; called where that is what plays.
    whole : bool
        Whether the recording does not break off.
    even : bool
        Whether all its packets are of a size: see `models.audio.Flow.packets_are_even`.
    chosen : bool, optional
        Whether a track or a channel was chosen, which a browser would not play alone.
    on_wait : callable, optional
        As for `models.audio.open_flow`.
    """
    mime_type = browser_mime_type(source)
    if mime_type is None or chosen or has_links(recording):
        return Playable("audio/flac", to_flac())
    if source.container not in _WITHOUT_INDEX:
        return Playable(mime_type)
    if source.container == "mp3" and even:
        return Playable(mime_type)
    # A damaged one is decoded past its damage, and a player might not be.
    indexed = with_index(recording, on_wait=on_wait) if whole else None
    if indexed is None:
        return Playable("audio/flac", to_flac())
    return Playable("audio/mp4", indexed)


def browser_mime_type(source: SourceInfo) -> str | None:
    """MIME type under which every current browser plays such a file well; None where one fails.

    Browsers choose among tracks as they like, and do not agree where Ogg begins.
    """
    if len(source.audio_tracks) > 1 or (source.container == "ogg" and source.start_s):
        return None
    if source.codec == "mp3" and source.sample_rate < MIN_MP3_RATE_HZ:
        return None
    return _MIME_TYPES.get((source.container, source.codec))


def wav_file(clip: Clip) -> bytes:
    """Write a clip as a WAV file of 16 bits; samples beyond full scale are clipped."""
    import soundfile

    file = io.BytesIO()
    samples = np.clip(clip.samples, -1, 1)
    soundfile.write(file, samples, clip.sample_rate, format="WAV", subtype="PCM_16")
    return file.getvalue()


def flac_file(clip: Clip) -> bytes:
    """Write a clip as a FLAC file of 16 bits: half the size of a WAV, and no less."""
    return flac_of([clip.samples], clip.sample_rate)


def flac_of(blocks: Iterable[NDArray[np.float32]], sample_rate: int) -> bytes:
    """Write a clip that comes in blocks as a FLAC file of 16 bits.

    Parameters
    ----------
    blocks : iterable of ndarray of float32, shape (any,)
        Mono; samples beyond full scale are clipped.
    sample_rate : int
        In Hz.
    """
    running = RunningFlac(sample_rate)
    for block in blocks:
        running.append(block)
    return running.file()


class RunningFlac:
    """Writes a clip that comes in blocks as a FLAC file of 16 bits.

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
        """Write the next block: float32, shape (any,); samples beyond full scale are clipped."""
        self._out.write(np.clip(samples, -1, 1))

    def file(self) -> bytes:
        """End the file, and give it."""
        self._out.close()
        return self._bytes.getvalue()
