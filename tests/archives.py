"""An archive of synthesised recordings, with the built-in model."""

from datetime import datetime
from pathlib import Path

import models
from models.demonstration import scene_recording

SCENES = {
    datetime(2026, 5, 1, 8, 30): ("Siren", "Music", "Siren"),
    datetime(2026, 5, 2, 19, 45): ("Applause", "Music"),
    datetime(2026, 5, 4, 8, 30): ("Rain", "Siren"),
}
"""Sounds of each recording, by when it began."""


def make_archive(folder: Path) -> Path:
    """Make an archive in a folder, with the folder of its recordings beside it; return its own."""
    recordings = folder / "recordings"
    recordings.mkdir()
    for seed, (began, sounds) in enumerate(SCENES.items()):
        path = recordings / f"{began:%Y%m%d_%H%M%S}.wav"
        path.write_bytes(scene_recording(sounds, seed))
    models.open_archive(folder / "archive").add(recordings, model="builtin", workers=0)
    return folder / "archive"
