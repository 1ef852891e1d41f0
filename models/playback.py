"""What a browser can play of a recording: the file itself, or the decoded clip as FLAC.

Conventions
-----------
The formats are those that Chromium, Firefox and Safari all play (MDN's guides to audio codecs
and to media containers). Everything else, AIFF, CAF, WMA, AMR, ALAC or Matroska, is heard as the
classifier hears it: mono at the model's rate, lossless.
"""

import io
from dataclasses import dataclass

from models.audio import Clip, SourceInfo


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


def playable(clip: Clip) -> Playable:
    """Choose what the page's player gets.

    Parameters
    ----------
    clip : Clip
        The recording, decoded.
    """
    mime_type = browser_mime_type(clip.source)
    if mime_type is not None:
        return Playable(mime_type)
    return Playable("audio/flac", _flac(clip))


def browser_mime_type(source: SourceInfo) -> str | None:
    """MIME type under which every current browser plays such a file; None where one does not."""
    return _MIME_TYPES.get((source.container, source.codec))


def wav_file(clip: Clip) -> bytes:
    """Write a clip as a WAV file of 16 bits, which every program reads."""
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, clip.samples, clip.sample_rate, format="WAV", subtype="PCM_16")
    return file.getvalue()


def _flac(clip: Clip) -> bytes:
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, clip.samples, clip.sample_rate, format="FLAC", subtype="PCM_16")
    return file.getvalue()
