"""The line below every page, and what it does."""

from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from components.ui import footer
from components.workspace.shared import shared
from tests.components.pages import open_app, press, workspace_of

FORGET = "Forget everything now"


def told(page: AppTest) -> str:
    return page.caption[0].value


def as_served(monkeypatch: pytest.MonkeyPatch, cookie: str | None) -> None:
    """Have the line believe that the application serves it: a test has no cookies."""
    monkeypatch.setattr(footer, "serving", SimpleNamespace(is_serving=lambda: True))
    monkeypatch.setattr(footer, "visitor_cookie", lambda: cookie)


def test_without_the_application_it_says_what_is_missing() -> None:
    assert "without Earmark's own routes" in told(open_app())


def test_who_refuses_cookies_is_told_that_a_reload_loses_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    as_served(monkeypatch, None)
    assert "This browser refuses cookies" in told(open_app())


def test_how_long_it_is_kept_is_what_the_operator_set(monkeypatch: pytest.MonkeyPatch) -> None:
    as_served(monkeypatch, "a token")
    monkeypatch.setenv("EARMARK_WORKSPACE_MINUTES", "90")
    assert "is kept for 90 minutes after you leave" in told(open_app())


def test_everything_is_forgotten_at_once() -> None:
    page = open_app(clip="demonstration", threshold="0.5")
    before = workspace_of(page)
    assert before.recordings.all
    press(page, FORGET)
    assert not before.recordings.all
    assert before.n_bytes == 0
    after = workspace_of(page)
    assert after is not before
    assert after.key != before.key
    assert len(shared().registry) == 1
