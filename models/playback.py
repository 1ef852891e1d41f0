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
from dataclasses import dataclass

from models.audio import Clip, SourceInfo
from models.audio.indexing import is_even, with_index

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


def playable(clip: Clip, recording: bytes) -> Playable:
    """Choose what the page's player gets.

    Parameters
    ----------
    clip : Clip
        The recording, decoded.
    recording : bytes
        The recording itself.
    """
    mime_type = browser_mime_type(clip.source)
    if mime_type is None:
        return Playable("audio/flac", flac_file(clip))
    if clip.source.container not in _WITHOUT_INDEX:
        return Playable(mime_type)
    if clip.source.container == "mp3" and is_even(recording):
        return Playable(mime_type)
    # A damaged one is decoded past its damage, and a player might not be.
    indexed = with_index(recording) if clip.broke_at_s is None else None
    if indexed is None:
        return Playable("audio/flac", flac_file(clip))
    return Playable("audio/mp4", indexed)


def browser_mime_type(source: SourceInfo) -> str | None:
    """MIME type under which every current browser plays such a file well; None where one fails."""
    if source.codec == "mp3" and source.sample_rate < MIN_MP3_RATE_HZ:
        return None
    return _MIME_TYPES.get((source.container, source.codec))


def wav_file(clip: Clip) -> bytes:
    """Write a clip as a WAV file of 16 bits, which every program reads."""
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, clip.samples, clip.sample_rate, format="WAV", subtype="PCM_16")
    return file.getvalue()


def flac_file(clip: Clip) -> bytes:
    """Write a clip as a FLAC file of 16 bits: half the size of a WAV, and no less."""
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, clip.samples, clip.sample_rate, format="FLAC", subtype="PCM_16")
    return file.getvalue()
