"""An archive, made once."""

from pathlib import Path

import pytest

import models
from models.archive import Archive
from tests.archives import make_archive


@pytest.fixture(scope="session")
def archive_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the archive; its recordings are beside it."""
    return make_archive(tmp_path_factory.mktemp("archives"))


@pytest.fixture
def archive(archive_folder: Path) -> Archive:
    """The archive, opened."""
    return models.open_archive(archive_folder)
