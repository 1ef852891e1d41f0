"""From a file of any kind to a clip: mono float32 samples at one rate.

`reading` hands over bytes and nothing but bytes, `decoding` asks FFmpeg for sound, `containers` and
`breaks` tell whether the file is whole, `resampling` averages channels and changes the rate, `flow`
gives the blocks to whoever needs them only once, and `clip` puts them together. `beginning` cuts
what a browser recorded.
"""

from models.audio.beginning import beginning
from models.audio.clip import Clip, load_clip
from models.audio.flow import MAX_DURATION_S, Flow, SourceInfo, open_flow

__all__ = [
    "MAX_DURATION_S",
    "Clip",
    "Flow",
    "SourceInfo",
    "beginning",
    "load_clip",
    "open_flow",
]
