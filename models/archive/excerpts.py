"""The sound of a hit, from the recording itself."""

from pathlib import Path

import numpy as np

from models.archive.features import MAX_DURATION_S
from models.archive.hits import Hit
from models.archive.scanning import FileState, unreadable
from models.archive.wave_file import read_layout
from models.archive.writing import KnownRecording
from models.audio import Clip, load_clip, open_flow
from models.audio.buffers import RowBuffer
from models.errors import RecordingError, SettingError
from models.registry.catalog import sha256_of

_LEAD_S = 1.0
"""Sound that is decoded before a slice, so that the resampler has no edge there."""


def cut_excerpt(hit: Hit, known: KnownRecording, sample_rate: int, padding_s: float) -> Clip:
    """Decode the sound of a hit.

    Parameters
    ----------
    hit : Hit
        The place.
    known : KnownRecording
        What the archive has of the file.
    sample_rate : int
        In Hz.
    padding_s : float
        Sound before and after it, in seconds.

    Raises
    ------
    RecordingError
        If the file is missing, has changed, or cannot be read.
    SettingError
        If the padding is negative.
    """
    if not 0 <= padding_s <= MAX_DURATION_S:
        raise SettingError(
            f"padding_s is {padding_s:g}.",
            allowed="It is a number of seconds, 0 or more.",
            remedy="Leave it out for one second.",
        )
    path = Path(known.path)
    _check_content(path, known)
    begin_s, end_s = max(0.0, hit.onset_s - padding_s), hit.offset_s + padding_s
    try:
        layout = read_layout(path)
    except OSError as error:
        raise unreadable(path, error) from error
    if layout is None:
        return _decode_until(path, begin_s, end_s, sample_rate)
    lead_s = min(_LEAD_S, begin_s)
    first, last = (round(at_s * layout.sample_rate) for at_s in (begin_s - lead_s, end_s + _LEAD_S))
    clip = load_clip(layout.read_slice(path, first, last), sample_rate=sample_rate)
    start = round(lead_s * sample_rate)
    samples = clip.samples[start : start + round((end_s - begin_s) * sample_rate)]
    return Clip.from_samples(samples, sample_rate)


def _decode_until(path: Path, begin_s: float, end_s: float, sample_rate: int) -> Clip:
    """Decode a recording from its beginning up to the end of a stretch."""
    first, last = (round(at_s * sample_rate) for at_s in (begin_s, end_s))
    gathered, n_samples = RowBuffer(), 0
    with open_flow(path, sample_rate=sample_rate, max_duration_s=MAX_DURATION_S) as flow:
        for block in flow.blocks():
            gathered.append(block[max(0, first - n_samples) : max(0, last - n_samples)])
            n_samples += len(block)
            if n_samples >= last:
                break
    return Clip.from_samples(gathered.take().astype(np.float32, copy=False), sample_rate)


def _check_content(path: Path, known: KnownRecording) -> None:
    try:
        is_same = FileState.of(path) == known.state or sha256_of(path) == known.digest
    except OSError as error:
        raise RecordingError(
            f"{path} cannot be read: {error.strerror or error}.",
            allowed="Recordings stay where they are; an archive has only their features.",
            remedy="If they were moved, add the folder where they are now: they are found by their"
            " content, without another analysis.",
        ) from error
    if not is_same:
        raise RecordingError(
            f"{path} is not the recording that was added.",
            allowed="Its size, modification time and SHA-256 have changed.",
            remedy="Add it again.",
        )
