"""Pages of other sites may not connect, whatever they say."""

import asyncio
from collections.abc import Iterator

import pytest
from starlette.datastructures import Headers
from streamlit import config
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from components.server.origins import OriginCheck, is_own
from tests.components.server.serving import STREAM, serving
from tests.e2e.driving import Server

FOREIGN = "https://evil.example"


@pytest.fixture(scope="module")
def served() -> Iterator[str]:
    with serving(OriginCheck) as host:
        yield host


@pytest.fixture
def options() -> Iterator[None]:
    """Leave Streamlit's settings as they were."""
    names = ("browser.serverAddress", "server.corsAllowedOrigins", "server.enableCORS")
    before = {name: config.get_option(name) for name in names}
    yield
    for name, value in before.items():
        config.set_option(name, value)


def origin_seen(host: str, path: str, origin: str | None, **headers: str) -> str:
    async def ask() -> str:
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        async with connect(f"ws://{host}{path}", origin=origin, additional_headers=told) as opened:
            return str(await opened.recv())

    return asyncio.run(ask())


@pytest.mark.parametrize("path", [STREAM, "/earmark/key/live"])
def test_a_foreign_page_is_refused_with_the_reason(served: str, path: str) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        origin_seen(served, path, FOREIGN)
    assert refusal.value.response.status_code == 403
    assert b"own page" in refusal.value.response.body


def test_the_own_page_and_what_is_no_browser_may_connect(served: str) -> None:
    assert origin_seen(served, STREAM, f"http://{served}") == f"http://{served}"
    assert origin_seen(served, STREAM, None) == ""


def test_behind_a_proxy_the_app_sees_an_origin_that_it_does_not_have_to_ask_about(
    served: str,
) -> None:
    seen = origin_seen(served, STREAM, "https://public.example", x_forwarded_host="public.example")
    assert seen == f"http://{served}"


def test_streamlit_never_sees_a_foreign_origin(server: Server) -> None:
    host = server.url.removeprefix("http://")
    with pytest.raises(InvalidStatus) as refusal:
        origin_seen(host, STREAM, FOREIGN)
    assert refusal.value.response.status_code == 403
    assert b"own page" in refusal.value.response.body, "these are not Streamlit's words"


HOST = {"host": "earmark.example:8501"}


@pytest.mark.parametrize(
    ("origin", "own"),
    [
        ("http://earmark.example:8501", True),
        ("https://EARMARK.example:8501", True),
        ("http://earmark.example", False),
        ("http://earmark.example:9999", False),
        ("http://earmark.example:8501.evil.example", False),
        ("http://evil.example/?earmark.example:8501", False),
        ("http://earmark.example:8501@evil.example", False),
        ("http://localhost:8501", False),
        ("file://earmark.example:8501", False),
        ("null", False),
        ("", False),
        ("http://[", False),
        ("http://earmark.example:port", False),
    ],
)
@pytest.mark.usefixtures("options")
def test_only_the_address_that_was_asked_for_is_the_own_origin(origin: str, own: bool) -> None:
    config.set_option("browser.serverAddress", "localhost")
    assert is_own(origin, Headers(HOST)) is own


@pytest.mark.usefixtures("options")
def test_an_operator_may_name_other_addresses() -> None:
    host = Headers({"host": "app:8501"})
    assert not is_own("https://public.example", host)
    config.set_option("browser.serverAddress", "public.example")
    assert is_own("https://public.example", host)
    assert is_own("https://public.example:8443", host)
    config.set_option("browser.serverAddress", "localhost")
    config.set_option("server.corsAllowedOrigins", ["https://public.example/"])
    assert is_own("https://public.example", host)
    assert not is_own("http://public.example", host)
    assert not is_own(FOREIGN, host)
    config.set_option("server.enableCORS", False)
    assert is_own(FOREIGN, host)
