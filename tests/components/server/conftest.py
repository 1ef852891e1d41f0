"""The app as an operator starts it, for the tests of what surrounds its script."""

from collections.abc import Iterator

import pytest

from tests.components.conftest import forget_shared
from tests.e2e.driving import Server, serving_builtin


@pytest.fixture(autouse=True, scope="module")
def anew() -> Iterator[None]:
    """Let a module's tests share a workspace."""
    forget_shared()
    yield
    forget_shared()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving_builtin(tmp_path_factory.mktemp("server")) as running:
        yield running
