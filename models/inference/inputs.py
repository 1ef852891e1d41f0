"""Input of a model, and the reasons for rejecting unsupported inputs.

Conventions
-----------
A waveform is an input with one long dimension: ``[N]``, ``[1, N]`` or ``[1, N, 1]``. A stereo input
is ``[N, 2]``, ``[1, N, 2]``, or ``[1, 2 N]`` if the metadata states two channels: interleaved
samples of both channels, which get the same mono samples.
"""

from dataclasses import dataclass
from math import prod
from pathlib import Path

from models.errors import ModelError
from models.inference.tensor_values import Values
from models.tflite import Network, Properties, TensorInfo

MIN_WINDOW_SAMPLES = 400
"""Shortest window: one spectrum of YAMNet's, 25 ms at 16 kHz. A shorter input takes features of a
sound, not samples."""

DTYPES = ("float32", "int16", "int8", "uint8")
"""Supported data types of samples and scores."""

_ALLOWED = (
    "Earmark feeds waveforms: an input of shape [N], [1, N] or [1, N, 1], of float32, int16, int8"
    " or uint8."
)


@dataclass(frozen=True)
class Input:
    """Input of one inference.

    Parameters
    ----------
    shape : tuple of int
        Shape of the tensor; -1 for a dimension of any length.
    window_samples : int
        Samples per channel; 0 for any number.
    channels : int
        Number of channels, 1 or 2.
    values : Values
        Data type and quantization.
    """

    shape: tuple[int, ...]
    window_samples: int
    channels: int
    values: Values


def read_input(path: Path, network: Network, properties: Properties) -> Input:
    """Read the format of a model's input.

    Raises
    ------
    ModelError
        If it is not a waveform; the message says what it is and what is supported.
    """
    if len(network.inputs) != 1:
        names = ", ".join(one.name for one in network.inputs[:5]) or "none"
        raise ModelError(
            f"{path.name} takes {len(network.inputs)} inputs ({names}).",
            allowed="Earmark feeds one input, a waveform.",
            remedy="Choose a model with one input.",
        )
    (given,) = network.inputs
    lengths = [length for length in given.shape if length != 1]
    values = _values_of(path, given)
    if given.signature == (-1,) and values.dtype == "float32":
        return Input(given.signature, 0, 1, values)
    if -1 in given.signature and prod(given.shape) == 1:
        raise _refused(
            path,
            given,
            "a waveform whose length is left open",
            "Convert it with a fixed length, such as [1, 15600]; of others only the original"
            " YAMNet is known.",
        )
    if len(lengths) == 2 and lengths[1] == given.shape[-1] == 2 and len(given.shape) <= 3:
        channels = 2
    elif len(lengths) == 1:
        channels = properties.channels or 1
    else:
        raise _no_waveform(path, given)
    window_samples, rest = divmod(prod(lengths), channels)
    if channels > 2 or rest:
        raise _refused(path, given, f"{channels} channels", "Choose a model of one channel.")
    if window_samples < MIN_WINDOW_SAMPLES:
        raise _refused(
            path,
            given,
            f"{window_samples} values, fewer than a window of sound has",
            "It may take features or embeddings: choose a model that makes these itself.",
        )
    return Input(given.shape, window_samples, channels, values)


def _values_of(path: Path, given: TensorInfo) -> Values:
    if given.dtype not in DTYPES:
        raise _refused(
            path,
            given,
            f"values of type {given.dtype}",
            "Convert it with inputs of float32; whole numbers of 32 bits and texts stand for"
            " words, not for sound.",
        )
    return Values.of_samples(given.dtype, given.scale, given.zero_point)


def _no_waveform(path: Path, given: TensorInfo) -> ModelError:
    shape = given.shape
    is_square = len(shape) == 4 and shape[1] == shape[2]
    if is_square or (len(shape) == 4 and shape[3] == 3):
        return _refused(
            path,
            given,
            "an image, or a spectrogram drawn as one",
            "Choose a sound classifier whose input is the waveform itself, such as"
            " YAMNet/classification.",
        )
    if sum(length > 1 for length in shape) == 2:
        return _refused(
            path,
            given,
            "a spectrogram, such as a patch of log-mel bands",
            "How its spectrogram is to be made, the file does not say. Choose the variant that"
            " takes the waveform and makes its spectrogram itself: of YAMNet that is"
            " YAMNet/classification.",
        )
    return _refused(path, given, "something else", "Choose a model whose input is a waveform.")


def _refused(path: Path, given: TensorInfo, what: str, remedy: str) -> ModelError:
    shape = list(given.signature)
    return ModelError(
        f"{path.name} takes {what}: its input {given.name!r} is of shape {shape} ({given.dtype}).",
        allowed=_ALLOWED,
        remedy=remedy,
    )
