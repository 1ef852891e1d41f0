"""What a running server writes to its log."""

import time
import urllib.request
from pathlib import Path

import pytest

from tests.e2e.driving import serving_builtin

TAKEN_UP_S = 5.0
"""Within which Streamlit notices a changed file of settings; it looks about once a second."""


@pytest.mark.slow  # waits until Streamlit has looked at its settings
def test_no_visit_is_logged_also_after_a_change_of_the_settings(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with serving_builtin(tmp_path) as server:
        with (tmp_path / "earmark/.streamlit/config.toml").open("a") as settings:
            settings.write("\n# changed\n")
        time.sleep(TAKEN_UP_S)
        with urllib.request.urlopen(f"{server.url}/_stcore/health?visited") as answer:  # noqa: S310
            assert answer.status == 200
    written = capfd.readouterr()
    assert "You can now view" in written.out
    assert "visited" not in written.out + written.err
