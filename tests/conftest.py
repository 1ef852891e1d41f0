"""Real parts for the tests: the model, the recordings, and who may do without them."""

import functools
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

from models import demonstration
from models.inference import Classifier
from models.registry.catalog import BUILTIN, CATALOG, find_model
from tests.models.inference.dynamic import dynamic_model

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.scheduler import Scheduling

SHARED = Path(__file__).parents[2] / "shared"

DYNAMIC_STAND_IN = "yamnet_dynamic_standin.tflite"

_SERVED = ("tests/e2e/", "tests/load/")  # folders that share a server, the longest one first

_NOT_EVERYWHERE = {"yamnet_path", "shared_models", "recordings", "esc10", "esc50_folder"}
"""Fixtures of what a bare machine lacks: tests that ask for one are marked, so that they can be
chosen (.ci/run)."""

# The same bytes each time (`test_demonstration` has them made anew), and most of a second's work.
demonstration.demonstration_recording = functools.cache(demonstration.demonstration_recording)

hypothesis.settings.register_profile("patient", deadline=None)  # a busy machine is no failure
hypothesis.settings.load_profile("patient")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """In CI everything has to be there: what would be skipped elsewhere fails."""
    report = yield
    allowed = item.config.getoption("--may-skip")
    if report.skipped and os.environ.get("CI") and not any(map(item.get_closest_marker, allowed)):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr[2]}"
    return report


@pytest.hookimpl(optionalhook=True)  # there is none without pytest-xdist
def pytest_xdist_make_scheduler(config: pytest.Config, log: "Producer") -> "Scheduling | None":
    """Give a worker all tests of a file, or of a folder whose tests share a server.

    pytest-xdist has groups for that (``--dist loadgroup``), which group nothing with pytest 9.2.
    """
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class LoadServerScheduling(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            scope: str = super()._split_scope(nodeid)
            return _served(nodeid) or scope

    return LoadServerScheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what cannot be divided among workers; refuse a test that lacks its marker."""
    order = [*_SERVED, ""]
    items.sort(key=lambda item: order.index(_served(item.nodeid)))
    for item in items:
        needs = _NOT_EVERYWHERE.intersection(getattr(item, "fixturenames", ()))
        if needs and not any(map(item.get_closest_marker, ("model", "recordings"))):
            raise pytest.UsageError(f"{item.nodeid} has no marker, but needs {', '.join(needs)}.")


def _served(nodeid: str) -> str:
    return next((folder for folder in _SERVED if nodeid.startswith(folder)), "")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--may-skip",
        action="append",
        default=[],
        metavar="MARKER",
        help="tests with this marker may be skipped even in CI",
    )
    parser.addoption(
        "--damaged-models",
        type=int,
        default=24,
        metavar="COUNT",
        help="damaged files of each of three models that slow tests open, in half a second each",
    )


@pytest.fixture(scope="session", autouse=True)
def _begin_once() -> None:
    """Have what a server does once in its life done once here, too, however often a page is opened.

    For each run of a page Streamlit's own tests look through all packages that are installed for
    components, of which there are none.
    """
    if "streamlit.testing.v1" not in sys.modules:  # no test here opens a page
        return
    from streamlit.components.v2 import manifest_scanner

    scan = manifest_scanner.scan_component_manifests
    manifest_scanner.scan_component_manifests = functools.cache(scan)


@pytest.fixture(scope="session")
def yamnet_path() -> Path:
    """YAMNet's file, where it is on the machine; tests never download it."""
    path = find_model(CATALOG["yamnet"])
    if path is None:
        pytest.skip("YAMNet's file is in none of the model folders (see the README)")
    return path


@pytest.fixture(scope="session")
def yamnet(yamnet_path: Path) -> Iterator[Classifier]:
    classifier = Classifier(yamnet_path)
    yield classifier
    classifier.close()


@pytest.fixture(scope="session")
def builtin_path() -> Path:
    """The file of the model that is built in: no machine is without it."""
    path = find_model(CATALOG[BUILTIN])
    assert path is not None, "the catalog's digest of the built-in model is not that of its file"
    return path


@pytest.fixture(scope="session")
def builtin(builtin_path: Path) -> Iterator[Classifier]:
    """The usual classifier of the tests: whatever does not ask what YAMNet itself knows."""
    classifier = Classifier(builtin_path)
    yield classifier
    classifier.close()


@pytest.fixture(scope="session")
def shared_models() -> Path:
    """Further model files, good and bad ones."""
    return _shared("models")


@pytest.fixture(scope="session")
def dynamic_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that cuts its windows itself: the original YAMNet's stand-in, or one made here."""
    path = SHARED / "models" / DYNAMIC_STAND_IN
    if not path.is_file():
        path = tmp_path_factory.mktemp("dynamic") / DYNAMIC_STAND_IN
        path.write_bytes(dynamic_model())
    return path


@pytest.fixture(scope="session")
def recordings() -> Path:
    """Folder of real recordings."""
    return _shared("clips")


@pytest.fixture(scope="session")
def esc10() -> Path:
    """Folder of ESC-10, one folder per class."""
    return _shared("data/esc10")


@pytest.fixture(scope="session")
def esc50_folder() -> Path:
    """Folder of ESC-50, one folder per class."""
    return _shared("data/esc50")


def _shared(name: str) -> Path:
    folder = SHARED / name
    if not folder.is_dir():
        pytest.skip(f"there is no folder of shared {name} beside the checkout (see the README)")
    return folder
