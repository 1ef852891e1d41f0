"""What a model takes and gives, as its file says.

Conventions
-----------
A model is known by its inputs and outputs, never by its name. Two kinds are understood:

- *one window*: a waveform of fixed length in, one row of scores out, such as
  YAMNet/classification.
- *dynamic*: a waveform of any length in; scores, embeddings and log-mel spectrogram out, a row
  of the first two for each window. This is the original YAMNet (https://tfhub.dev/google/yamnet/1),
  which cuts its windows itself.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.errors import ModelError
from models.runtimes import Interpreter

EMBEDDING_SIZE = 1024
"""Values of one embedding: what YAMNet's last convolution gives, pooled over its window."""

DYNAMIC_WINDOW_SAMPLES = 15_600
"""Window of the dynamic model, which its file does not state: 96 spectra in steps of 10 ms, each
of 25 ms, at 16 kHz (``params.py`` of YAMNet in tensorflow/models: ``patch_window_seconds``,
``stft_hop_seconds``, ``stft_window_seconds``)."""

DYNAMIC_HOP_SAMPLES = 7_680
"""Step from window to window that the dynamic model takes: 0.48 s at 16 kHz (the same file,
``patch_hop_seconds``)."""

_MEL_BANDS = 64  # the same file, ``mel_bands``


@dataclass(frozen=True)
class Contract:
    """What a model takes and gives.

    Parameters
    ----------
    sample_rate : int
        Rate of the waveform it takes, in Hz.
    window_samples : int
        Samples per window.
    n_classes : int
        Scores per window.
    hop_samples : int, optional
        Step between windows that the model itself fixes, in samples; None where any will do.
    """

    sample_rate: int
    window_samples: int
    n_classes: int
    hop_samples: int | None = None

    @property
    def is_dynamic(self) -> bool:
        """Whether the model takes a waveform of any length, and cuts the windows itself."""
        return self.hop_samples is not None


@dataclass(frozen=True)
class DynamicOutputs:
    """Which tensors a dynamic model's scores and embeddings are in.

    Parameters
    ----------
    scores, embeddings : int
        Indices of the tensors, of shapes (n_frames, n_classes) and (n_frames, 1024).
    n_classes : int
        Scores per window.
    """

    scores: int
    embeddings: int
    n_classes: int


def read_contract(path: Path, interpreter: Interpreter, sample_rate: int) -> Contract:
    """Read what a model takes and gives, without running it.

    Parameters
    ----------
    path : Path
        Its file, for messages.
    interpreter : Interpreter
        In which it is open.
    sample_rate : int
        Rate of the waveform that it takes, in Hz; the file does not say.

    Raises
    ------
    ModelError
        If it takes no waveform, or gives something else than is understood here.
    """
    (given, *others), outputs = interpreter.get_input_details(), interpreter.get_output_details()
    is_waveform = not others and given["dtype"] is np.float32
    if is_waveform and [int(length) for length in given["shape_signature"]] == [-1]:
        n_classes = find_dynamic_outputs(path, interpreter).n_classes
        return Contract(sample_rate, DYNAMIC_WINDOW_SAMPLES, n_classes, DYNAMIC_HOP_SAMPLES)
    shape = tuple(int(length) for length in given["shape"])
    if not (is_waveform and len(shape) <= 2 and 1 < max(shape, default=0) == np.prod(shape)):
        raise ModelError(
            f"{path.name} takes {_describe(shape, given['dtype'])}.",
            allowed="Earmark feeds one waveform of float32 samples, such as YAMNet's [15600].",
            remedy="Choose a model whose input is a waveform.",
        )
    if len(outputs) != 1 or outputs[0]["dtype"] is not np.float32:
        raise ModelError(
            f"{path.name} gives {len(outputs)} outputs, the first of {outputs[0]['dtype']}.",
            allowed="Earmark reads one output of float32 scores, one per class.",
            remedy="Choose a classification model.",
        )
    return Contract(sample_rate, max(shape), int(outputs[0]["shape"][-1]))


def find_dynamic_outputs(path: Path, interpreter: Interpreter) -> DynamicOutputs:
    """Tell a dynamic model's three outputs apart by their last dimension.

    Raises
    ------
    ModelError
        If they are not embeddings of 1024, a spectrogram of 64 bands, and one more for scores.
    """
    outputs = interpreter.get_output_details()
    by_width = {
        int(output["shape"][-1]): int(output["index"])
        for output in outputs
        if len(output["shape"]) == 2 and output["dtype"] is np.float32
    }
    embeddings = by_width.pop(EMBEDDING_SIZE, None)
    spectrogram = by_width.pop(_MEL_BANDS, None)
    if len(outputs) != 3 or embeddings is None or spectrogram is None or len(by_width) != 1:
        shapes = ", ".join(str([int(n) for n in output["shape"]]) for output in outputs)
        raise ModelError(
            f"{path.name} takes a waveform of any length and gives {shapes or 'nothing'}.",
            allowed="Of such models Earmark knows those with three outputs of float32: scores"
            f" [M, classes], embeddings [M, {EMBEDDING_SIZE}], log-mel [K, {_MEL_BANDS}].",
            remedy="Choose the original YAMNet, or a model whose input has a fixed length.",
        )
    ((n_classes, scores),) = by_width.items()
    return DynamicOutputs(scores, embeddings, n_classes)


def _describe(shape: tuple[int, ...], dtype: type) -> str:
    kinds = {3: "a spectrogram patch", 4: "an image"}
    name = np.dtype(dtype).name
    return f"{kinds.get(len(shape), 'an input')} of shape {list(shape)} ({name})"
