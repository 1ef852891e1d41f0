"""What is configured, what holds where nothing is, and what is said of what is wrong."""

import json
import os
import re
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from components.workspace.operator import UPLOAD_VARIABLE, Limits, variable
from models.inference.worker_pool import usable_cores
from tests.components.pages import SCRIPT, new_tab

PROJECT = Path(__file__).parents[3]


def asking_page() -> None:
    import streamlit as st

    from components.workspace import operator
    from models.errors import EarmarkError

    try:
        st.json(vars(operator.read_limits()))
    except EarmarkError as error:
        st.error(str(error))


def ask(**secrets: object) -> AppTest:
    page = new_tab(asking_page)
    if secrets:
        page.secrets["earmark"] = secrets
    page.run()
    assert not page.exception
    return page


def read(**secrets: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ask(**secrets).json[0].value)
    return found


@pytest.fixture(autouse=True)
def _unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("EARMARK_MAX_") or name == UPLOAD_VARIABLE:
            monkeypatch.delenv(name)


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
def test_without_a_word_models_may_be_brought_only_on_localhost(
    address: str | None, allowed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streamlit.get_option", {"server.address": address}.__getitem__)
    assert read()["allow_model_upload"] is allowed


@pytest.mark.parametrize("said", [True, False])
def test_the_secrets_decide(said: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(UPLOAD_VARIABLE, str(not said))
    monkeypatch.setenv(variable("max_clips"), "5")
    found = read(allow_model_upload=said, max_clips=7, max_duration_s=90.5)
    assert found["allow_model_upload"] is said
    assert (found["max_clips"], found["max_duration_s"]) == (7, 90.5)


@pytest.mark.parametrize(("said", "allowed"), [("TRUE", True), ("1", True), ("off", False)])
def test_the_environment_decides(said: str, allowed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(UPLOAD_VARIABLE, said)
    monkeypatch.setenv(variable("max_listeners"), " 3 ")
    monkeypatch.setenv(variable("max_duration_s"), "1e3")
    found = read()
    assert found["allow_model_upload"] is allowed
    assert (found["max_listeners"], found["max_duration_s"]) == (3, 1000.0)
    assert found["max_analyses"] == 2 * usable_cores()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("allow_model_upload", "maybe"),
        ("max_listeners", "many"),
        ("max_listeners", ""),
        ("max_listeners", "2.5"),
        ("max_listeners", "0"),
        ("max_listeners", "-1"),
        ("max_duration_s", "nan"),
        ("max_duration_s", "inf"),
        ("max_scores", "99999999999"),
    ],
)
def test_what_is_wrong_is_told_with_its_place_and_what_is_allowed(
    name: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (told,) = [error.value for error in ask(**{name: said}).error]
    assert f"{name} in .streamlit/secrets.toml is {said!r}" in told
    monkeypatch.setenv(variable(name), said)
    (told,) = [error.value for error in ask().error]
    assert f"{variable(name)} is {said!r}" in told
    one = next(one for one in fields(Limits) if one.name == name)
    wanted = ["true or false"] if one.type is bool else [f"{one.metadata['most']:,}"]
    assert all(words in told for words in wanted)


@pytest.mark.parametrize("said", [True, [1], {"a": 1}])
def test_values_of_another_kind_are_no_numbers(said: object) -> None:
    assert "max_results in" in ask(max_results=said).error[0].value


def test_a_name_that_means_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "max_listener in" in ask(max_listener=3).error[0].value
    monkeypatch.setenv("EARMARK_MAX_CLIP", "3")
    assert "EARMARK_MAX_CLIP" in ask().error[0].value


def test_the_app_shows_nothing_before_its_limits_are_right(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(variable("max_analyses"), "none")
    page = new_tab(SCRIPT).run()
    assert not page.exception
    assert not (page.title or page.button)
    assert "EARMARK\\_MAX\\_ANALYSES is \\'none\\'" in page.error[0].value
    monkeypatch.setenv(variable("max_analyses"), "1")
    page.run()
    assert not page.error
    assert page.title[0].value == "What is in a sound?"


def test_the_table_and_the_example_tell_every_limit_as_it_is() -> None:
    """The table's rows: secret, environment, range, default, meaning."""
    docs = (PROJECT / "docs/deployment.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| `(EARMARK_\w+)` \| (.*?) \| (.*?) \|", docs, re.MULTILINE)
    assert rows == [told(one.name) for one in fields(Limits)]
    example = (PROJECT / ".streamlit/secrets.toml.example").read_text(encoding="utf-8")
    lines = re.findall(r"^(?:# )?(\w+) = (.+)$", example.partition("[earmark]")[2], re.MULTILINE)
    assert [name for name, _ in lines] == [one.name for one in fields(Limits)]
    for name, value in lines:
        if "unset" not in limit(name).metadata:
            assert json.loads(value.replace("_", "")) == limit(name).default, name


def limit(name: str) -> "Field[Any]":
    return next(one for one in fields(Limits) if one.name == name)


def told(name: str) -> tuple[str, str, str, str]:
    about = limit(name).metadata
    span = f"{about['least']:,} to {about['most']:,}" if "least" in about else "true, false"
    default = about.get("unset") or f"{limit(name).default:,.0f}"
    return name, variable(name), span, default
