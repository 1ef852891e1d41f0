"""The sound and the spectrogram of hits, decoded in the background."""

from dataclasses import replace

from components.workspace.archive_reviews import HitSound
from components.workspace.current import current, waiting
from components.workspace.shared import shared
from models.archive import Archive, Hit
from models.audio.playback import wav_file
from models.audio.spectrogram import log_mel
from models.jobs.job import Job, Progress

MAX_EXCERPT_S = 10.0
"""Maximum length of a hit that is played, in seconds: its beginning."""

PADDING_S = 0.5
"""Sound before and after a hit, in seconds."""

MAX_COLUMNS = 256
"""Maximum number of columns of a spectrogram, even: as wide as it is drawn."""


def start(name: str, archive: Archive, hit: Hit) -> Job[HitSound]:
    """Return the job that decodes the sound of a hit, cached for the visitor.

    Parameters
    ----------
    name : str
        Name of the archive.
    archive : Archive
        The archive.
    hit : Hit
        One of its hits.

    Raises
    ------
    Cancelled
        If the tab is closed.
    """

    def work(_progress: Progress) -> HitSound:
        return decode(archive, hit)

    return waiting().find_beside(
        lambda: current().archive_reviews.excerpts.get(
            (name, archive.version, hit),
            lambda: Job(work, name="excerpt", fair_queue=shared().fair_queue),
            lambda job: job.reusable,
        )
    )


def decode(archive: Archive, hit: Hit) -> HitSound:
    """Decode the sound of a hit, and draw its spectrogram.

    Raises
    ------
    RecordingError
        If the recording is missing, has changed, or cannot be read.
    """
    shown = replace(hit, offset_s=min(hit.offset_s, hit.onset_s + MAX_EXCERPT_S))
    clip = archive.excerpt(shown, PADDING_S)
    levels = log_mel(clip.samples, clip.sample_rate, max_columns=MAX_COLUMNS).levels
    return HitSound(wav_file(clip), levels.tobytes(), levels.shape[1])
