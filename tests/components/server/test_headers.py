"""Security headers are on every response, and let Streamlit's own page run."""

from collections.abc import Iterator

import pytest
import requests

from components.server.headers import (
    SecurityHeaders,
    content_security_policy,
    digest,
    inline_scripts,
)
from tests.components.server.serving import serving
from tests.e2e.driving import Server

HEADERS = (
    "Content-Security-Policy",
    "Permissions-Policy",
    "Referrer-Policy",
    "X-Content-Type-Options",
    "X-Frame-Options",
)


@pytest.fixture(scope="module")
def served() -> Iterator[str]:
    with serving(SecurityHeaders) as host:
        yield host


@pytest.mark.parametrize(
    ("path", "status"), [("", 200), ("elsewhere", 307), ("nowhere", 404), ("failing", 500)]
)
def test_they_are_on_every_answer(served: str, path: str, status: int) -> None:
    answer = requests.get(f"http://{served}/{path}", allow_redirects=False, timeout=60)
    assert answer.status_code == status
    assert all(answer.headers.get(name) for name in HEADERS)
    assert "secret" not in answer.text


def test_they_are_on_the_answer_to_a_method_that_is_not_allowed(served: str) -> None:
    answer = requests.post(f"http://{served}/", timeout=60)
    assert answer.status_code == 405
    assert all(answer.headers.get(name) for name in HEADERS)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/live",
        "/teach/",  # redirected
        "/_stcore/health",
        "/_stcore/nothing",
        "/static/nothing.js",
        "/media/nothing.wav",
        "/component/nothing/index.html",
        "/earmark/nothing/files/nothing",
        "/%2e%2e/secrets.toml",
    ],
)
def test_the_app_has_them_everywhere(server: Server, path: str) -> None:
    answer = requests.get(server.url + path, allow_redirects=False, timeout=60)
    assert all(answer.headers.get(name) for name in HEADERS), answer.status_code


def test_the_policy_lets_the_inline_scripts_of_the_page_run_and_no_others(server: Server) -> None:
    answer = requests.get(server.url, timeout=60)
    scripts = inline_scripts(answer.text)
    assert scripts
    policy = dict(
        directive.strip().split(" ", 1)
        for directive in answer.headers["Content-Security-Policy"].split(";")
    )
    allowed = policy["script-src"].split()
    assert {one for one in allowed if "sha256" in one} == {digest(script) for script in scripts}
    assert "'unsafe-inline'" not in allowed
    assert "'unsafe-eval'" not in allowed
    assert policy["frame-ancestors"] == "'self'"
    assert answer.headers["Content-Security-Policy"] == content_security_policy()


def test_inline_scripts_are_those_without_an_address() -> None:
    page = '<script src="a.js"></script><script>one</script><script type="module">two\n</script>'
    assert inline_scripts(page) == ["one", "two\n"]
