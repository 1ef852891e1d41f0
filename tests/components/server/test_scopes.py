"""What a request's scope says."""

from typing import Any

import pytest

from components.server.scopes import asks_for_page, client_network, is_secure, is_stream


def scope(kind: str = "http", path: str = "/", method: str = "GET", **headers: str) -> Any:  # noqa: ANN401
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scheme = "ws" if kind == "websocket" else "http"
    return {"type": kind, "path": path, "method": method, "headers": raw, "scheme": scheme}


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("::1", "::1"),
        ("::ffff:127.0.0.1", "127.0.0.1"),
        ("unix:/run/app.sock", "unix:/run/app.sock"),
    ],
)
def test_a_household_is_one_network(address: str, network: str) -> None:
    assert client_network({"client": (address, 1234)}) == network


def test_where_no_address_is_known_all_are_one_network() -> None:
    assert client_network({"client": None}) == client_network({}) == ""


def test_only_what_a_browser_shows_is_a_page() -> None:
    html = "text/html,application/xhtml+xml"
    assert asks_for_page(scope(accept=html))
    assert asks_for_page(scope(accept=html, sec_fetch_dest="document"))
    assert not asks_for_page(scope(accept=html, sec_fetch_dest="script"))
    assert not asks_for_page(scope(accept="*/*"))
    assert not asks_for_page(scope(method="POST", accept=html))
    assert not asks_for_page(scope("websocket", accept=html))


def test_https_is_what_the_server_or_a_proxy_says() -> None:
    assert not is_secure(scope())
    assert is_secure(scope(x_forwarded_proto="https"))
    assert is_secure({**scope(), "scheme": "https"})
    assert is_secure({**scope("websocket"), "scheme": "wss"})


def test_streamlits_own_connection_is_told_from_others() -> None:
    assert is_stream(scope("websocket", "/_stcore/stream"))
    assert is_stream(scope("websocket", "/some/where/_stcore/stream"))
    assert not is_stream(scope("websocket", "/earmark/key/live"))
    assert not is_stream(scope("http", "/_stcore/stream"))
