"""Setup of engines from a model file."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np

from models.inference.contract import Contract, find_dynamic_outputs
from models.inference.embeddings import find_embedding
from models.inference.engines import DynamicEngine, Engine, WindowEngine
from models.inference.heads import does_not_run
from models.inference.split_engine import find_halves
from models.tflite.runtimes import Interpreter, Runtime, open_interpreter

Kind = Literal["scores", "embeddings", "both"]
"""Values of a row: the scores, the embedding, or the scores followed by the embedding."""

_CHECKED_FRAMES = 4
"""Number of windows in the check of a dynamic model's framing: the fewest at which a hop that is a
quarter shorter or longer gives another number of rows."""


def make_engine(path: Path, contract: Contract, interpreter: Interpreter, kind: Kind) -> Engine:
    """Create an engine around an open interpreter.

    Parameters
    ----------
    path : Path
        The model's file, for messages.
    contract : Contract
        Input and output format of the model.
    interpreter : Interpreter
        Used by this engine only. For embeddings of a one-window model it has to preserve tensors.
    kind : {'scores', 'embeddings', 'both'}
        Values that the engine computes.

    Raises
    ------
    ModelError
        If the model has no embeddings, or its outputs are not those of a dynamic model.
    """
    if contract.hop_samples is not None:
        outputs = find_dynamic_outputs(path, interpreter)
        tensors = {"scores": outputs.scores, "embeddings": outputs.embeddings}
        read = [tensor for name, tensor in tensors.items() if kind in (name, "both")]
        return DynamicEngine(interpreter, contract, read, outputs.spectra, path)
    if kind == "scores":
        return WindowEngine(interpreter, contract)
    embedding = find_embedding(path, interpreter, contract.n_classes)
    return WindowEngine(interpreter, contract, embedding, with_scores=kind == "both")


def check_windows(path: Path, engine: Engine, contract: Contract) -> None:
    """Check by silence that a dynamic model cuts its windows as its contract says.

    Parameters
    ----------
    path : Path
        The model's file, for messages.
    engine : Engine
        Computes the model's scores.
    contract : Contract
        Input and output format of the model; a one-window model is not checked.

    Raises
    ------
    ModelError
        If the windows differ, or the model does not run.
    """
    if contract.hop_samples is None:
        return
    for n_rows in (_CHECKED_FRAMES, 1):
        n_samples = contract.window_samples + (n_rows - 1) * contract.hop_samples
        rows = np.empty((n_rows, contract.n_classes), np.float32)
        try:
            engine.run(np.zeros(n_samples, np.float32), contract.hop_samples, rows)
        except (ValueError, RuntimeError) as error:
            raise does_not_run(path, n_samples) from error


def open_engine(path: Path, runtime: Runtime, contract: Contract, kind: Kind) -> Engine:
    """Open another interpreter of a known model, and create an engine around it.

    Parameters
    ----------
    path : Path
        The model's file.
    runtime : {'litert', 'tflite'}
        Runtime of the interpreter.
    contract : Contract
        Input and output format of the model.
    kind : {'scores', 'embeddings', 'both'}
        Values that the engine computes.

    Returns
    -------
    Engine
        For one thread.

    Raises
    ------
    ModelError
        If the runtime cannot open the file, or the model has no embeddings.
    SettingError
        If the runtime is not installed, or too old to preserve tensors.
    """
    keep_tensors = kind != "scores" and not contract.is_dynamic
    interpreter = open_interpreter(path, runtime, keep_tensors=keep_tensors)
    return make_engine(path, contract, interpreter, kind)


def open_scoring(
    path: Path, runtime: Runtime, contract: Contract, interpreter: Interpreter
) -> tuple[Engine, Callable[[], Engine]]:
    """Create the fastest engine for scores that the model supports.

    Parameters
    ----------
    path : Path
        The model's file.
    runtime : {'litert', 'tflite'}
        Runtime of the interpreters.
    contract : Contract
        Input and output format of the model.
    interpreter : Interpreter
        Interpreter of the model.

    Returns
    -------
    Engine
        The first engine.
    callable
        Opens another engine of the same kind, for another thread.

    Raises
    ------
    ModelError
        If the model cuts other windows than its contract says, or does not run.
    """
    whole = make_engine(path, contract, interpreter, "scores")
    check_windows(path, whole, contract)
    engine = (
        None
        if contract.is_dynamic or contract.rate_place is not None
        else find_halves(path, runtime, contract, whole)
    )
    if engine is None:
        return whole, partial(open_engine, path, runtime, contract, "scores")
    return engine, partial(engine.halves.open, path, runtime, contract)
