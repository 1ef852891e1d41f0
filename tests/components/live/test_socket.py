"""The WebSocket route, as a browser uses it, on the application's own routes."""

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
import uvicorn
from starlette.applications import Starlette
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from components.server import live
from components.server.routes import ROUTES
from components.server.visitors import COOKIE
from components.workspace import shared
from components.workspace.workspace import Workspace
from models.audio import Clip
from models.live import LiveSettings
from tests.components.server.test_live_messages import read
from tests.models.live.parts import RATE_HZ, PlainScorer, noise, until, write_message

TOKEN = "a" * 43
SETTINGS = LiveSettings(threshold=0.1)


@pytest.fixture
def workspace() -> Workspace:
    return shared.shared().registry.open(TOKEN)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Serve the application's routes as Streamlit does (uvicorn, its newer WebSocket protocol)."""
    config = uvicorn.Config(
        Starlette(routes=ROUTES), port=0, ws="websockets-sansio", log_level="warning"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    until(lambda: server.started)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join(60)


class Browser:
    """Connects to the server with a visitor's cookie."""

    def __init__(self, port: int) -> None:
        self._port = port

    def open(
        self, key: str, *, cookie: str | None = TOKEN, origin: str | None = None
    ) -> ClientConnection:
        headers = {} if cookie is None else {"Cookie": f"{COOKIE}={cookie}"}
        url = f"ws://127.0.0.1:{self._port}/earmark/{key}/live"
        own = {"own": f"http://127.0.0.1:{self._port}"}.get(origin or "", origin)
        return connect(url, additional_headers=headers, origin=own, proxy=None, open_timeout=60)


@pytest.fixture
def browser(port: int) -> Browser:
    return Browser(port)


def wait_for_end(socket: ClientConnection) -> int:
    """Read until the server closes, and return its code."""
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            socket.recv(timeout=60)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code


def speak(workspace: Workspace, socket: ClientConnection, seconds: float, first: int = 0) -> int:
    """Send sound of 48 kHz over a connection; returns how many samples there have been."""
    source = workspace.live.source
    assert source is not None
    samples = (noise(seconds, sample_rate=48_000)[0] * 32_767).astype(np.int16)
    for at in range(0, len(samples), 1_920):
        block = samples[at : at + 1_920]
        socket.send(write_message(source.number, 48_000, first + at, block))
    return first + len(samples)


@pytest.mark.parametrize("cookie", [None, "b" * 43])
def test_only_the_visitor_gets_in(
    workspace: Workspace, browser: Browser, cookie: str | None
) -> None:
    with pytest.raises(InvalidStatus):
        browser.open(workspace.key, cookie=cookie)


@pytest.mark.usefixtures("workspace")
def test_another_key_leads_nowhere(browser: Browser) -> None:
    with pytest.raises(InvalidStatus):
        browser.open("x")


def test_the_own_page_gets_in(workspace: Workspace, browser: Browser) -> None:
    with browser.open(workspace.key, origin="own") as socket:
        socket.send("watch")
        assert socket.recv(timeout=60)


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1.example", "null"])
def test_other_sites_do_not_get_in(workspace: Workspace, browser: Browser, origin: str) -> None:
    with pytest.raises(InvalidStatus):
        browser.open(workspace.key, origin=origin)


def test_sound_goes_in_and_scores_come_out(workspace: Workspace, browser: Browser) -> None:
    session = workspace.live
    with browser.open(workspace.key) as socket:
        socket.send("watch")
        header, _ = read(socket.recv(timeout=60))
        assert (header["stream"], header["running"]) == (0, False)
        socket.send("seen 1")
        session.begin("websocket", PlainScorer(), SETTINGS)
        speak(workspace, socket, 2.5)
        frames, seen = 0, 1
        while frames < 7:
            header, arrays = read(socket.recv(timeout=60))
            frames = len(arrays["begins"]) if header["new"] else frames + len(arrays["begins"])
            seen += 1
            socket.send(f"seen {seen}")
        assert header["health"][0][1] == "connected by WebSocket"
        session.stop()
        while header["listening"]:
            header, _ = read(socket.recv(timeout=60))
        assert header["notice"] == ""
    (kept,) = workspace.recordings.all
    assert kept.name.startswith("Live session")


def test_who_reads_nothing_is_sent_little_and_then_all_at_once(
    workspace: Workspace, browser: Browser
) -> None:
    session = workspace.live
    session.begin("websocket", PlainScorer(), LiveSettings(interval_s=0.1))
    source = session.source
    assert source is not None
    sent: list[bytes] = []
    with browser.open(workspace.key) as socket:
        socket.send("watch")
        speak(workspace, socket, 4.0)
        until(lambda: session.snapshot().n_frames >= 30)
        time.sleep(0.5)
        sent += [socket.recv(timeout=60) for _ in range(live.MAX_UNSEEN)]
        speak(workspace, socket, 0.5, 192_000)
        until(lambda: session.snapshot().n_frames >= 34)
        socket.send(f"seen {live.MAX_UNSEEN}")
        sent.append(socket.recv(timeout=60))
    frames = [len(read(message)[1]["begins"]) for message in sent]
    assert sum(frames) >= 34, "nothing is left out"
    assert max(frames) >= 10, "what was not sent comes in one message"
    session.stop()


def test_who_asks_again_and_again_is_sent_no_more(workspace: Workspace, browser: Browser) -> None:
    session = workspace.live
    session.begin("websocket", PlainScorer(), LiveSettings(interval_s=0.1))
    with browser.open(workspace.key) as socket:
        socket.send("watch")
        speak(workspace, socket, 4.0)
        until(lambda: session.snapshot().n_frames >= 30)
        for _ in range(50):
            socket.send("watch")
            time.sleep(0.01)  # else they would arrive at once, and count as one
        sent = []
        with pytest.raises(TimeoutError):
            while True:
                sent.append(socket.recv(timeout=2 * live.PULSE_S))
    assert len(sent) <= live.MAX_UNSEEN
    assert sum(read(message)[0]["new"] for message in sent) == 1
    session.stop()


def test_a_connection_that_only_feeds_ends_with_its_source(
    workspace: Workspace, browser: Browser
) -> None:
    session = workspace.live
    session.begin("websocket", PlainScorer(), SETTINGS)
    with browser.open(workspace.key) as socket:
        speak(workspace, socket, 1.0)
        until(lambda: session.has_heard)
        session.stop()
        assert wait_for_end(socket) == 4000


def test_a_closed_workspace_ends_its_connections(workspace: Workspace, browser: Browser) -> None:
    with browser.open(workspace.key) as socket:
        socket.send("watch")
        socket.recv(timeout=60)
        shared.shared().registry.forget(workspace)
        assert wait_for_end(socket) == 4000


@pytest.mark.parametrize("message", [b"", b"short", b"\0" * 100_000])
def test_malformed_sound_ends_the_connection(
    workspace: Workspace, browser: Browser, message: bytes
) -> None:
    workspace.live.begin("websocket", PlainScorer(), SETTINGS)
    with browser.open(workspace.key) as socket:
        socket.send(message)
        assert wait_for_end(socket) == 1003
    workspace.live.stop()


def test_a_recording_is_heard_as_far_as_the_browser_played_it(
    workspace: Workspace, browser: Browser
) -> None:
    clip = Clip.from_samples(noise(2.0)[0], RATE_HZ)
    number = workspace.live.play(clip, PlainScorer(), SETTINGS).number
    with browser.open(workspace.key) as socket:
        for senseless in ("played", f"played {number} x", f"played {number} nan", "played x 1"):
            socket.send(senseless)
        socket.send(f"played {number} 1.5")
        until(lambda: workspace.live.snapshot().duration_s == 1.5)
        socket.send(f"played {number} 1.0")
        socket.send(f"ended {number}")
        assert wait_for_end(socket) == 4000
    until(lambda: not workspace.live.listening)
    assert workspace.live.snapshot().duration_s >= 2.0
    assert not workspace.live.was_lost


def test_a_recording_that_is_no_longer_played_ends_the_connection(
    workspace: Workspace, browser: Browser
) -> None:
    clip = Clip.from_samples(noise(2.0)[0], RATE_HZ)
    number = workspace.live.play(clip, PlainScorer(), SETTINGS).number
    workspace.live.stop()
    with browser.open(workspace.key) as socket:
        socket.send(f"played {number} 0.5")
        assert wait_for_end(socket) == 4000


@pytest.mark.parametrize("words", ["", "seen", "seen x", "seen -1", "seen 99999999", "shout 3"])
def test_words_that_make_no_sense_are_ignored(
    workspace: Workspace, browser: Browser, words: str
) -> None:
    with browser.open(workspace.key) as socket:
        socket.send(words)
        socket.send("watch")
        assert socket.recv(timeout=60)


def test_nothing_is_left_of_connections_that_went(workspace: Workspace, browser: Browser) -> None:
    for _ in range(5):
        with browser.open(workspace.key) as socket:
            socket.send("watch")
            socket.recv(timeout=60)
    until(lambda: not workspace.live._watchers)
