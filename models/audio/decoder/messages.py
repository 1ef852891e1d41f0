"""Protocol between this process and its decoders, over a stream socket.

Conventions
-----------
A message is a JSON object and a binary payload, preceded by the length of each. A request is
answered by any number of messages, the last of which has the key ``end``, ``refused`` or ``bug``.
The file may have taken control of its decoder: every length and value from a decoder is checked.
"""

import json
import socket
import struct
import time
from collections.abc import Callable, Mapping
from typing import Any

_HEAD = struct.Struct(">II")

MAX_FACTS_BYTES = 1 << 16
"""Largest JSON object of a message, in bytes."""

MAX_PAYLOAD_BYTES = 1 << 22
"""Largest payload of a message, in bytes: 65 s of samples at 16 kHz."""

POLL_S = 0.05
"""Interval between calls of `on_wait` in `receive`, in seconds."""


class BrokenMessage(Exception):  # noqa: N818
    """The peer sent a malformed or unexpected message."""


class Ended(BrokenMessage):
    """The peer ended, or the connection was lost."""


def send(channel: socket.socket, facts: Mapping[str, Any], payload: bytes = b"") -> None:
    """Send a message.

    Parameters
    ----------
    channel : socket
        A blocking stream socket.
    facts : mapping
        Values that JSON can represent.
    payload : bytes
        At most `MAX_PAYLOAD_BYTES`.
    """
    channel.sendall(_head(facts, len(payload)))
    if len(payload):
        channel.sendall(payload)


def send_request(channel: socket.socket, facts: Mapping[str, Any], files: list[int]) -> None:
    """Send a request, with file descriptors if the system supports it.

    Raises
    ------
    Ended
        If the peer ended.
    """
    message = _head(facts, 0)
    try:
        if files:
            socket.send_fds(channel, [message], files)
        else:
            channel.sendall(message)
    except OSError as error:
        raise Ended(str(error)) from error


def receive_request(channel: socket.socket, max_files: int) -> tuple[dict[str, Any], list[int]]:
    """Wait for a request, and for the file descriptors sent with it."""
    if not hasattr(socket, "recv_fds"):
        facts, _ = receive(channel)
        return facts, []
    head, files, _, _ = socket.recv_fds(channel, _HEAD.size, max_files)
    head += _received(channel, _HEAD.size - len(head), None)
    n_facts, _ = _HEAD.unpack(head)
    return _parsed(_received(channel, n_facts, None)), list(files)


def receive(
    channel: socket.socket, on_wait: Callable[[], None] | None = None
) -> tuple[dict[str, Any], bytearray]:
    """Wait for a message.

    Parameters
    ----------
    channel : socket
        A stream socket; if `on_wait` is given, with a timeout of `POLL_S`.
    on_wait : callable, optional
        Called every `POLL_S` until the message is complete. An exception that it raises is
        propagated.

    Returns
    -------
    facts : dict
        The JSON object.
    payload : bytearray
        The payload.

    Raises
    ------
    Ended
        If the peer ended.
    BrokenMessage
        If the message is malformed or too long.
    """
    n_facts, n_payload = _HEAD.unpack(_received(channel, _HEAD.size, on_wait))
    if n_facts > MAX_FACTS_BYTES or n_payload > MAX_PAYLOAD_BYTES:
        raise BrokenMessage(f"a message of {n_facts} and {n_payload} bytes")
    facts = _parsed(_received(channel, n_facts, on_wait))
    return facts, _received(channel, n_payload, on_wait)


def _head(facts: Mapping[str, Any], n_payload: int) -> bytes:
    packed = json.dumps(facts).encode()
    return _HEAD.pack(len(packed), n_payload) + packed


def _received(
    channel: socket.socket, n_bytes: int, on_wait: Callable[[], None] | None
) -> bytearray:
    received = bytearray(n_bytes)
    rest = memoryview(received)
    asked_s = time.monotonic()
    while len(rest):
        # Called by the clock: a peer that sends single bytes is never silent.
        if on_wait is not None and time.monotonic() - asked_s >= POLL_S:
            on_wait()
            asked_s = time.monotonic()
        try:
            n_read = channel.recv_into(rest)
        except TimeoutError:
            continue
        except OSError as error:  # the connection was reset
            raise Ended(str(error)) from error
        if not n_read:
            raise Ended("there is nothing more to read")
        rest = rest[n_read:]
    return received


def _parsed(packed: bytes | bytearray) -> dict[str, Any]:
    try:
        facts = json.loads(packed)
    except (ValueError, RecursionError) as error:
        raise BrokenMessage("no JSON") from error
    if not isinstance(facts, dict):
        raise BrokenMessage("no JSON object")
    return facts
