"""Files for the player have an address where the application serves them, and none elsewhere."""

import pytest

from components.player import media
from components.protocol import serving
from components.workspace.shared import shared

SOUND = b"sound"


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    """Key of the workspace of the visitor for whom a script runs."""
    workspace = shared().registry.open_in_session()
    monkeypatch.setattr(media, "current", lambda: workspace)
    return workspace.key


def offer() -> str | None:
    return media.serve(SOUND, "audio/wav", digest="abc", group="clip")


def test_the_address_is_that_of_the_visitors_own_workspace(key: str) -> None:
    workspace = shared().registry.find(key, None)
    assert workspace is not None
    serving.begin()
    try:
        assert offer() == f"/earmark/{key}/files/abc"
    finally:
        serving.end()
    file = workspace.files.find("abc")
    assert file is not None
    assert (file.data, file.mime_type) == (SOUND, "audio/wav")


def test_without_the_application_there_is_none(key: str) -> None:
    workspace = shared().registry.find(key, None)
    assert workspace is not None
    assert offer() is None
    assert workspace.files.find("abc") is None
