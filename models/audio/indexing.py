"""An index for recordings that have none, so that a player finds any instant in them.

An MP3 or a bare AAC stream says nowhere which byte holds which second. Where its packets differ in
size a browser guesses, and plays something that is seconds away from what it was asked for. The
same packets in an MP4 are found to the sample, and sound the same: nothing is decoded or encoded.
"""

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO

from models.audio.decoder import decoders_in_use
from models.audio.decoder.remote import remote_copy_with_index
from models.audio.decoding import decoding_errors, open_container
from models.audio.reading import ByteSource, open_source

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer


def with_index(
    recording: bytes,
    *,
    isolated: bool | None = None,
    on_wait: Callable[[], None] = lambda: None,
) -> bytes | None:
    """Copy a recording's packets of sound into an MP4.

    Parameters
    ----------
    recording : bytes
        A file with one stream of MP3 or AAC.
    isolated, on_wait
        As for `models.audio.open_flow`.

    Returns
    -------
    bytes or None
        An MP4; None where the packets cannot be copied.
    """
    decoders = decoders_in_use(isolated)
    if decoders is not None:
        return remote_copy_with_index(recording, decoders, on_wait=on_wait)
    copy = io.BytesIO()
    with open_source(recording) as source:
        return copy.getvalue() if copy_with_index(source, copy) else None


def copy_with_index(source: ByteSource, out: BinaryIO) -> bool:
    """Copy a recording's packets of sound into an MP4, in this process.

    Parameters
    ----------
    source : ByteSource
        A file with one stream of MP3 or AAC.
    out : binary file
        Empty, and seekable.

    Returns
    -------
    bool
        Whether the packets could be copied.
    """
    try:
        opened, _ = open_container(source)
        with opened:
            _copy(opened, opened.streams.audio[0], out)
    except decoding_errors():
        return False
    return True


def _copy(opened: "InputContainer", stream: "AudioStream", out: BinaryIO) -> None:
    import av

    with av.open(out, "w", format="mp4") as container:
        copy = container.add_stream_from_template(stream)
        for packet in opened.demux(stream):
            if packet.dts is not None:  # the last one only empties the decoder
                packet.stream = copy
                container.mux(packet)
