"""Workers that compute features: this process, local processes, or a Dask cluster.

Each worker process keeps one classifier. Dask repeats the tasks of a worker that is lost, up to
three times (its setting ``distributed.scheduler.allowed-failures``): a file may crash the decoder,
and a machine may be switched off.
"""

import importlib
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from models.archive.features import (
    Features,
    SourceProperties,
    compute_features,
    find_stored_events,
)
from models.archive.parts import Part, read_part
from models.archive.scanning import Examined, check_unchanged, unreadable
from models.archive.store import ArchivedModel
from models.errors import ModelError, SettingError
from models.events import Event
from models.inference import SoundClassifier
from models.inference.worker_pool import usable_cores
from models.opening import open_classifier
from models.registry.catalog import remembered_sha256

_T = TypeVar("_T")

CONNECT_S = 10.0
"""Time in which a Dask scheduler has to answer."""


@dataclass(frozen=True, eq=False)
class Analysed:
    """Result of the analysis of a recording, or of a part.

    Parameters
    ----------
    features : Features
        Features of its windows.
    properties : SourceProperties
        Properties of the file.
    events : list of Event or None
        Events of the whole recording; None for a part.
    """

    features: Features
    properties: SourceProperties
    events: list[Event] | None = None


@dataclass(frozen=True)
class Workers:
    """Workers that tasks can be submitted to.

    Parameters
    ----------
    executor : concurrent.futures.Executor
        Runs the tasks.
    count : int
        Number of tasks that run at a time.
    dashboard : str
        Address of Dask's dashboard; empty if there is none.
    """

    executor: Executor
    count: int
    dashboard: str = ""


class SerialExecutor(Executor):
    """Executor that runs each task at once, in the calling thread."""

    def submit(
        self,
        function: Callable[..., _T],
        /,
        *values: Any,  # noqa: ANN401
        **named: Any,  # noqa: ANN401
    ) -> "Future[_T]":
        """Run a task."""
        future: Future[_T] = Future()
        try:
            future.set_result(function(*values, **named))
        except Exception as error:  # noqa: BLE001 - the future has it
            future.set_exception(error)
        return future


@contextmanager
def open_workers(client: Any, workers: int | None) -> Iterator[Workers]:  # noqa: ANN401
    """Open workers.

    Parameters
    ----------
    client : distributed.Client, str or None
        A Dask client, or the address of a scheduler (``tcp://…``); None for local processes.
    workers : int or None
        Number of local processes, one per core by default; 0 for this process.

    Yields
    ------
    Workers
        Usable inside the ``with`` statement.

    Raises
    ------
    SettingError
        If the cluster cannot be reached, or the number is negative.
    """
    if workers is not None and workers < 0:
        raise SettingError(
            f"The number of workers is {workers}.",
            allowed="It is 0 for this process, or a number of processes.",
            remedy="Leave it out for one process per core.",
        )
    if client is None and workers == 0:
        yield Workers(SerialExecutor(), 1)
        return
    with ExitStack() as stack:
        connected = _connected(client, usable_cores() if workers is None else workers, stack)
        count = sum(connected.nthreads().values()) or 1
        executor = connected.get_executor(pure=False)
        yield Workers(executor, count, connected.dashboard_link or "")


def _connected(client: Any, workers: int, stack: ExitStack) -> Any:  # noqa: ANN401
    """Return a client, and have what was opened for it closed at the end."""
    if client is not None and not isinstance(client, str):
        return client
    distributed: Any = importlib.import_module("distributed")  # half of it is untyped

    if isinstance(client, str):
        try:
            return stack.enter_context(
                distributed.Client(client, timeout=CONNECT_S, set_as_default=False)
            )
        except (OSError, ValueError, TimeoutError) as error:
            raise SettingError(
                f"No Dask scheduler answers at {client}.",
                allowed="An address such as tcp://host:8786 is expected.",
                remedy="Start one (dask scheduler), or leave the address out.",
            ) from error
    cluster = stack.enter_context(
        distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            dashboard_address="127.0.0.1:0",  # of this machine alone
            silence_logs=logging.CRITICAL,
        )
    )
    return stack.enter_context(distributed.Client(cluster, set_as_default=False))


def analyse_whole(examined: Examined, model: ArchivedModel) -> Analysed:
    """Analyse a recording in one pass.

    Raises
    ------
    RecordingError
        If it cannot be read, or changes meanwhile.
    ModelError
        If the worker does not have the model.
    """
    classifier = _classifier(model.name, model.sha256)
    features, properties = compute_features(examined.path, classifier, model.hop_s)
    check_unchanged(examined)
    return Analysed(features, properties, find_stored_events(features, model))


def analyse_part(examined: Examined, part: Part, model: ArchivedModel) -> Analysed:
    """Analyse a part of a long recording; errors as `analyse_whole`."""
    classifier = _classifier(model.name, model.sha256)
    try:
        content = read_part(examined.path, part)
    except OSError as error:
        raise unreadable(examined.path, error) from error
    features, properties = compute_features(content, classifier, model.hop_s)
    check_unchanged(examined)
    return Analysed(features.beginning_with(part.own_samples), properties)


@lru_cache(maxsize=1)
def _classifier(name: str, sha256: str) -> SoundClassifier:
    """Open the classifier of this process, once."""
    classifier = open_classifier(name, workers=1)
    return check_model(classifier, name, sha256)


def check_model(classifier: SoundClassifier, name: str, sha256: str) -> SoundClassifier:
    """Check that a classifier's file is that of an archive.

    Raises
    ------
    ModelError
        If it is another one.
    """
    if remembered_sha256(Path(classifier.path)) != sha256:
        raise ModelError(
            f"The file of the model {name} is not that whose features the archive has.",
            allowed=f"Its SHA-256 begins with {sha256[:12]}.",
            remedy="Restore that file, or add the recordings to a new archive.",
        )
    return classifier
