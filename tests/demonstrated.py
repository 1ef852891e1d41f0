"""The demonstration clip, decoded once by each process of tests: it takes a tenth of a second."""

import functools

from models.audio import Clip, load_clip
from models.demonstration import demonstration_recording


@functools.cache
def demonstration_clip() -> Clip:
    """Return the demonstration clip at 16 kHz; its samples cannot be written to."""
    clip = load_clip(demonstration_recording())
    clip.samples.flags.writeable = False
    return clip
