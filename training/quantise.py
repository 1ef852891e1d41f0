"""Quantisation of a checkpoint: folds batch normalisation, measures activation ranges."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from training.data import Shard
from training.export import Convolution, write_model
from training.network import DEVIATION, LIMIT, MEAN, WIDTHS, Student

_N_EXAMPLES = 1024

Float32 = NDArray[np.float32]


def quantise(work: Path, name: str) -> bytes:
    """Build the model's file from a checkpoint.

    Parameters
    ----------
    work : Path
        Contains ``models/NAME.pt`` and ``windows``.
    name : str
        Name of the checkpoint.
    """
    student = Student()
    state = torch.load(work / "models" / f"{name}.pt", weights_only=False)
    student.load_state_dict(state["average"])
    shard = Shard.open(work / "windows" / "000")
    return write_student(student, np.asarray(shard.mel[:_N_EXAMPLES], np.float32))


def write_student(student: Student, examples: Float32) -> bytes:
    """Convert a student to a TFLite model.

    Parameters
    ----------
    student : Student
        Trained.
    examples : ndarray of float32, shape (n_windows, 64, 64)
        Log-mel patches that determine the activation ranges.
    """
    student.eval()
    convolutions = [
        Convolution(*folded(student, number), WIDTHS[number][2], ceiling)
        for number, ceiling in enumerate(_ceilings(student, examples))
    ]
    head = student.head
    return write_model(convolutions, head.weight.detach().numpy(), head.bias.detach().numpy())


def folded(student: Student, number: int) -> tuple[Float32, Float32]:
    """Fold normalisation into a convolution: kernels (out, height, width, in) and biases (out,).

    Kernels are flipped (see `training.network`), and the first takes spectra that are not scaled.
    """
    norm = student.norms[number]
    factor = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    weights = student.convolutions[number].weight * factor[:, None, None, None]
    if number == 0:
        weights = weights / DEVIATION
    biases = norm.bias - norm.running_mean * factor
    turned = weights.flip((2, 3)).permute(0, 2, 3, 1).contiguous()
    return turned.detach().numpy(), biases.detach().numpy()


def _ceilings(student: Student, examples: Float32) -> list[float]:
    """Return the maximum activation of each convolution; narrower ranges lose more by clipping."""
    ends: list[float] = []
    seen = (torch.from_numpy(examples) - MEAN).flip((1, 2)).unsqueeze(1)
    with torch.no_grad():
        seen = seen / DEVIATION
        for convolution, norm in zip(student.convolutions, student.norms, strict=True):
            seen = torch.nn.functional.hardtanh(norm(convolution(seen)), 0.0, LIMIT)
            ends.append(float(seen.max()))
    return ends
