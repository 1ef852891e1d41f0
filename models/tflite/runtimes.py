"""The runtimes that can run a TFLite file, behind one function.

LiteRT (``ai-edge-litert``) is TFLite Runtime under its new name, about five times as fast on
YAMNet; TFLite Runtime (``tflite-runtime``) ends with Python 3.11. Both can live in one process.
"""

import importlib.util
import inspect
import warnings
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, Protocol

from numpy.typing import NDArray

from models.errors import ModelError, SettingError

Runtime = Literal["litert", "tflite"]

TITLES: dict[Runtime, str] = {"litert": "LiteRT", "tflite": "TFLite Runtime"}
"""What each runtime is called on the page."""

_MODULES: dict[Runtime, str] = {
    "litert": "ai_edge_litert.interpreter",
    "tflite": "tflite_runtime.interpreter",
}

_LATER_OPERATOR = "find op for builtin opcode"
"""What both runtimes say where an operator is of a later version than theirs."""


class Interpreter(Protocol):
    """What both runtimes' interpreters can do, as far as Earmark asks it of them."""

    def get_input_details(self) -> list[dict[str, Any]]:
        """Describe each input: index, shape, dtype."""
        ...

    def get_output_details(self) -> list[dict[str, Any]]:
        """Describe each output: index, shape, dtype."""
        ...

    def allocate_tensors(self) -> None:
        """Make room for all tensors."""
        ...

    def resize_tensor_input(self, input_index: int, tensor_size: list[int]) -> None:
        """Give an input another shape; `allocate_tensors` has to follow."""
        ...

    def get_tensor_details(self) -> list[dict[str, Any]]:
        """Describe all tensors: index, name, shape, dtype, quantization."""
        ...

    def invoke(self) -> None:
        """Run the model on what stands in its inputs."""
        ...

    def tensor(self, tensor_index: int) -> Callable[[], NDArray[Any]]:
        """Give a function that views a tensor's memory."""
        ...


@cache
def available_runtimes() -> tuple[Runtime, ...]:
    """List the runtimes installed here, the default first.

    Looked up once: looking for modules takes Python's import lock, at which the scripts of many
    visitors would wait for each other.
    """
    return tuple(
        runtime
        for runtime, module in _MODULES.items()
        if importlib.util.find_spec(module.partition(".")[0]) is not None
    )


def open_interpreter(
    path: Path,
    runtime: Runtime = "litert",
    *,
    keep_tensors: bool = False,
    content: bytes | None = None,
) -> Interpreter:
    """Open a model file in a single-threaded interpreter, ready to invoke.

    One thread each, because one interpreter per core runs twice as many windows per second as
    one interpreter on two cores.

    Parameters
    ----------
    path : Path
        The ``.tflite`` file.
    runtime : {'litert', 'tflite'}
        Which runtime opens it.
    keep_tensors : bool
        Whether what stands between input and output can be read after a run, too. It costs
        memory: no tensor then makes room for the next.
    content : bytes, optional
        What to open in place of the file: a part of it.

    Returns
    -------
    Interpreter
        With its tensors allocated.

    Raises
    ------
    SettingError
        If the runtime is unknown, not installed here, or too old to keep tensors.
    ModelError
        If the file is missing or not a model that the runtime can run.
    """
    interpreter_class = _interpreter_class(runtime)
    if content is None and not path.is_file():
        raise ModelError(
            f"There is no model file at {path}.",
            allowed="A .tflite file is expected there.",
            remedy="Check the path, or choose a model by its catalog name.",
        )
    options = _keeping_options(interpreter_class, runtime) if keep_tensors else {}
    model = {"model_path": str(path)} if content is None else {"model_content": content}
    try:
        interpreter = interpreter_class(**model, num_threads=1, **options)
        interpreter.allocate_tensors()
        interpreter.get_output_details()  # in a damaged file names may be no text
    except MemoryError as error:
        raise _not_opened(path, runtime, "the memory does not suffice") from error
    except (ValueError, RuntimeError) as error:
        raise _not_opened(path, runtime, str(error)) from error
    return interpreter


def _keeping_options(
    interpreter_class: Callable[..., Interpreter], runtime: Runtime
) -> dict[str, bool]:
    option = "experimental_preserve_all_tensors"
    if option not in inspect.signature(interpreter_class).parameters:
        raise SettingError(
            f"{TITLES[runtime]} is installed in a version that keeps no tensors.",
            allowed=f"Embeddings need one whose Interpreter knows {option}.",
            remedy="Install a newer one, or choose another runtime.",
        )
    # LiteRT advises against it but for debugging, for its memory; what it costs is measured.
    warnings.filterwarnings("ignore", message=f".*{option}", category=UserWarning)
    return {option: True}


def _not_opened(path: Path, runtime: Runtime, reason: str) -> ModelError:
    """Tell a runtime's reason without its repetitions, one per tensor, and what to do."""
    words = reason.partition("\n")[0].partition(". ")[0].strip().rstrip(".")
    words = words or "it gave no reason, as happens where memory does not suffice"
    remedy = "Fetch the file again, or choose another model."
    if _LATER_OPERATOR in reason:
        remedy = "Choose another runtime, or convert the model with an older TensorFlow."
    return ModelError(
        f"{path.name} could not be opened by {TITLES[runtime]}: {words}.",
        allowed="Only whole TFLite files whose operators the runtime knows can run.",
        remedy=remedy,
    )


def check_runtime(runtime: Runtime) -> None:
    """See that a runtime is installed here.

    Raises
    ------
    SettingError
        If it is not, or unknown.
    """
    if runtime not in available_runtimes():
        installed = ", ".join(available_runtimes())
        raise SettingError(
            f"The runtime {runtime!r} was asked for.",
            allowed=f"Installed here: {installed} (tflite exists for Python up to 3.11).",
            remedy="Choose one of these, or install the other.",
        )


def _interpreter_class(runtime: Runtime) -> Callable[..., Interpreter]:
    check_runtime(runtime)
    interpreter_class: Callable[..., Interpreter] = import_module(_MODULES[runtime]).Interpreter
    return interpreter_class
