"""Cookies with escapes do not reach what parses them in quadratic time."""

from collections.abc import Iterator

import pytest
import requests
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from components.server.plain_cookies import PlainCookies
from tests.components.server.serving import serving


async def _headers(request: Request) -> Response:
    return JSONResponse({"cookie": request.headers.get("cookie"), "cookies": request.cookies})


@pytest.fixture(scope="module")
def served() -> Iterator[str]:
    with serving(PlainCookies, routes=(Route("/cookies", _headers),)) as host:
        yield f"http://{host}/cookies"


def asked(url: str, cookie: str) -> dict[str, object]:
    answer: dict[str, object] = requests.get(url, headers={"Cookie": cookie}, timeout=60).json()
    return answer


def test_only_those_with_escapes_are_dropped(served: str) -> None:
    found = asked(served, 'one=1; bad="' + '\\"' * 29_000 + '"; two="2"')
    assert found["cookies"] == {"one": "1", "two": "2"}
    assert "\\" not in str(found["cookie"])


def test_others_are_left_as_they_are(served: str) -> None:
    assert asked(served, 'a=b;c="d e";;=;e')["cookie"] == 'a=b;c="d e";;=;e'


def test_a_request_without_cookies_has_none(served: str) -> None:
    assert requests.get(served, timeout=60).json()["cookie"] is None
