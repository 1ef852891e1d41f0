"""From a file of any kind to a clip: mono float32 samples at one rate.

`reading` hands over bytes and nothing but bytes, `decoding` asks FFmpeg for sound, `tracks` and
`downmix` choose among tracks and channels, `times` places sound on the container's timeline,
`containers` and `breaks` tell whether the file is whole, `links` and `chain` join chained files,
`appearance` says what a file is that cannot be opened, `resampling` changes the rate, `flow` gives
the blocks to those who need them only once, `decoder` does all that in a process of its own,
`opening` chooses where it is done, and `clip` puts the blocks together. `beginning` cuts what a
browser recorded.
"""

from models.audio.beginning import beginning
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

__all__ = [
    "MAX_DURATION_S",
    "AudioTrack",
    "Channels",
    "Clip",
    "DecoderLimits",
    "Decoders",
    "Flow",
    "SourceInfo",
    "beginning",
    "close_decoders",
    "isolate_decoding",
    "load_clip",
    "open_flow",
    "use_decoders",
]
