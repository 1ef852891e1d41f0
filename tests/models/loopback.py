"""A web server on loopback that serves one file, well or badly."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Served:
    """One request and how much of a body was sent for it."""

    path: str
    n_bytes: int = 0


@dataclass
class Loopback:
    """What the server serves, `archive` under ``/archive``, and what it was asked for.

    `gate` holds back the second half of ``/gated``; setting it also frees stalled requests.
    """

    content: bytes
    archive: bytes = b""
    port: int = 0
    served: list[Served] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)

    def address(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}/{path}"

    def paths(self) -> list[str]:
        return [request.path for request in self.served]


class _Handler(BaseHTTPRequestHandler):
    loopback: Loopback

    def do_GET(self) -> None:
        self.request_served = Served(self.path.lstrip("/"))
        self.loopback.served.append(self.request_served)
        with suppress(ConnectionError):  # the client may hang up
            PATHS.get(self.request_served.path, missing)(self, self.loopback.content)

    def log_message(self, *_arguments: object) -> None:
        """Keep the tests' output free of the server's log."""

    def begin(self, status: int, **headers: object) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def send(self, content: bytes) -> None:
        # Counted first: the client may be done, and its test look here, before `write` returns.
        self.request_served.n_bytes += len(content)
        self.wfile.write(content)


def good(handler: _Handler, content: bytes) -> None:
    handler.begin(200, Content_Length=len(content))
    handler.send(content)


def altered(handler: _Handler, content: bytes) -> None:
    good(handler, content[:-1] + bytes([content[-1] ^ 1]))


def truncated(handler: _Handler, content: bytes) -> None:
    """Promise the whole, close in the middle of it."""
    handler.begin(200, Content_Length=len(content))
    handler.send(content[: len(content) // 2])


def short(handler: _Handler, content: bytes) -> None:
    """Close before the last byte, without having said how many there are."""
    handler.begin(200)
    handler.send(content[:-1])


def gated(handler: _Handler, content: bytes) -> None:
    handler.begin(200, Content_Length=len(content))
    handler.send(content[: len(content) // 2])
    handler.loopback.gate.wait()
    handler.send(content[len(content) // 2 :])


def silent(handler: _Handler, _content: bytes) -> None:
    """Take the request and never answer."""
    handler.loopback.gate.wait()


def stalling(handler: _Handler, content: bytes) -> None:
    handler.begin(200, Content_Length=len(content))
    handler.send(content[:1000])
    handler.loopback.gate.wait()


def trickling(handler: _Handler, content: bytes) -> None:
    """Send a byte every 200 ms: no read ever times out."""
    handler.begin(200, Content_Length=len(content))
    for byte in content:
        handler.send(bytes([byte]))
        if handler.loopback.gate.wait(0.2):
            return


def larger(handler: _Handler, content: bytes) -> None:
    handler.begin(200, Content_Length=2 * len(content))
    handler.send(2 * content)


def endless(handler: _Handler, content: bytes) -> None:
    """Say nothing of a length and never end."""
    handler.begin(200)
    while not handler.loopback.gate.is_set():
        handler.send(content[::-1])


def unmeasured(handler: _Handler, content: bytes) -> None:
    """Serve the file without saying how long it is."""
    handler.begin(200)
    handler.send(content)


def web_page(handler: _Handler, _content: bytes) -> None:
    """Answer as the sign-in page of a public network does, whatever was asked."""
    page = b"<html>Please sign in</html>"
    handler.begin(200, Content_Length=len(page))
    handler.send(page)


def missing(handler: _Handler, _content: bytes) -> None:
    handler.begin(404, Content_Length=0)


def archive(handler: _Handler, _content: bytes) -> None:
    good(handler, handler.loopback.archive)


def archive_unmeasured(handler: _Handler, _content: bytes) -> None:
    unmeasured(handler, handler.loopback.archive)


def archive_mismeasured(handler: _Handler, _content: bytes) -> None:
    """Announce a length that is no number."""
    handler.begin(200, Content_Length="many")
    handler.send(handler.loopback.archive)


def archive_redirect(handler: _Handler, _content: bytes) -> None:
    handler.begin(302, Location="/archive", Content_Length=0)


def redirect(handler: _Handler, _content: bytes) -> None:
    handler.begin(302, Location="/good", Content_Length=0)


def loop(handler: _Handler, _content: bytes) -> None:
    handler.begin(302, Location="/loop", Content_Length=0)


PATHS: dict[str, Callable[[_Handler, bytes], None]] = {
    behaviour.__name__: behaviour
    for behaviour in (
        good,
        altered,
        truncated,
        short,
        gated,
        silent,
        stalling,
        trickling,
        larger,
        endless,
        unmeasured,
        web_page,
        archive,
        archive_unmeasured,
        archive_mismeasured,
        archive_redirect,
        redirect,
        loop,
    )
}


@contextmanager
def serving(content: bytes) -> Iterator[Loopback]:
    """Serve `content` under every path of `PATHS`, and 404 elsewhere, on a free port."""
    loopback = Loopback(content)
    handler = type("Handler", (_Handler,), {"loopback": loopback})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        loopback.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield loopback
        finally:
            loopback.gate.set()
            server.shutdown()
            thread.join()
