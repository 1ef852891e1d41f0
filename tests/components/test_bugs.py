"""A bug in a page's own script: told in a word, and its traceback is in the log alone."""

import logging
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from components.screens import clip
from models.catalog import CATALOG, STARTER

APP = str(Path(__file__).parents[2] / "components" / "script.py")
ON_THE_SERVER = "/srv/secret/path"


def test_the_page_says_that_something_went_wrong_and_the_log_what(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def stumble(*_: object, **__: object) -> None:
        raise ZeroDivisionError(ON_THE_SERVER)

    page = AppTest.from_file(APP, default_timeout=60)
    page.query_params["model"] = CATALOG[STARTER].title
    monkeypatch.setattr(clip.sources, "read_recordings", stumble)
    for name in ("streamlit", "streamlit.error_util"):
        monkeypatch.setattr(logging.getLogger(name), "propagate", True)
    page.run()
    (told,) = page.exception
    assert ON_THE_SERVER not in f"{told.proto}"
    assert list(told.stack_trace) == []
    assert f"ZeroDivisionError: {ON_THE_SERVER}" in caplog.text
    monkeypatch.undo()
    assert not page.run().exception
