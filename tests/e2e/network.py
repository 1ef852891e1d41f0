"""Network between browser and server that can be interrupted and restored."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_BLOCK_BYTES = 1 << 16


class Network:
    """Forwards TCP connections to a server on this machine.

    Parameters
    ----------
    server_port : int
        Port of the server.
    """

    def __init__(self, server_port: int) -> None:
        self._server = ("127.0.0.1", server_port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._flowing = threading.Event()
        self._flowing.set()
        self._refusing = False
        self._carried: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """Address of the server through this network."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def cut(self) -> None:
        """Close all connections, and each new one immediately."""
        self._refusing = True
        for end in list(self._carried):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def stall(self) -> None:
        """Stop forwarding without closing connections, as a phone without reception does."""
        self._flowing.clear()

    def restore(self) -> None:
        """Forward again. Stalled connections are closed: their peers have given up on them."""
        if not self._flowing.is_set():
            self.cut()
        self._refusing = False
        self._flowing.set()

    def close(self) -> None:
        """Close all connections and the listening socket."""
        self.cut()
        self._flowing.set()
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                here, _ = self._listener.accept()
                if self._refusing:
                    here.close()
                else:
                    self._carry(here)

    def _carry(self, here: socket.socket) -> None:
        there = socket.create_connection(self._server)
        self._carried |= {here, there}
        for ends in ((here, there), (there, here)):
            threading.Thread(target=self._pump, args=ends, daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while block := source.recv(_BLOCK_BYTES):
                self._flowing.wait()
                sink.sendall(block)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)
        self._carried.discard(source)


@contextmanager
def network_to(url: str) -> Iterator[Network]:
    """Put a network in front of the server at an address."""
    network = Network(int(url.rpartition(":")[2]))
    try:
        yield network
    finally:
        network.close()
