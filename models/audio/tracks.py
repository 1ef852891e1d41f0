"""Audio tracks of a container, and the selection of one.

Conventions
-----------
Tracks are numbered in the container's order: from 0 in the API (``audio_track``), from 1 in
messages.
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
"""A language tag (RFC 5646) without its rarer subtags."""

UNKNOWN_CODEC = "unknown"

MAX_LISTED = 8
"""Largest number of tracks listed in a message; further ones are counted."""


@dataclass(frozen=True)
class AudioTrack:
    """An audio track of a container.

    Parameters
    ----------
    codec : str
        FFmpeg's name, such as "aac"; "unknown" if there is no decoder for it.
    channels : int
        Number of channels that the container states; 0 if it states none.
    sample_rate : int
        Sample rate that the container states, in Hz; 0 if it states none.
    language : str or None
        Language tag, such as "eng"; None if there is none.
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
        """Short description, such as "aac, 2 channels, eng"."""
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
        Returns the number of channels of a codec context. Called once for each.
    """
    return tuple(_track(stream, count_channels) for stream in opened.streams.audio)


def choose_track(tracks: tuple[AudioTrack, ...], audio_track: int | None, default: int) -> int:
    """Select one of several tracks.

    Parameters
    ----------
    tracks : tuple of AudioTrack
        At least one.
    audio_track : int or None
        The user's choice; None for the container's default.
    default : int
        The container's default. If it has no decoder, the first track with one is selected.

    Returns
    -------
    int
        Index of the track.

    Raises
    ------
    SettingError
        If there is no such track.
    RecordingError
        If the user's choice has no decoder.
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
    """Return the container's default track: the first with the default flag, or else the first."""
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
    # A damaged header may declare an audio stream with a video codec.
    if context is None or context.type != "audio":
        return AudioTrack(UNKNOWN_CODEC, 0, 0, language, is_readable=False)
    name = context.codec.canonical_name
    return AudioTrack(name, count_channels(context), context.sample_rate or 0, language)
