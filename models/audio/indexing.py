"""Remuxing of recordings without an index to MP4, for exact seeking.

An MP3 or a raw AAC stream does not state which byte belongs to which second. If its packets differ
in size, a browser estimates the position and plays audio that is seconds away from the requested
time. The same packets in an MP4 can be located to the sample. The audio is identical: nothing is
decoded or encoded.
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
    """Copy a recording's audio packets to an MP4.

    Parameters
    ----------
    recording : bytes
        A file with one stream of MP3 or AAC.
    isolated, on_wait
        As for `models.audio.open_flow`.

    Returns
    -------
    bytes or None
        An MP4; None if the packets cannot be copied.
    """
    decoders = decoders_in_use(isolated)
    if decoders is not None:
        return remote_copy_with_index(recording, decoders, on_wait=on_wait)
    copy = io.BytesIO()
    with open_source(recording) as source:
        return copy.getvalue() if copy_with_index(source, copy) else None


def copy_with_index(source: ByteSource, out: BinaryIO) -> bool:
    """Copy a recording's audio packets to an MP4, in this process.

    Parameters
    ----------
    source : ByteSource
        A file with one stream of MP3 or AAC.
    out : binary file
        Empty and seekable.

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
            if packet.dts is not None:  # the last one only flushes the decoder
                packet.stream = copy
                container.mux(packet)
