"""An index for recordings that have none, so that a player finds any instant in them.

An MP3 or a bare AAC stream says nowhere which byte holds which second. Where its packets differ in
size a browser guesses, and plays something that is seconds away from what it was asked for. The
same packets in an MP4 are found to the sample, and sound the same: nothing is decoded or encoded.
"""

import io
from typing import TYPE_CHECKING

from models.audio.decoding import decoding_errors, open_container
from models.audio.reading import open_source

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer

_PADDING_BYTES = 1
"""What the packets of an MP3 of constant bit rate differ by (ISO/IEC 11172-3, padding)."""


def with_index(recording: bytes) -> bytes | None:
    """Copy a recording's packets of sound into an MP4.

    Parameters
    ----------
    recording : bytes
        A file with one stream of MP3 or AAC.

    Returns
    -------
    bytes or None
        An MP4; None where the packets cannot be copied.
    """
    try:
        with open_source(recording) as source, open_container(source) as opened:
            return _copied(opened, opened.streams.audio[0])
    except decoding_errors():
        return None


def is_even(recording: bytes) -> bool:
    """Whether all packets are of a size, so that a player finds its way by dividing.

    Parameters
    ----------
    recording : bytes
        A file with one stream of MP3 or AAC.
    """
    try:
        with open_source(recording) as source, open_container(source) as opened:
            sizes = {packet.size for packet in opened.demux(opened.streams.audio[0])} - {0}
    except decoding_errors():
        return False
    return max(sizes, default=0) - min(sizes, default=0) <= _PADDING_BYTES


def _copied(opened: "InputContainer", stream: "AudioStream") -> bytes:
    import av

    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as out:
        copy = out.add_stream_from_template(stream)
        for packet in opened.demux(stream):
            if packet.dts is not None:  # the last one only empties the decoder
                packet.stream = copy
                out.mux(packet)
    return file.getvalue()
