"""From a file of any kind to a clip: mono float32 samples at one rate.

`reading` hands over bytes and nothing but bytes, `decoding` asks FFmpeg for sound, `containers` and
`breaks` tell whether the file is whole, `resampling` averages channels and changes the rate, `flow`
gives the blocks to whoever needs them only once, `decoder` does all that in a process of its own,
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
from models.audio.flow import MAX_DURATION_S, Flow, SourceInfo
from models.audio.opening import open_flow

__all__ = [
    "MAX_DURATION_S",
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
