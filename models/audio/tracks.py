"""Audio tracks of a container, and the choice of one.

Conventions
-----------
Tracks are counted from 0 in messages to programs (``audio_track``), in the container's order, and
from 1 in sentences.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models.errors import RecordingError, SettingError

if TYPE_CHECKING:
    from av.audio.codeccontext import AudioCodecContext
    from av.audio.stream import AudioStream
    from av.container import InputContainer

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
"""A language tag (RFC 5646) without its rarer parts."""

UNKNOWN_CODEC = "unknown"

MAX_LISTED = 8
"""Tracks that a sentence lists; where there are more it says how many."""


@dataclass(frozen=True)
class AudioTrack:
    """One audio track of a container.

    Parameters
    ----------
    codec : str
        FFmpeg's name, such as "aac"; "unknown" where there is no decoder for it.
    channels : int
        As the container states them; 0 where it does not.
    sample_rate : int
        In Hz, as the container states it; 0 where it does not.
    language : str or None
        Language tag, such as "eng"; None where none is stated.
    is_readable : bool
        Whether there is a decoder for it.
    """

    codec: str
    channels: int
    sample_rate: int
    language: str | None = None
    is_readable: bool = True

    @property
    def words(self) -> str:
        """Describe it: "aac, 2 channels, eng"."""
        parts = [self.codec if self.is_readable else "a codec without a decoder here"]
        if self.channels:
            parts.append(f"{self.channels} channel{'s' * (self.channels != 1)}")
        if self.language is not None:
            parts.append(self.language)
        return ", ".join(parts)


def read_tracks(
    opened: "InputContainer", count_channels: Callable[["AudioCodecContext"], int]
) -> tuple[AudioTrack, ...]:
    """List the audio tracks of a container, in its order.

    Parameters
    ----------
    opened : InputContainer
        The container.
    count_channels : callable
        Tells how many channels a decoder expects. Called once for each.
    """
    return tuple(_track(stream, count_channels) for stream in opened.streams.audio)


def choose_track(tracks: tuple[AudioTrack, ...], audio_track: int | None, default: int) -> int:
    """Choose one of several tracks.

    Parameters
    ----------
    tracks : tuple of AudioTrack
        At least one.
    audio_track : int or None
        The user's choice; None for the container's.
    default : int
        The container's choice. Where it has no decoder, the first track that has one is taken.

    Raises
    ------
    SettingError
        If there is no such track.
    RecordingError
        If it has no decoder.
    """
    if audio_track is None:
        readable = [index for index, track in enumerate(tracks) if track.is_readable]
        return default if default in readable or not readable else readable[0]
    is_index = isinstance(audio_track, int) and not isinstance(audio_track, bool)
    if not is_index or audio_track not in range(len(tracks)):
        count = f"{len(tracks)} audio track{'s' * (len(tracks) != 1)}"
        raise SettingError(
            f"audio_track is {audio_track!r}, and the recording has {count}.",
            allowed=f"It is a whole number from 0 to {len(tracks) - 1}.",
            remedy="Leave it out for the container's default.",
        )
    if not tracks[audio_track].is_readable:
        raise RecordingError(
            f"Audio track {audio_track + 1} of the recording is in a codec without a decoder here.",
            allowed=f"Its tracks are: {list_tracks(tracks)}.",
            remedy="Choose another track, or convert this one with another program.",
        )
    return audio_track


def default_track(opened: "InputContainer") -> int:
    """Return the container's default: the first track that it flags so, or else the first."""
    from av.stream import Disposition

    for index, stream in enumerate(opened.streams.audio):
        if stream.disposition & Disposition.default:
            return index
    return 0


def list_tracks(tracks: tuple[AudioTrack, ...]) -> str:
    """List tracks in a sentence: "1 (aac, 2 channels, eng) and 2 (ac3, 6 channels)"."""
    named = [f"{number} ({track.words})" for number, track in enumerate(tracks, start=1)]
    if len(named) > MAX_LISTED:
        named[MAX_LISTED:] = [f"{len(named) - MAX_LISTED} more"]
    return " and ".join([", ".join(named[:-1]), named[-1]] if named[1:] else named)


def _track(
    stream: "AudioStream", count_channels: Callable[["AudioCodecContext"], int]
) -> AudioTrack:
    context: Any = stream.codec_context
    stated = stream.metadata.get("language", "")
    language = stated if _LANGUAGE.fullmatch(stated) and stated != "und" else None
    # A damaged header may call a stream sound and name a codec for pictures.
    if context is None or context.type != "audio":
        return AudioTrack(UNKNOWN_CODEC, 0, 0, language, is_readable=False)
    name = context.codec.canonical_name
    return AudioTrack(name, count_channels(context), context.sample_rate or 0, language)
