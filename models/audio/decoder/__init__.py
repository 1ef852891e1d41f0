"""Isolated decoding in child processes, which protects this process from FFmpeg's faults.

`messages` is the protocol, `worker` the program of the child processes, `processes` starts and ends
them, `pool` limits their number, and `remote` is a recording that one of them decodes.
"""

from models.audio.decoder.pool import (
    DecoderLimits,
    Decoders,
    close_decoders,
    decoders_in_use,
    isolate_decoding,
    use_decoders,
)

__all__ = [
    "DecoderLimits",
    "Decoders",
    "close_decoders",
    "decoders_in_use",
    "isolate_decoding",
    "use_decoders",
]
