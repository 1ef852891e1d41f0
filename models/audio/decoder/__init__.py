"""Decoding in processes of their own: nothing that FFmpeg does with a file harms this process.

`messages` is the protocol, `worker` the other side of it, `processes` starts and ends workers,
`pool` bounds how many there are, and `remote` is a recording that is decoded by one.
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
