"""A server of this machine alone is not taken for another site's (DNS rebinding)."""

import asyncio
from collections.abc import Iterator

import pytest
import requests
from starlette.datastructures import Headers
from streamlit import config
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from components.server.hosts import HostCheck, is_known
from components.server.origins import OriginCheck
from tests.components.server.serving import STREAM, serving
from tests.e2e.driving import Server

OPTIONS = (
    "server.address",
    "server.allowedHosts",
    "browser.serverAddress",
    "server.corsAllowedOrigins",
)


@pytest.fixture(autouse=True)
def on_loopback() -> Iterator[None]:
    before = {name: config.get_option(name) for name in OPTIONS}
    config.set_option("server.address", "127.0.0.1")
    config.set_option("browser.serverAddress", "localhost")
    yield
    for name, value in before.items():
        config.set_option(name, value)


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("localhost:8501", True),
        ("LOCALHOST", True),
        ("localhost.", True),
        ("app.localhost:8501", True),
        ("127.0.0.1:8501", True),
        ("[::1]:8501", True),
        ("192.168.1.20", True),
        ("evil.example:8501", False),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("notlocalhost", False),
        ("evil.example@localhost", True),
        ("localhost@evil.example", False),
        ("[::1", False),
        ("", False),
    ],
)
def test_on_this_machine_only_its_own_names_are_known(host: str, known: bool) -> None:
    assert is_known(Headers({"host": host})) is known


def test_without_a_host_nothing_is_known() -> None:
    assert not is_known(Headers({}))


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("server.allowedHosts", ["evil.example"]),
        ("server.allowedHosts", ["*.example"]),
        ("server.allowedHosts", ["*"]),
        ("browser.serverAddress", "evil.example"),
        ("server.corsAllowedOrigins", ["https://evil.example"]),
        ("server.address", "0.0.0.0"),  # noqa: S104
        ("server.address", None),
    ],
)
def test_an_operator_may_name_others_or_let_all_in(option: str, value: object) -> None:
    told = Headers({"host": "evil.example:8501"})
    assert not is_known(told)
    config.set_option(option, value)
    assert is_known(told)


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Forwarded-Host", "Forwarded"])
def test_what_a_proxy_passes_on_has_the_proxys_name(header: str) -> None:
    assert is_known(Headers({"host": "earmark.example", header: "whatever"}))


def test_a_rebound_page_gets_neither_a_page_nor_a_connection() -> None:
    name = "evil.example"

    async def open_stream(host: str) -> None:
        own, _, port = served.partition(":")
        url = f"ws://{host}:{port}{STREAM}"
        async with connect(url, host=own, origin=f"http://{host}:{port}", proxy=None) as opened:
            await opened.recv()

    with serving(HostCheck, OriginCheck) as served:
        answer = requests.get(f"http://{served}/", headers={"Host": name}, timeout=60)
        assert answer.status_code == 421
        assert "a page" not in answer.text
        assert name not in answer.text, "what is asked for is not said again"
        with pytest.raises(InvalidStatus) as refusal:
            asyncio.run(open_stream(name))
        assert refusal.value.response.status_code == 403
        assert requests.get(f"http://{served}/", timeout=60).status_code == 200
        asyncio.run(open_stream("localhost"))


def test_the_app_itself_refuses_such_a_page(server: Server) -> None:
    answer = requests.get(server.url, headers={"Host": "evil.example"}, timeout=60)
    assert answer.status_code == 421
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert requests.get(server.url, timeout=60).status_code == 200
