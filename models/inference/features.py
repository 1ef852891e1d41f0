"""Inputs that look like a waveform, one long row, and are flattened features.

Conventions
-----------
No single property states that a row of numbers is a spectrogram. Any of these is taken as a proof:
the first convolution takes it as a picture; its quantized range has no negative half, which a
waveform needs, or no positive one; an output is as long as it is (an autoencoder); its name says
so. Metadata that states a sample rate outweighs the name.
"""

import re
from collections.abc import Sequence
from math import prod

import numpy as np

from models.inference.tensor_values import Values
from models.tflite import Network, Properties, TensorInfo

SHORTEST_FRAMED = 8_000
"""Length from which a row that a convolution takes in columns may be a waveform in frames, in
values: half a second at 16 kHz. Rows of features have some hundreds or thousands."""

SMALLEST_SIDE = 0.25
"""Smallest part of the one half of a quantized waveform's range in the other."""

_FEATURES = re.compile(
    r"spectro(?:gram|grams)?|mfccs?|mfe|features?|fbanks?|filter ?banks?|cepstr(?:um|al|a)"
    r"|mels?|log ?mels?|melspec\w*|stft|embeddings?"
)
_CUT = re.compile(r"reshape(?:_\d+)?(?::\d+)?")
"""Name of a tensor behind an operator: the network was cut behind what makes its features."""

_WORDS = re.compile(r"[a-z]+")
_WAVEFORM = re.compile(r"waveform|raw audio|pcm|audio samples")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def reason_for_features(network: Network, properties: Properties, given: TensorInfo) -> str:
    """Say why an input is features and no waveform.

    Parameters
    ----------
    network : Network
        The graph of the file.
    properties : Properties
        Its metadata.
    given : TensorInfo
        An input that is one row, and not dynamic.

    Returns
    -------
    str
        End of a sentence; empty for a waveform.
    """
    n_values = prod(given.shape)
    return (
        _told_by_layout(network.convolved_shapes, network, given)
        or _told_by_range(given)
        or _told_by_outputs(network.outputs, n_values)
        or ("" if properties.sample_rate else _told_by_name(given, properties))
    )


def _told_by_layout(shapes: Sequence[Sequence[int]], network: Network, given: TensorInfo) -> str:
    shape = next(
        (shape for each, shape in zip(network.inputs, shapes, strict=False) if each is given), ()
    )
    if len(shape) != 4 or prod(shape) != prod(given.shape) or shape[-1] == 2:
        return ""
    height, width, depth = shape[1:]
    is_picture = depth == 1 and min(height, width) > 1
    is_columns = depth > 1 and max(height, width) > 1 and prod(shape) < SHORTEST_FRAMED
    if not (is_picture or is_columns):
        return ""
    sides = " by ".join(str(side) for side in (height, width, depth) if side > 1)
    return f"its first convolution takes them as a picture of {sides}"


def _told_by_range(given: TensorInfo) -> str:
    if given.dtype == "float32" or given.scale <= 0:
        return ""
    values = Values.of_samples(given.dtype, given.scale, given.zero_point)
    limits = np.iinfo(values.dtype)
    low, high = ((end - values.zero_point) * values.scale for end in (limits.min, limits.max))
    if -low >= SMALLEST_SIDE * high and high >= SMALLEST_SIDE * -low:
        return ""
    return f"they reach from {low:g} to {high:g}, and a waveform swings about 0"


def _told_by_outputs(outputs: Sequence[TensorInfo], n_values: int) -> str:
    if any(prod(output.shape) == n_values for output in outputs):
        return f"it gives as many values as it takes, {n_values:,}, as an autoencoder does"
    return ""


def _told_by_name(given: TensorInfo, properties: Properties) -> str:
    if _CUT.fullmatch(given.name.casefold().rsplit("/", 1)[-1]):
        return f"the name {given.name[:40]!r} is that of a tensor behind other operators"
    for text in (given.name, properties.input_name, properties.input_description):
        words = " ".join(_WORDS.findall(_CAMEL.sub(" ", text).casefold()))
        found = re.search(rf"\b(?:{_FEATURES.pattern})\b", words)
        if found and not _WAVEFORM.search(words):
            return f"its input is called {found[0]!r}"
    return ""
