"""Spectrogram of a recording at its own sample rate, on an axis and in a range of choice."""

from collections.abc import Callable
from dataclasses import dataclass

from models.audio.downmix import Channels
from models.audio.frequency_bands import FrequencyAxis, bands_on
from models.audio.opening import open_flow
from models.audio.spectrogram import RunningSpectrogram, Spectrogram, spectrum_samples

N_BANDS = 128
"""Number of bands: more than the picture has rows on most screens."""

MAX_COLUMNS = 16_384
"""Largest number of columns, even: 2 MB, as the picture of the analysis has."""

FLOOR_DB = -120.0
"""Lowest level told apart, in dB below the loudest band: below the noise of 16-bit sound."""


@dataclass(frozen=True)
class SpectrogramChoice:
    """Axis and range of a spectrogram.

    Parameters
    ----------
    axis : {'mel', 'linear', 'log'}
        Axis of frequencies.
    top_hz : float
        Highest frequency, in Hz.
    """

    axis: FrequencyAxis
    top_hz: float


def detailed_spectrogram(
    recording: bytes,
    choice: SpectrogramChoice,
    *,
    sample_rate: int,
    max_duration_s: float,
    audio_track: int | None = None,
    channels: Channels = "mix",
    wait: Callable[[], None] = lambda: None,
    progress: Callable[[float], None] = lambda _fraction: None,
) -> Spectrogram:
    """Decode a recording and compute its spectrogram, in blocks.

    Parameters
    ----------
    recording : bytes
        A file of any container.
    choice : SpectrogramChoice
        Axis and range; frequencies above half the sample rate are left out.
    sample_rate : int
        Sample rate to decode at, in Hz: that of the recording.
    max_duration_s : float
        Longest recording that is accepted, in seconds.
    audio_track, channels : optional
        As for `models.load_clip`, except that "each" is not allowed.
    wait : callable, optional
        Called several times per second while no block arrives; its exceptions end the work.
    progress : callable, optional
        Called with the completed fraction, in [0, 1]; its exceptions end the work and propagate.

    Raises
    ------
    RecordingError
        If the recording cannot be read.
    SettingError
        If there is no such track or channel.

    Examples
    --------
    >>> from models.audio.detailed_spectrogram import SpectrogramChoice, detailed_spectrogram
    >>> from models.demonstration import demonstration_recording
    >>> picture = detailed_spectrogram(
    ...     demonstration_recording(),
    ...     SpectrogramChoice("linear", 22_050.0),
    ...     sample_rate=44_100,
    ...     max_duration_s=60.0,
    ... )
    >>> picture.levels.shape, picture.top_hz
    ((128, 5375), 22050.0)
    """
    top_hz = min(choice.top_hz, sample_rate / 2)
    bands = bands_on(choice.axis, sample_rate, spectrum_samples(sample_rate), N_BANDS, top_hz)
    running = RunningSpectrogram(
        sample_rate, max_columns=MAX_COLUMNS, bands=bands, floor_db=FLOOR_DB
    )
    with open_flow(
        recording,
        sample_rate=sample_rate,
        max_duration_s=max_duration_s,
        audio_track=audio_track,
        channels=channels,
        on_wait=wait,
    ) as flow:
        for samples in flow.blocks():
            running.append(samples)
            progress(flow.fraction())
    return running.spectrogram()
