"""How much may be uploaded before the page takes it: in all, and from one address."""

import asyncio
import contextlib
import http.client
import io
import select
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import requests
import soundfile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from components.server.upload_bounds import UploadBounds
from tests.components.server.serving import serving
from tests.e2e.driving import Server, serving_builtin
from tests.load.wire import PATIENCE_S, Visitor, run

HOME, AWAY, ELSEWHERE = "203.0.113.1", "203.0.113.2", "203.0.113.3"
MB = 1_000_000
FRAME_BYTES = 400  # of the form around a file
PROLOGUE = "import components.server.upload_bounds as bounds\nbounds.GONE_S = 0.5\n"


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for 5 MB of uploads, 2 MB from one address, that believes the test's headers."""
    bounds = {"EARMARK_MAX_UPLOADS_MB": "5", "EARMARK_MAX_UPLOADS_MB_PER_ADDRESS": "2"}
    trust = {"FORWARDED_ALLOW_IPS": "127.0.0.1", "STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL": "1"}
    folder = tmp_path_factory.mktemp("narrow")
    with serving_builtin(folder, PROLOGUE, **bounds, **trust) as running:
        yield running


class Client:
    """What sends files to one session, from any address and under any number."""

    def __init__(self, server: Server, session_id: str) -> None:
        self.session_id = session_id
        self._http = requests.Session()
        self._http.headers["Origin"] = server.url
        self._url = f"{server.url}/_stcore/upload_file/{session_id}/"

    def put(self, address: str, n_bytes: int = MB - FRAME_BYTES, file: str = "") -> "Answer":
        return self._answer(address, file, files={"file": ("a.wav", bytes(n_bytes))})

    def put_in_chunks(self, address: str, body: Iterator[bytes], boundary: str) -> "Answer":
        kind = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        return self._answer(address, "", data=body, headers=kind)

    def delete(self, address: str, file: str) -> int:
        headers = {"X-Forwarded-For": address}
        return self._http.delete(self._url + file, headers=headers, timeout=60).status_code

    def _answer(self, address: str, file: str, **arguments: object) -> "Answer":
        told = {**arguments.pop("headers", {}), "X-Forwarded-For": address}
        to = self._url + (file or str(uuid.uuid4()))
        response = self._http.put(to, headers=told, timeout=PATIENCE_S, **arguments)
        return response.status_code, response.text


Answer = tuple[int, str]


def visit(server: Server, what: Callable[[Client], None]) -> None:
    """Do something while a tab is open; what it left with Streamlit goes with it."""

    async def stay() -> None:
        async with Visitor(server.url).visiting() as visitor:
            await visitor.wait_for(lambda e: e.HasField("file_uploader") or None)
            await asyncio.to_thread(what, Client(server, visitor.session_id))

    run(stay())
    wait_until_there_is_room(server)


def wait_until_there_is_room(server: Server) -> None:
    """Wait until the session that ended is forgotten."""

    async def ask() -> None:
        async with Visitor(server.url).visiting() as visitor:
            await visitor.wait_for(lambda e: e.HasField("file_uploader") or None)
            client = Client(server, visitor.session_id)
            deadline = time.monotonic() + PATIENCE_S
            for address in (HOME, AWAY, ELSEWHERE):
                while (await asyncio.to_thread(client.put, address, 2 * MB - FRAME_BYTES, "a"))[
                    0
                ] != 204:
                    assert time.monotonic() < deadline, "what was held is never forgotten"
                    await asyncio.sleep(0.2)
                client.delete(address, "a")

    run(ask())


def test_an_address_has_its_bound_and_deleting_makes_room(narrow: Server) -> None:
    def fill(client: Client) -> None:
        assert client.put(HOME, file="first") == (204, "")
        assert client.put(HOME) == (204, "")
        status, reason = client.put(HOME)
        assert status == 503
        assert "those of your address take more than the 2 MB" in reason
        assert client.put(AWAY) == (204, "")
        assert client.delete(HOME, "first") == 204
        assert client.put(HOME) == (204, "")
        assert client.put(HOME)[0] == 503

    visit(narrow, fill)


def test_all_addresses_together_have_theirs(narrow: Server) -> None:
    def fill(client: Client) -> None:
        for address in (HOME, HOME, AWAY, AWAY):
            assert client.put(address) == (204, "")
        status, reason = client.put(ELSEWHERE)
        assert status == 503
        assert "more than its share" in reason
        assert client.put(ELSEWHERE, 600_000) == (204, ""), "two addresses took the room of all"
        for number in range(4, 7):
            assert client.put(f"203.0.113.{number}", 1) == (204, "")
        assert client.put("127.0.0.1", 1) == (204, "")  # has no share
        status, reason = client.put("127.0.0.1", 1)
        assert status == 503
        assert "those of all visitors take more than the 5 MB" in reason

    visit(narrow, fill)


def test_what_never_fits_is_too_large(narrow: Server) -> None:
    def fill(client: Client) -> None:
        status, reason = client.put(HOME, 2 * MB)
        assert status == 413
        assert "larger than the 2 MB" in reason

    visit(narrow, fill)


def test_tiny_files_are_bounded_in_number(narrow: Server) -> None:
    def fill(client: Client) -> None:
        statuses = [client.put(HOME, 1)[0] for _ in range(21)]
        assert statuses == [204] * 20 + [503]

    visit(narrow, fill)


def test_what_is_replaced_counts_once(narrow: Server) -> None:
    def fill(client: Client) -> None:
        for _ in range(4):
            assert client.put(HOME, file="same") == (204, "")

    visit(narrow, fill)


def form(boundary: str, pieces: Iterator[bytes]) -> Iterator[bytes]:
    head = 'Content-Disposition: form-data; name="file"; filename="a.wav"'
    yield f"--{boundary}\r\n{head}\r\n\r\n".encode()
    yield from pieces
    yield f"\r\n--{boundary}--\r\n".encode()


def test_a_body_of_unknown_length_is_counted_as_it_comes(narrow: Server) -> None:
    def fill(client: Client) -> None:
        fits = (bytes(100_000) for _ in range(9))
        assert client.put_in_chunks(HOME, form("b", fits), "b") == (204, "")
        exceeds = (bytes(100_000) for _ in range(15))
        status, reason = client.put_in_chunks(HOME, form("b", exceeds), "b")
        assert (status, "those of your address" in reason) == (503, True)
        assert client.put(HOME) == (204, ""), "what was broken off counts no longer"

    visit(narrow, fill)


class Unfinished:
    """An upload from `HOME` of which 1.5 MB have come, and the server has counted them.

    It is begun again where another upload left no room for it, as the question whether it counts is
    one.
    """

    def __init__(self, server: Server, session_id: str) -> None:
        self._server, self._session_id = server, session_id
        other = Client(server, "no-session")
        self._begin()
        deadline = time.monotonic() + PATIENCE_S
        while other.put(HOME)[0] != 503:  # 400, as there is no such session
            assert time.monotonic() < deadline
            if select.select([self._http.sock], [], [], 0.05)[0]:  # answered: it was refused
                self._http.close()
                self._begin()

    def finish(self) -> Answer:
        for piece in self._rest:
            self._send(piece)
        self._http.send(b"0\r\n\r\n")
        response = self._http.getresponse()
        return response.status, response.read().decode()

    def _begin(self) -> None:
        self._http = http.client.HTTPConnection(self._server.url[7:], timeout=PATIENCE_S)
        self._http.putrequest("PUT", f"/_stcore/upload_file/{self._session_id}/{uuid.uuid4()}")
        self._http.putheader("Content-Type", "multipart/form-data; boundary=b")
        self._http.putheader("Transfer-Encoding", "chunked")
        self._http.putheader("Origin", self._server.url)
        self._http.putheader("X-Forwarded-For", HOME)
        self._http.endheaders()
        head, data, *self._rest = form("b", iter([bytes(1_500_000)]))
        self._send(head)
        self._send(data)

    def _send(self, piece: bytes) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it was refused
            self._http.send(b"%x\r\n%b\r\n" % (len(piece), piece))


def test_what_is_announced_and_not_sent_takes_no_room(narrow: Server) -> None:
    """Three announcements of the largest upload kept others out."""

    def announce(client: Client) -> None:
        with contextlib.ExitStack() as stack:
            for _ in range(4):
                host, port = narrow.url[7:].split(":")
                waits = stack.enter_context(socket.create_connection((host, int(port))))
                waits.sendall(
                    f"PUT /_stcore/upload_file/{client.session_id}/{uuid.uuid4()} HTTP/1.1\r\n"
                    f"Host: {host}:{port}\r\nOrigin: {narrow.url}\r\nX-Forwarded-For: {HOME}\r\n"
                    "Content-Type: multipart/form-data; boundary=b\r\n"
                    f"Content-Length: {3 * MB // 2}\r\n\r\n--b\r\n".encode()
                )
                assert not select.select([waits], [], [], 0.3)[0], "it is refused"
            assert client.put(HOME) == (204, "")
            assert client.put(AWAY) == (204, "")

    visit(narrow, announce)


def test_what_is_under_way_counts(narrow: Server) -> None:
    def finish(client: Client) -> None:
        assert Unfinished(narrow, client.session_id).finish() == (204, "")

    visit(narrow, finish)


def test_what_ends_after_its_session_is_forgotten(narrow: Server) -> None:
    """Streamlit itself would hold it for ever."""

    async def leave_meanwhile() -> Answer:
        async with Visitor(narrow.url).visiting() as visitor:
            await visitor.wait_for(lambda e: e.HasField("file_uploader") or None)
            unfinished = await asyncio.to_thread(Unfinished, narrow, visitor.session_id)
        await asyncio.sleep(2)  # more than the session's time
        for _ in range(2):  # whose leaving has Streamlit end sessions whose time is over
            async with Visitor(narrow.url).visiting() as other:
                await other.wait_for(lambda e: e.HasField("file_uploader") or None)
            await asyncio.sleep(0.5)
        return await asyncio.to_thread(unfinished.finish)

    assert run(leave_meanwhile()) == (204, "")
    wait_until_there_is_room(narrow)
    deadline = time.monotonic() + PATIENCE_S
    while held_by_streamlit(narrow):
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_one_upload_at_a_time_is_read_whole() -> None:
    """While it is, it is there twice."""
    begun: list[int] = []
    at_once: list[int] = []

    async def take(request: Request) -> Response:
        await request.body()
        begun.append(1)
        at_once.append(len(begun))
        await asyncio.sleep(0.05)
        begun.pop()
        return Response(status_code=204)

    route = Route("/_stcore/upload_file/{session}/{file}", take, methods=["PUT"])
    with serving(UploadBounds, routes=(route,)) as host, ThreadPoolExecutor(8) as threads:
        url = f"http://{host}/_stcore/upload_file/session/"
        ways = [threads.submit(requests.put, f"{url}{n}", b"x", timeout=60) for n in range(8)]
        assert {way.result().status_code for way in ways} == {204}
    assert at_once == [1] * 8


def held_by_streamlit(server: Server) -> bool:
    """Whether Streamlit's own metrics tell of files that it holds."""
    told = requests.get(f"{server.url}/_stcore/metrics", timeout=PATIENCE_S).text
    return "UploadedFileManager" in told


def test_what_the_page_has_taken_counts_no_longer(narrow: Server) -> None:
    """From the address that visitors themselves come from here."""
    own = "127.0.0.1"

    async def take() -> None:
        async with Visitor(narrow.url).visiting() as visitor:
            for number in range(4):  # 0.9 MB each
                await visitor.upload({f"{number}.wav": wav(number)})
                client = Client(narrow, visitor.session_id)
                deadline = time.monotonic() + 3 * PATIENCE_S  # the page analyses meanwhile
                while (await asyncio.to_thread(client.put, own, 1_900_000, "probe"))[0] != 204:
                    assert time.monotonic() < deadline, "what was taken still counts"
                    await asyncio.sleep(0.1)
                assert client.delete(own, "probe") == 204

    run(take())


def wav(seed: int) -> bytes:
    """0.9 MB of noise that is analysed at once: 1.2 s, in samples of eight bytes."""
    file = io.BytesIO()
    noise = np.random.default_rng(seed).uniform(-0.1, 0.1, (56_250, 2))
    soundfile.write(file, noise, 48_000, "DOUBLE", format="WAV")
    return file.getvalue()
