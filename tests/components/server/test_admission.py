"""How many may connect: in all, and from one address."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import requests
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from components.protocol.cookie import COOKIE, new_token
from components.workspace.limits import Limits
from components.workspace.registry import Registry
from components.workspace.shared import Shared
from components.workspace.workspace import Workspace
from tests.components.server.serving import STREAM
from tests.e2e.driving import Server, serving_builtin
from tests.load.wire import Visitor

HOME, AWAY = "203.0.113.1", "203.0.113.2"
PAGE = {"Accept": "text/html,*/*", "Sec-Fetch-Dest": "document"}


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for five connections, three from one address, that believes the test's headers."""
    few = {"EARMARK_MAX_CONNECTIONS": "5", "EARMARK_MAX_CONNECTIONS_PER_ADDRESS": "3"}
    trust = {"FORWARDED_ALLOW_IPS": "127.0.0.1"}
    with serving_builtin(tmp_path_factory.mktemp("narrow"), **few, **trust) as running:
        yield running


@contextlib.asynccontextmanager
async def connected(
    server: Server, *addresses: str, token: str = ""
) -> AsyncIterator[list[ClientConnection]]:
    async with contextlib.AsyncExitStack() as stack:
        yield [await stack.enter_async_context(socket(server, one, token)) for one in addresses]


def socket(server: Server, address: str, token: str = "") -> connect:
    headers = {"X-Forwarded-For": address, "Cookie": f"{COOKIE}={token}"}
    return connect(f"ws{server.url[4:]}{STREAM}", additional_headers=headers)


async def refusal(server: Server, address: str) -> str:
    with pytest.raises(InvalidStatus) as refused:
        async with socket(server, address):
            pass
    response = refused.value.response
    assert response.status_code == 503
    assert int(response.headers["retry-after"]) > 0
    return response.body.decode()


def page(server: Server, address: str, token: str = "") -> requests.Response:
    headers = {**PAGE, "X-Forwarded-For": address}
    return requests.get(server.url, headers=headers, cookies={COOKIE: token}, timeout=60)


def test_an_address_has_its_bound_and_others_are_let_in(narrow: Server) -> None:
    async def visit() -> None:
        async with connected(narrow, HOME, HOME, HOME):
            assert "Your address has all the 3 connections" in await refusal(narrow, HOME)
            told = await asyncio.to_thread(page, narrow, HOME)
            assert told.status_code == 503
            assert "Your address has all the 3 connections" in told.text
            assert (await asyncio.to_thread(page, narrow, AWAY)).status_code == 200
            async with connected(narrow, AWAY, AWAY):
                assert "all the 5 connections" in await refusal(narrow, AWAY)
        async with connected(narrow, HOME, HOME, HOME):
            pass  # what was closed counts no longer

    asyncio.run(visit())


def test_who_is_here_may_load_the_page_again(narrow: Server) -> None:
    token = new_token()

    async def visit() -> None:
        async with connected(narrow, HOME, HOME, HOME, token=token):
            assert (await asyncio.to_thread(page, narrow, HOME, token)).status_code == 200
            assert (await asyncio.to_thread(page, narrow, HOME, new_token())).status_code == 503

    asyncio.run(visit())


def test_what_is_no_page_is_answered_as_ever(narrow: Server) -> None:
    async def visit() -> None:
        async with connected(narrow, HOME, HOME, HOME):
            health = requests.get(
                f"{narrow.url}/_stcore/health", headers={"X-Forwarded-For": HOME}, timeout=60
            )
            assert health.status_code == 200

    asyncio.run(visit())


@pytest.mark.slow
def test_many_who_leave_at_once_take_no_thread_each(server: Server) -> None:
    """Of sixty tabs that close in one moment none is missed, and none costs a thread."""

    def threads() -> int:
        told = Path(f"/proc/{server.process.pid}/status").read_text()
        return int(re.search(r"Threads:\s+(\d+)", told)[1])

    async def visit() -> int:
        visitors = [Visitor(server.url) for _ in range(60)]
        for visitor in visitors:
            await visitor.open()
            await visitor.wait_for(lambda e: e.HasField("file_uploader") or None)
        before = threads()
        await asyncio.gather(*(visitor.leave() for visitor in visitors))
        seen = []
        for _ in range(20):
            await asyncio.sleep(0.1)
            seen.append(threads())
        assert requests.get(f"{server.url}/_stcore/health", timeout=60).status_code == 200
        return max(seen) - before

    assert asyncio.run(visit()) < 30


@pytest.fixture
def clock() -> list[float]:
    return [0.0]


@pytest.fixture
def registry(clock: list[float]) -> Registry:
    limits = Limits()
    whole = Shared(limits)

    def make() -> Workspace:
        return Workspace(limits, whole.seats, whole.fair_queue)

    return Registry(make, 1_800, max_count=5, max_per_address=3, clock=lambda: clock[0])


def visit(registry: Registry, clock: list[float], cookie: str, address: str) -> Workspace:
    registry.connect(cookie, address)
    workspace = registry.open(cookie)
    clock[0] += 1
    return workspace


def leave(registry: Registry, clock: list[float], cookie: str) -> None:
    registry.disconnect(cookie)
    clock[0] += 1


def test_an_addresss_own_workspaces_make_room_first(registry: Registry, clock: list[float]) -> None:
    visit(registry, clock, "other", AWAY)
    leave(registry, clock, "other")
    for cookie in ("a", "b", "c"):
        visit(registry, clock, cookie, HOME)
        leave(registry, clock, cookie)
    visit(registry, clock, "d", HOME)
    known = [registry.knows(cookie) for cookie in ("other", "a", "b", "c", "d")]
    assert known == [True, False, True, True, True]


def test_who_is_connected_never_makes_room(registry: Registry, clock: list[float]) -> None:
    kept = {cookie: visit(registry, clock, cookie, HOME) for cookie in "abcd"}
    assert [registry.open(cookie) for cookie in "abcd"] == list(kept.values())


def test_the_longest_left_of_all_makes_room_last(registry: Registry, clock: list[float]) -> None:
    for cookie, address in (("a", "1"), ("b", "2"), ("c", "3"), ("d", "4"), ("e", "5")):
        visit(registry, clock, cookie, address)
    for cookie in ("b", "a", "c"):
        leave(registry, clock, cookie)
    visit(registry, clock, "f", "6")
    assert [registry.knows(cookie) for cookie in "abcdef"] == [True, False, True, True, True, True]


def test_a_flood_of_cookies_from_one_address_costs_nobody_elses_workspace(
    registry: Registry, clock: list[float]
) -> None:
    visit(registry, clock, "mine", AWAY)
    leave(registry, clock, "mine")
    for number in range(100):
        cookie = f"flood-{number}"
        visit(registry, clock, cookie, HOME)
        leave(registry, clock, cookie)
    assert registry.knows("mine")
    assert len(registry) <= 4
