"""A server for people by the dozen: any machine has what it needs."""

from collections.abc import Iterator

import pytest

from tests.e2e.driving import Server, serving_builtin


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run the app as on a fresh machine: the built-in model listens."""
    with serving_builtin(tmp_path_factory.mktemp("fresh")) as running:
        yield running
