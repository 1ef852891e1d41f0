"""From a model's file to engines, one for each thread."""

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

Kind = Literal["scores", "embeddings"]

_CHECKED_FRAMES = 4
"""Windows that a dynamic model has to find when it is opened: the fewest at which a hop that is a
quarter shorter or longer gives another number."""


def make_engine(path: Path, contract: Contract, interpreter: Interpreter, kind: Kind) -> Engine:
    """Put an open interpreter to work.

    Parameters
    ----------
    path : Path
        The model's file, for messages.
    contract : Contract
        What the model takes and gives.
    interpreter : Interpreter
        Of this engine alone; with its tensors kept where embeddings are wanted of a model that
        takes one window.
    kind : {'scores', 'embeddings'}
        What to fill rows with.

    Raises
    ------
    ModelError
        If the model gives no embeddings, or cuts other windows than it should.
    """
    if contract.hop_samples is not None:
        outputs = find_dynamic_outputs(path, interpreter)
        output = outputs.scores if kind == "scores" else outputs.embeddings
        return DynamicEngine(interpreter, output, outputs.spectra, path)
    if kind == "scores":
        return WindowEngine(interpreter, contract)
    embedding = find_embedding(path, interpreter, contract.n_classes)
    return WindowEngine(interpreter, contract, embedding)


def check_windows(path: Path, engine: Engine, contract: Contract) -> None:
    """Let a dynamic model cut silence, to see that its windows lie where they are expected.

    Parameters
    ----------
    path : Path
        The model's file, for messages.
    engine : Engine
        That gives the model's scores.
    contract : Contract
        What the model takes and gives; of one that takes one window nothing is checked.

    Raises
    ------
    ModelError
        If they lie elsewhere, or the model does not run.
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
    """Open one more interpreter of a model that is known, and put it to work.

    Parameters
    ----------
    path : Path
        The model's file.
    runtime : {'litert', 'tflite'}
        Which runtime runs it.
    contract : Contract
        What the model takes and gives.
    kind : {'scores', 'embeddings'}
        What to fill rows with.

    Returns
    -------
    Engine
        For one thread.

    Raises
    ------
    ModelError
        If the runtime cannot open the file, or the model gives no embeddings.
    SettingError
        If the runtime is not installed, or is too old to keep tensors.
    """
    keep_tensors = kind == "embeddings" and not contract.is_dynamic
    interpreter = open_interpreter(path, runtime, keep_tensors=keep_tensors)
    return make_engine(path, contract, interpreter, kind)


def open_scoring(
    path: Path, runtime: Runtime, contract: Contract, interpreter: Interpreter
) -> tuple[Engine, Callable[[], Engine]]:
    """Put an open model to work on scores, in the fastest way that it allows.

    Parameters
    ----------
    path : Path
        Its file.
    runtime : {'litert', 'tflite'}
        Which runtime runs it.
    contract : Contract
        What it takes and gives.
    interpreter : Interpreter
        In which it is open.

    Returns
    -------
    Engine
        The first.
    callable
        Opens another one like it, for another thread.

    Raises
    ------
    ModelError
        If the model cuts other windows than it should, or does not run.
    """
    whole = make_engine(path, contract, interpreter, "scores")
    check_windows(path, whole, contract)
    engine = None if contract.is_dynamic else find_halves(path, runtime, contract, whole)
    if engine is None:
        return whole, partial(open_engine, path, runtime, contract, "scores")
    return engine, partial(engine.halves.open, path, runtime, contract)
