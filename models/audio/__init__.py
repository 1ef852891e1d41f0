"""Decoding of audio files to clips: mono float32 samples at one sample rate.

`reading` provides the bytes of a source, `decoding` decodes them with FFmpeg, `tracks` and
`downmix` select tracks and channels, `times` places audio on the container's timeline, `containers`
and `breaks` detect truncated files, `links` and `chain` join chained files, `appearance` describes
files that cannot be opened, `resampling` converts the sample rate, `flow` streams the blocks,
`decoder` runs all of that in a child process, `opening` selects the process, and `clip` joins the
blocks. `beginning` truncates browsers' recordings.
"""

from models.audio.clip import Clip, load_clip
from models.audio.decoder import (
    DecoderLimits,
    Decoders,
    close_decoders,
    isolate_decoding,
    use_decoders,
)
from models.audio.downmix import Channels
from models.audio.flow import MAX_DURATION_S, Flow, SourceInfo
from models.audio.opening import open_flow
from models.audio.tracks import AudioTrack
from models.audio.truncation import truncate

__all__ = [
    "MAX_DURATION_S",
    "AudioTrack",
    "Channels",
    "Clip",
    "DecoderLimits",
    "Decoders",
    "Flow",
    "SourceInfo",
    "close_decoders",
    "isolate_decoding",
    "load_clip",
    "open_flow",
    "truncate",
    "use_decoders",
]
