"""From a file of any kind to a clip: mono float32 samples at one rate.

`reading` hands over bytes and nothing but bytes, `decoding` asks FFmpeg for sound, `containers` and
`breaks` tell whether the file is whole, `resampling` averages channels and changes the rate, and
`clip` puts the blocks together.
"""

from models.audio.clip import MAX_DURATION_S, Clip, SourceInfo, load_clip

__all__ = ["MAX_DURATION_S", "Clip", "SourceInfo", "load_clip"]
