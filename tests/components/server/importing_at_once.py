"""Do on several threads at once what the first seconds of a server do; print what goes wrong."""

import logging
import runpy
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from importlib.abc import MetaPathFinder
from itertools import groupby
from pathlib import Path

from streamlit.errors import StreamlitAPIException

import app
from components.server import workspace_lookup

SCRIPT = Path(app.__file__).parent / "components" / "script.py"


class Noting(MetaPathFinder):
    """Finds nothing, but notes the thread that imports a module of the project, and lets others."""

    def __init__(self) -> None:
        self.threads: list[int] = []

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> None:
        """Note the thread."""
        if name.split(".")[0] in ("components", "models"):
            self.threads.append(threading.get_ident())
            time.sleep(0.001)


def run_script() -> None:
    """Run the script; without a browser it gets no further than its imports."""
    try:
        with suppress(StreamlitAPIException):
            runpy.run_path(str(SCRIPT))
    except AttributeError as error:
        if error.name != "_title":  # which pages have in a browser only
            raise


WAYS: tuple[Callable[[], object], ...] = (
    app._load_pages,
    workspace_lookup.find_limits,
    workspace_lookup.find_registry,
    workspace_lookup.find_room,
    run_script,
    run_script,
)


def main() -> None:
    """Go all ways at once."""
    logging.disable(logging.CRITICAL)
    noting, failed = Noting(), []
    sys.meta_path.insert(0, noting)
    start = threading.Barrier(len(WAYS))

    def attempt(way: Callable[[], object]) -> None:
        start.wait()
        try:
            way()
        except Exception as error:  # noqa: BLE001  # it is what is looked for
            failed.append(f"{way.__name__}: {error!r}")

    threads = [threading.Thread(target=attempt, args=(way,)) for way in WAYS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(noting.threads) > 50, "there was little to import"
    if len(list(groupby(noting.threads))) > len(set(noting.threads)):
        failed.append("several threads import at once")
    sys.stdout.write("\n".join([*failed, "over"]))


if __name__ == "__main__":
    main()
