"""Parts of long recordings, which several workers analyse.

Conventions
-----------
Windows that reach into the next part are analysed with the part in which they begin, so parts
overlap by a window less a hop, and their joined features equal those of one pass bit for bit. This
needs the samples of a part without those before it: a WAV file of one channel at the model's sample
rate. A resampler has a memory (its output differs in the last bits when it begins elsewhere), and
so have compressed formats and the mixing of channels; such recordings are analysed in one pass.
"""

from dataclasses import dataclass
from pathlib import Path

from models.archive.store import ArchivedModel
from models.archive.wave_file import read_layout
from models.inference.worker_pool import BATCH_WINDOWS

PART_S = 1800.0
"""Length of a part, in seconds: 58 MB of samples, and some seconds of work."""


@dataclass(frozen=True)
class Part:
    """A part of a recording.

    Parameters
    ----------
    start, stop : int
        First sample, and the one after the last that its windows need.
    own_samples : int
        Number of samples up to the beginning of the next part.
    """

    start: int
    stop: int
    own_samples: int


def divide(path: Path, model: ArchivedModel, part_s: float = PART_S) -> list[Part]:
    """Divide a recording into parts.

    Parameters
    ----------
    path : Path
        The file.
    model : ArchivedModel
        Its window and hop.
    part_s : float
        Length of a part, in seconds; rounded to whole batches of windows.

    Returns
    -------
    list of Part
        In order; empty if the recording is analysed in one pass.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    layout = read_layout(path)
    if layout is None or layout.channels != 1 or layout.sample_rate != model.sample_rate:
        return []
    batch = BATCH_WINDOWS * model.hop_samples
    step = max(1, round(part_s * model.sample_rate / batch)) * batch
    overlap = model.window_samples - model.hop_samples
    n_samples = layout.n_samples
    # The last part has at least one window that the one before it does not reach.
    starts = range(0, max(1, n_samples - overlap), step)
    if len(starts) < 2:
        return []
    ends = [*starts[1:], n_samples]
    return [
        Part(start, min(n_samples, end + overlap), end - start)
        for start, end in zip(starts, ends, strict=True)
    ]


def read_part(path: Path, part: Part) -> bytes:
    """Read a part as a WAV file of its own.

    Raises
    ------
    OSError
        If the file cannot be read, or has changed.
    """
    layout = read_layout(path)
    if layout is None or part.stop > layout.n_samples:
        raise OSError("it has changed")
    return layout.read_slice(path, part.start, part.stop)
