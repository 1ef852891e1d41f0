"""Server fixture of the load tests, which runs on any machine."""

from collections.abc import Iterator

import pytest

from tests.e2e.driving import Server, serving_builtin


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run the app as on a fresh machine: with the built-in model."""
    with serving_builtin(tmp_path_factory.mktemp("fresh")) as running:
        yield running
