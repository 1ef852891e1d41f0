"""Who may bring models: what is configured, and what holds where nothing is."""

import pytest
from streamlit.testing.v1 import AppTest

from components.operator import UPLOAD_VARIABLE


def asking_page() -> None:
    import streamlit as st

    from components import operator
    from models.errors import EarmarkError

    try:
        st.text(str(operator.allows_model_upload()))
    except EarmarkError as error:
        st.error(str(error))


@pytest.fixture(autouse=True)
def _unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(UPLOAD_VARIABLE, raising=False)


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        (None, False),
        ("0.0.0.0", False),  # noqa: S104  # all interfaces
        ("192.168.1.20", False),
        ("example.org", False),
        ("localhost", True),
        ("127.0.0.1", True),
        ("::1", True),
    ],
)
def test_without_a_word_only_on_localhost(
    address: str | None, allowed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streamlit.get_option", {"server.address": address}.__getitem__)
    page = AppTest.from_function(asking_page).run()
    assert not page.exception
    assert page.text[0].value == str(allowed)


@pytest.mark.parametrize("said", [True, False])
def test_the_secrets_decide(said: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(UPLOAD_VARIABLE, str(not said))
    page = AppTest.from_function(asking_page)
    page.secrets["earmark"] = {"allow_model_upload": said}
    assert page.run().text[0].value == str(said)


@pytest.mark.parametrize(("said", "allowed"), [("TRUE", True), ("1", True), ("off", False)])
def test_the_environment_decides(said: str, allowed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(UPLOAD_VARIABLE, said)
    assert AppTest.from_function(asking_page).run().text[0].value == str(allowed)


def test_what_is_neither_yes_nor_no_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(UPLOAD_VARIABLE, "maybe")
    page = AppTest.from_function(asking_page).run()
    assert not page.exception
    assert "'maybe'" in page.error[0].value
