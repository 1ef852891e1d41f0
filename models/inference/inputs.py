"""Input of a model, and the reasons for rejecting unsupported inputs.

Conventions
-----------
A waveform is an input with one long dimension: ``[N]``, ``[1, N]`` or ``[1, N, 1]``. A stereo input
is ``[N, 2]``, ``[1, N, 2]``, or ``[1, 2 N]`` if the metadata states two channels: interleaved
samples of both channels, which get the same mono samples.
"""

import re
from dataclasses import dataclass
from math import prod
from pathlib import Path

from models.errors import ModelError
from models.inference.features import reason_for_features
from models.inference.tensor_values import Values
from models.tflite import Network, Properties, TensorInfo
from models.tflite.runtimes import Interpreter

MIN_WINDOW_SAMPLES = 400
"""Shortest window: one spectrum of YAMNet's, 25 ms at 16 kHz. A shorter input takes features of a
sound, not samples."""

DTYPES = ("float32", "int16", "int8", "uint8")
"""Supported data types of samples and scores."""

_RATE = re.compile(r"(?:^|[^a-z])(?:sample|sampling)?_?rate(?:$|[^a-z])|samplerate")

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
    place, rate_place : int, int or None
        Its place among the inputs, and that of the sample rate, if the model takes it.
    """

    shape: tuple[int, ...]
    window_samples: int
    channels: int
    values: Values
    place: int = 0
    rate_place: int | None = None


def read_input(path: Path, network: Network, properties: Properties) -> Input:
    """Read the format of a model's input.

    Raises
    ------
    ModelError
        If it is not a waveform; the message says what it is and what is supported.
    """
    place, rate_place = _places_of(path, network)
    given = network.inputs[place]
    lengths = [length for length in given.shape if length != 1]
    values = _values_of(path, given)
    if given.signature == (-1,) and values.dtype == "float32":
        return Input(given.signature, 0, 1, values, place, rate_place)
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
    told = reason_for_features(network, properties, given)
    if told:
        raise _refused(
            path,
            given,
            f"features of a sound, not its waveform: {told}",
            "How its features are made, the file does not say. Choose the variant that takes the"
            " waveform and makes them itself.",
        )
    return Input(given.shape, window_samples, channels, values, place, rate_place)


def _places_of(path: Path, network: Network) -> tuple[int, int | None]:
    """Return the places of the waveform and of its sample rate among the inputs."""
    inputs = network.inputs
    if len(inputs) == 1:
        return 0, None
    if len(inputs) == 2:
        for place, rate_place in ((0, 1), (1, 0)):
            if _is_sample_rate(inputs[rate_place], inputs[place]):
                return place, rate_place
    names = ", ".join(one.name for one in inputs[:5]) or "none"
    raise ModelError(
        f"{path.name} takes {len(inputs)} inputs ({names}).",
        allowed="Earmark feeds one input, a waveform, and beside it, if at all, its sample rate.",
        remedy="Choose a model of one input: what else it takes, Earmark does not have.",
    )


def _is_sample_rate(given: TensorInfo, waveform: TensorInfo) -> bool:
    """Whether an input is the sample rate of another one.

    TensorFlow's ``decode_wav`` gives samples and rate, as ``NAME`` and ``NAME:1``, and the model of
    its speech commands takes both.
    """
    is_one_number = prod(given.shape) == 1 and given.signature == given.shape
    is_waveform = -1 in waveform.signature or prod(waveform.shape) > 1
    if given.dtype not in ("int32", "float32") or not is_one_number or not is_waveform:
        return False
    base = waveform.name.removesuffix(":0")
    return given.name == f"{base}:1" or _RATE.search(given.name.casefold()) is not None


def fill_sample_rate(interpreter: Interpreter, rate_place: int | None, sample_rate: int) -> None:
    """Write the sample rate into the input that takes it, where it stays until a resize."""
    if rate_place is not None:
        index = interpreter.get_input_details()[rate_place]["index"]
        interpreter.tensor(index)()[...] = sample_rate


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
