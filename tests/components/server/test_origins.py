"""Pages of other sites may not connect, whatever they say."""

import asyncio
from collections.abc import Iterator

import pytest
import requests
from starlette.datastructures import Headers
from streamlit import config
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from components.server.origins import OriginCheck, is_own, is_sent_by_own_page
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


def sends(host: str, method: str, **headers: str) -> int:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    url = f"http://{host}/earmark/key/files/digest"
    return requests.request(method, url, headers=told, timeout=60).status_code


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "ODD"])
def test_what_a_foreign_page_sends_is_refused(served: str, method: str) -> None:
    assert sends(served, method, origin=FOREIGN) == 403
    assert sends(served, method, origin="null") == 403
    assert sends(served, method) == 403, "every browser says where it comes from"
    assert sends(served, method, origin=f"http://{served}") == 404
    assert sends(served, "GET", origin=FOREIGN) == 404
    assert sends(served, "OPTIONS", origin=FOREIGN) == 404, "what asks before it sends"


OWN_SENT = "http://earmark.example:8501"


@pytest.mark.parametrize(
    ("headers", "own"),
    [
        ({"origin": OWN_SENT}, True),
        ({"origin": OWN_SENT, "sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"origin": OWN_SENT, "sec-fetch-site": "cross-site"}, False),
        ({"origin": OWN_SENT, "sec-fetch-site": "same-site"}, False),
        ({"origin": OWN_SENT, "sec-fetch-site": "none"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({}, False),
        ({"origin": "null"}, False),
        ({"origin": "null", "sec-fetch-site": "same-origin"}, False),
        ({"origin": ""}, False),
        ({"origin": FOREIGN, "sec-fetch-site": "same-origin"}, False),
        ({"origin": FOREIGN, "x-forwarded-host": "evil.example"}, True),
        (
            {
                "origin": FOREIGN,
                "x-forwarded-host": "evil.example",
                "sec-fetch-site": "cross-site",
            },
            False,
        ),
    ],
)
@pytest.mark.usefixtures("options")
def test_only_the_own_page_may_send(headers: dict[str, str], own: bool) -> None:
    config.set_option("browser.serverAddress", "localhost")
    assert is_sent_by_own_page(Headers({**HOST, **headers})) is own


@pytest.mark.usefixtures("options")
def test_an_origin_that_an_operator_allows_may_send_from_elsewhere() -> None:
    told = Headers({**HOST, "origin": "https://other.example", "sec-fetch-site": "cross-site"})
    assert not is_sent_by_own_page(told)
    config.set_option("server.corsAllowedOrigins", ["https://other.example"])
    assert is_sent_by_own_page(told)


def test_an_upload_needs_no_cookie_but_the_own_origin(server: Server) -> None:
    """The session is one that is not there, which is told only to what may send."""
    url = f"{server.url}/_stcore/upload_file/session/file"

    def put(**headers: str) -> int:
        return requests.put(url, b"x", headers=headers, timeout=60).status_code

    assert put(origin=server.url) == 400
    assert put() == put(origin=FOREIGN) == put(origin="null") == 403
    asked = {"Origin": FOREIGN, "Access-Control-Request-Method": "PUT"}
    assert (
        "access-control-allow-origin"
        not in requests.options(url, headers=asked, timeout=60).headers
    ), "a browser would not even send it"


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
