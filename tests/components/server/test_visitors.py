"""The visitor's cookie is made once, for pages, and kept from everything else."""

import asyncio
import time
from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path

import pytest
import requests
from websockets.asyncio.client import connect

from components.protocol.cookie import COOKIE, is_token, new_token
from components.server.cookie import token_of
from components.server.visitors import VisitorCookie
from components.workspace import shared
from tests.components.server.serving import STREAM, serving
from tests.e2e.driving import Server, serving_builtin
from tests.load import sounds
from tests.load.wire import Visitor

BROWSER = {"Accept": "text/html,*/*"}


NOTING = """
from pathlib import Path
from components.workspace.workspace import Workspace

close = Workspace.close

def noting(self):
    close(self)
    Path(__file__).with_name("closed").touch()

Workspace.close = noting
"""


@pytest.fixture(scope="module")
def served() -> Iterator[str]:
    with serving(VisitorCookie) as host:
        yield host


def cookie_of(answer: requests.Response) -> str:
    return SimpleCookie(answer.headers["set-cookie"])[COOKIE].value


def test_a_page_brings_one_that_no_script_can_read(served: str) -> None:
    answer = requests.get(f"http://{served}/", timeout=60)
    told = answer.headers["set-cookie"]
    assert is_token(cookie_of(answer))
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= {part.strip() for part in told.split(";")}
    assert "Secure" not in told
    assert "private" in answer.headers["cache-control"], "it is kept by no cache for others"


def test_over_https_it_goes_over_https_alone(served: str) -> None:
    answer = requests.get(f"http://{served}/", headers={"X-Forwarded-Proto": "https"}, timeout=60)
    assert "; Secure" in answer.headers["set-cookie"]


def test_each_browser_has_its_own_and_keeps_it(served: str) -> None:
    first, second = (cookie_of(requests.get(f"http://{served}/", timeout=60)) for _ in range(2))
    assert first != second
    again = requests.get(f"http://{served}/", cookies={COOKIE: first}, timeout=60)
    assert "set-cookie" not in again.headers


@pytest.mark.parametrize(
    "odd", ['prefs={"a": 1}', "x=a b c", 'foo="x', "s[1]=2", "bare", "=", "a=\t"]
)
def test_odd_cookies_of_other_sites_do_not_hide_it(served: str, odd: str) -> None:
    own = cookie_of(requests.get(f"http://{served}/", timeout=60))
    told = {"Cookie": f"{odd}; {COOKIE}={own}; {odd}"}
    assert "set-cookie" not in requests.get(f"http://{served}/", headers=told, timeout=60).headers


@pytest.mark.parametrize("odd", ["x", "x" * 43 + "!", "", "a" * 5_000])
def test_what_is_no_token_is_replaced(served: str, odd: str) -> None:
    answer = requests.get(f"http://{served}/", cookies={COOKIE: odd}, timeout=60)
    assert is_token(cookie_of(answer))


def test_what_is_no_page_brings_none(served: str) -> None:
    for path in ("elsewhere", "nowhere"):
        answer = requests.get(f"http://{served}/{path}", allow_redirects=False, timeout=60)
        assert "set-cookie" not in answer.headers


def test_a_page_that_the_browser_kept_brings_one_too(server: Server) -> None:
    """A browser that was closed has forgotten its cookie, and may still have the page."""
    first = requests.get(server.url, headers=BROWSER, timeout=60)
    headers = {**BROWSER, "If-None-Match": first.headers["etag"]}
    again = requests.get(server.url, headers=headers, timeout=60)
    assert again.status_code == 304
    assert is_token(cookie_of(again))


def test_a_workspace_is_kept_while_a_connection_is_there(served: str) -> None:
    token, registry = new_token(), shared.shared().registry

    async def visit() -> bool:
        headers = {"Cookie": f"{COOKIE}={token}"}
        async with connect(f"ws://{served}{STREAM}", additional_headers=headers) as opened:
            await opened.recv()
            return registry.knows(token)

    assert asyncio.run(visit())


def test_several_cookies_are_told_apart() -> None:
    token = new_token()
    told = f"other=1; {COOKIE}={token}; {COOKIE}x=2"
    assert token_of({"type": "http", "headers": [(b"cookie", told.encode())]}) == token
    assert token_of({"type": "http", "headers": [(b"cookie", b"\xff\xfe=;;")]}) is None
    assert token_of({"type": "http", "headers": []}) is None


def test_what_a_visitor_without_cookies_had_goes_after_the_tab(tmp_path: Path) -> None:
    """Also where no other visitor comes: Streamlit would keep it until another tab is closed."""

    async def visit(url: str) -> None:
        async with Visitor(url, cookies=False).visiting() as visitor:
            await visitor.upload({"long.wav": sounds.clip(1)})
            await visitor.wait_for(lambda e: "long" in e.heading.body or None)

    ttl = {"STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL": "1"}
    with serving_builtin(tmp_path, NOTING, **ttl) as running:
        asyncio.run(visit(running.url))
        deadline = time.monotonic() + 60
        while not list(tmp_path.rglob("closed")):
            assert time.monotonic() < deadline
            time.sleep(0.1)


ADDRESSES = {"203.0.113.7": "203.0.113.7", "2001:db8:1:2:3::4": "2001:db8:1:2::/64", "": "None"}
"""What a proxy says, and the network that it is counted for."""

NOTING_NETWORKS = """
from pathlib import Path
from components.workspace.waiting import Waiting
make = Waiting.__init__
def make_and_note(waiting, network=None):
    make(waiting, network)
    with Path(__file__).with_name("networks").open("a") as note:
        note.write(f"{network}\\n")
Waiting.__init__ = make_and_note
"""


def test_the_fair_queue_knows_the_network_of_a_tab(tmp_path: Path) -> None:
    """Also of one that refuses cookies; this machine's own address says nothing of a visitor."""
    tabs = [(address, cookies) for address in ADDRESSES for cookies in (True, False)]

    def noted() -> list[str]:
        return [line for note in tmp_path.rglob("networks") for line in note.read_text().split()]

    async def visit(url: str) -> None:
        for number, (address, cookies) in enumerate(tabs, start=1):
            async with Visitor(url, cookies=cookies, address=address).visiting():
                async with asyncio.timeout(60):
                    while len(noted()) < number:
                        await asyncio.sleep(0.1)

    with serving_builtin(tmp_path, NOTING_NETWORKS, FORWARDED_ALLOW_IPS="127.0.0.1") as running:
        asyncio.run(visit(running.url))
    assert noted() == [ADDRESSES[address] for address, _ in tabs]
