"""Demonstration archive: synthesised recordings of four days, and their features."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from models.archive.archive import Archive
from models.archive.hits import Addition
from models.demonstration import scene_recording

_FIRST_DAY = datetime(2026, 5, 1)
_DAYS = 4
_SOUNDS_EACH = 7

_SOUNDS_BY_TIME = {
    "05:10": ("Bird", "Bird", "Bird", "Rain", "Bicycle bell"),
    "08:30": ("Bicycle bell", "Vehicle horn, car horn, honking", "Siren", "Telephone bell ringing"),
    "13:00": ("Telephone bell ringing", "Whistling", "Music", "Bird", "Siren"),
    "19:45": ("Music", "Applause", "Whistling", "Vehicle horn, car horn, honking"),
    "23:20": ("Rain", "Ocean", "Smoke detector, smoke alarm", "Siren"),
}
"""Sounds of each time of the day, which are drawn from at random."""


def write_recordings(folder: Path) -> list[Path]:
    """Write the recordings, twenty of half a minute; their names say when they began.

    Parameters
    ----------
    folder : Path
        Created if it is absent.

    Returns
    -------
    list of Path
        The files, in order of time.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for day in range(_DAYS):
        for number, (clock, sounds) in enumerate(_SOUNDS_BY_TIME.items()):
            seed = day * len(_SOUNDS_BY_TIME) + number
            hour, minute = map(int, clock.split(":"))
            began = _FIRST_DAY + timedelta(days=day, hours=hour, minutes=minute)
            chosen = random.Random(seed).choices(sounds, k=_SOUNDS_EACH)  # noqa: S311
            path = folder / f"{began:%Y%m%d_%H%M%S}.wav"
            path.write_bytes(scene_recording(chosen, seed))
            written.append(path)
    return written


def demonstrate(
    archive: Archive, recordings: Path, *, model: str, progress: Callable[[float], None]
) -> Addition:
    """Write the recordings and add them to an archive, in this process.

    Parameters
    ----------
    archive : Archive
        The archive.
    recordings : Path
        Folder of the recordings.
    model : str
        Name of the model.
    progress : callable
        Called with the completed fraction, in [0, 1].
    """
    return archive.add(write_recordings(recordings), model=model, workers=0, progress=progress)
