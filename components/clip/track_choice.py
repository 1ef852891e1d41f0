"""Choice of the audio track and channels of a recording."""

from dataclasses import replace

import streamlit as st

from components.style import text
from components.ui import widgets
from components.view.settings import SoundChoice
from components.workspace.current import current
from components.workspace.recordings import Recording
from models.audio import AudioTrack, Channels, SourceInfo

MAX_CHANNELS = 64
"""Maximum number of channels offered individually."""


def choose(recording: Recording, source: SourceInfo, chosen: SoundChoice) -> None:
    """Draw the choice of track and channels, if the recording has several.

    Parameters
    ----------
    recording : Recording
        The recording that the choice applies to.
    source : SourceInfo
        Tracks and channels of the recording.
    chosen : SoundChoice
        Current choice.
    """
    tracks = [index for index, track in enumerate(source.audio_tracks) if track.is_readable]
    if len(tracks) < 2 and source.channels < 2:
        return
    with st.popover(_title(source, chosen), icon=":material/graphic_eq:"):
        if len(tracks) > 1:
            _choose_track(recording, source, tracks)
        if source.channels > 1:
            _choose_channels(recording, source, chosen)


def offer_default(recording: Recording) -> None:
    """Draw a button that restores the default track and mix, if the choice is another one."""
    if not current().view.sound(recording.digest).is_default:
        st.button(
            "Back to the default track and the mix",
            key=f"default-sound-{recording.key}",
            icon=":material/undo:",
            on_click=_set,
            args=(recording.digest, SoundChoice()),
        )


def _choose_track(recording: Recording, source: SourceInfo, tracks: list[int]) -> None:
    key = f"track-{recording.digest[:16]}"

    def take() -> None:
        # Another track has other channels.
        _set(recording.digest, SoundChoice(widgets.value(key)))

    st.selectbox(
        "Audio track",
        tracks,
        tracks.index(source.audio_track),
        format_func=lambda index: _name_track(index, source.audio_tracks[index]),
        key=key,
        on_change=take,
        help="The file has several. The default is the one that the file itself names.",
    )


def _choose_channels(recording: Recording, source: SourceInfo, chosen: SoundChoice) -> None:
    key = f"channels-{recording.digest[:16]}"
    options = _options(source.channels)

    def take() -> None:
        _set(recording.digest, replace(chosen, channels=widgets.value(key)))

    st.selectbox(
        "Channels",
        options,
        options.index(chosen.channels) if chosen.channels in options else 0,
        format_func=_name_channels,
        key=key,
        on_change=take,
        help="The mix is the mean of all channels. Choose a single one where they hold different "
        "sounds, such as two microphones.",
    )


def _set(digest: str, choice: SoundChoice) -> None:
    current().view.sounds[digest] = choice


def _options(n_channels: int) -> list[Channels]:
    if n_channels == 2:
        return ["mix", "left", "right"]
    return ["mix", *range(min(n_channels, MAX_CHANNELS))]


def _title(source: SourceInfo, chosen: SoundChoice) -> str:
    parts = []
    if len(source.audio_tracks) > 1:
        parts.append(f"Track {source.audio_track + 1} of {len(source.audio_tracks)}")
    if source.channels > 1:
        parts.append(f"{_name_channels(chosen.channels)} of {source.channels} channels")
    return " · ".join(parts)


def _name_channels(channels: Channels) -> str:
    return channels.capitalize() if isinstance(channels, str) else f"Channel {channels + 1}"


def _name_track(index: int, track: AudioTrack) -> str:
    parts = [f"Track {index + 1}", text.channels(track.channels), track.codec]
    return " · ".join([*parts, track.language] if track.language else parts)
