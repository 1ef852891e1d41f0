"""Interface to the runtimes for TFLite files.

LiteRT (``ai-edge-litert``) is the successor of TFLite Runtime, and about five times as fast for
YAMNet. TFLite Runtime (``tflite-runtime``) supports Python up to 3.11. Both can be loaded into one
process.
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
"""Names of the runtimes on the page."""

_MODULES: dict[Runtime, str] = {
    "litert": "ai_edge_litert.interpreter",
    "tflite": "tflite_runtime.interpreter",
}

_LATER_OPERATOR = "find op for builtin opcode"
"""Part of both runtimes' message for an operator of a version that they do not support."""


class Interpreter(Protocol):
    """The part of the runtimes' interpreter classes that Earmark uses."""

    def get_input_details(self) -> list[dict[str, Any]]:
        """Describe each input: index, shape, dtype."""
        ...

    def get_output_details(self) -> list[dict[str, Any]]:
        """Describe each output: index, shape, dtype."""
        ...

    def allocate_tensors(self) -> None:
        """Allocate the memory of all tensors."""
        ...

    def resize_tensor_input(self, input_index: int, tensor_size: list[int]) -> None:
        """Change the shape of an input; `allocate_tensors` has to follow."""
        ...

    def get_tensor_details(self) -> list[dict[str, Any]]:
        """Describe all tensors: index, name, shape, dtype, quantization."""
        ...

    def invoke(self) -> None:
        """Run the model on the content of its input tensors."""
        ...

    def tensor(self, tensor_index: int) -> Callable[[], NDArray[Any]]:
        """Return a function that returns a view of a tensor's memory."""
        ...


@cache
def available_runtimes() -> tuple[Runtime, ...]:
    """List the installed runtimes, the default first.

    The result is cached: the lookup takes Python's import lock, which would serialize the scripts
    of all visitors.
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

    One interpreter per core scores twice as many windows per second as one interpreter on two
    cores.

    Parameters
    ----------
    path : Path
        The ``.tflite`` file.
    runtime : {'litert', 'tflite'}
        Runtime of the interpreter.
    keep_tensors : bool
        Whether intermediate tensors can be read after a run. Takes more memory, because tensors do
        not share any.
    content : bytes, optional
        Content to open instead of the file.

    Returns
    -------
    Interpreter
        With its tensors allocated.

    Raises
    ------
    SettingError
        If the runtime is unknown, not installed, or too old to preserve tensors.
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
        interpreter.get_output_details()  # names in a damaged file may be invalid UTF-8
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
            f"The installed version of {TITLES[runtime]} does not preserve tensors.",
            allowed=f"Embeddings need a version whose Interpreter has {option}.",
            remedy="Install a newer one, or choose another runtime.",
        )
    # LiteRT recommends this option for debugging only, because of its memory, which is measured
    # (see `Classifier.embed`).
    warnings.filterwarnings("ignore", message=f".*{option}", category=UserWarning)
    return {option: True}


def _not_opened(path: Path, runtime: Runtime, reason: str) -> ModelError:
    """Return the error with a runtime's reason, without repetitions per tensor, and a remedy."""
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
    """Check that a runtime is installed.

    Raises
    ------
    SettingError
        If it is unknown or not installed.
    """
    if runtime not in available_runtimes():
        installed = ", ".join(available_runtimes())
        raise SettingError(
            f"The runtime {runtime!r} is not available.",
            allowed=f"Installed here: {installed} (tflite exists for Python up to 3.11).",
            remedy="Choose one of these, or install the other.",
        )


def _interpreter_class(runtime: Runtime) -> Callable[..., Interpreter]:
    check_runtime(runtime)
    interpreter_class: Callable[..., Interpreter] = import_module(_MODULES[runtime]).Interpreter
    return interpreter_class
