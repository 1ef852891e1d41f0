"""Opening of recordings for a single pass, in this process or a child process."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from models.audio.decoder import decoders_in_use
from models.audio.decoder.remote import open_remote_flow
from models.audio.decoding import Choice
from models.audio.downmix import Channels, check_channels
from models.audio.flow import (
    MAX_DURATION_S,
    SAMPLE_RATE,
    Flow,
    check_duration,
    check_sample_rate,
    open_local_flow,
)
from models.audio.reading import Source, open_source


@contextmanager
def open_flow(
    source: Source,
    *,
    sample_rate: int = SAMPLE_RATE,
    max_duration_s: float = MAX_DURATION_S,
    audio_track: int | None = None,
    channels: Channels = "mix",
    isolated: bool | None = None,
    on_wait: Callable[[], None] = lambda: None,
) -> Iterator[Flow]:
    """Open a recording for a single pass, whatever its container and codec.

    Parameters
    ----------
    source, sample_rate, max_duration_s, audio_track, channels, isolated
        As for `models.load_clip`.
    on_wait : callable, optional
        Called several times a second while a child process delivers nothing. An exception that it
        raises ends that process and is propagated.

    Yields
    ------
    Flow
        Usable inside the ``with`` statement.

    Raises
    ------
    RecordingError
        If the recording is missing, empty, not a recording, encrypted, or states that it is too
        long; or if the child process crashed or exceeded its limits.
    SettingError
        If a setting is invalid, or the recording has no such track or channel.
    TypeError
        If ``source`` is none of the types that `models.load_clip` takes.
    """
    check_sample_rate(sample_rate)
    check_duration(max_duration_s)
    check_channels(channels)
    choice = Choice(audio_track, channels)
    decoders = decoders_in_use(isolated)
    if decoders is None:
        with (
            open_source(source) as opened,
            open_local_flow(
                opened, sample_rate=sample_rate, max_duration_s=max_duration_s, choice=choice
            ) as local,
        ):
            yield local
        return
    with open_remote_flow(
        source,
        decoders,
        sample_rate=sample_rate,
        max_duration_s=max_duration_s,
        choice=choice,
        on_wait=on_wait,
    ) as remote:
        yield remote
