"""TFLite file of the model: quantised weights with their front end.

Conventions
-----------
The front end computes in float32 (its Fourier matrix is stored in float16), all later layers in
int8: weights with one scale per output channel, activations with one scale per tensor.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.events import taxonomy
from models.teaching.tflite_metadata import LABEL_FILE, write_metadata
from training import frontend
from training.tflite import Scale, Writer

TITLE = "Earmark built-in model"
DESCRIPTION = (
    "Scores AudioSet's 521 classes in a window of 0.975 s, in YAMNet's order. Trained by the"
    " Earmark project on free recordings, with YAMNet as its teacher."
)

SHIFT = 3.0
"""Added to log-mel spectra, so that the zero padding of a patch corresponds to noise."""

_LOGITS = (-7.0, 7.0)  # range of the logits; beyond, scores differ by less than 1e-3
_SCORES = Scale(1 / 256, -128)
_INPUT_RANGE = (-4.0, 9.5)  # of shifted log-mel spectra: digital silence to full scale

Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class Convolution:
    """A convolution with ReLU and TFLite's padding SAME.

    Parameters
    ----------
    kernels : ndarray of float32, shape (n_out, height, width, n_in)
        Its weights.
    biases : ndarray of float32, shape (n_out,)
        Its biases.
    stride : int
        In both directions.
    ceiling : float
        Upper end of the quantisation range of its output.
    """

    kernels: Float32
    biases: Float32
    stride: int
    ceiling: float


def write_model(
    convolutions: Sequence[Convolution], head_weights: Float32, head_biases: Float32
) -> bytes:
    """Build the model's file.

    Parameters
    ----------
    convolutions : sequence of Convolution
        Applied to log-mel patches that are shifted by `SHIFT`.
    head_weights, head_biases : ndarray of float32, shape (521, 2 * n_out) and (521,)
        Map the mean and the maximum of the last convolution to logits.

    Returns
    -------
    bytes
        A model that maps a waveform, float32 [15600], to scores, float32 [1, 521].
    """
    writer = Writer()
    seen = _front_end(writer)
    scale, size = _scale_of_range(*_INPUT_RANGE), frontend.N_BANDS
    seen = writer.add("QUANTIZE", [seen], [1, size, size, 1], scale, options="QuantizeOptions")
    for one in convolutions:
        size //= one.stride
        previous, scale = scale, _scale_of_range(0.0, one.ceiling)
        inputs = [seen, *_weights(writer, one, previous)]
        seen = writer.add(
            "CONV_2D",
            inputs,
            [1, size, size, len(one.biases)],
            scale,
            options="Conv2DOptions",
            padding=0,
            strideH=one.stride,
            strideW=one.stride,
            dilationHFactor=1,
            dilationWFactor=1,
            fusedActivationFunction=1,
        )
    embedding = _pooled(writer, seen, size, len(convolutions[-1].biases), scale)
    scores = _scored(writer, head_weights, head_biases, embedding, scale)
    metadata = write_metadata(
        title=TITLE,
        about=DESCRIPTION,
        scores_about="Independent scores in 0 to 1.",
        sample_rate=frontend.SAMPLE_RATE,
    )
    return writer.finish(scores, DESCRIPTION, metadata, LABEL_FILE, taxonomy.labels())


def _front_end(writer: Writer) -> int:
    """Add the shifted log-mel spectra: a convolution over blocks of 80 samples, and mel bands.

    A frame has 5 blocks, the hop 3 blocks.
    """
    block, n_frequencies = 80, len(frontend.FREQUENCIES_HZ)
    n_blocks = frontend.WINDOW_SAMPLES // block
    waveform = writer.input([frontend.WINDOW_SAMPLES], "waveform")
    shape = [1, 1, n_blocks, block]
    blocks = writer.add(
        "RESHAPE", [waveform, writer.shape(*shape)], shape, options="ReshapeOptions"
    )
    matrix = frontend.fourier_matrix()
    matrix = matrix.reshape(2 * n_frequencies, 1, frontend.FRAME_SAMPLES // block, block)
    parts = writer.add("DEQUANTIZE", [writer.constant(matrix)], matrix.shape)
    zeros = writer.constant(np.zeros(2 * n_frequencies, np.float32))
    spectra = writer.add(
        "CONV_2D",
        [blocks, parts, zeros],
        [1, 1, 64, 2 * n_frequencies],
        options="Conv2DOptions",
        padding=1,
        strideH=1,
        strideW=frontend.STEP_SAMPLES // block,
        dilationHFactor=1,
        dilationWFactor=1,
    )
    half = [1, 1, 64, n_frequencies]
    squares = []
    for first in (0, n_frequencies):
        place = [spectra, writer.shape(0, 0, 0, first), writer.shape(*half)]
        part = writer.add("SLICE", place, half, options="SliceOptions")
        squares.append(writer.add("MUL", [part, part], half, options="MulOptions"))
    power = writer.add("ADD", squares, half, options="AddOptions")
    magnitudes = writer.add("SQRT", [power], half)
    flat = [64, n_frequencies]
    magnitudes = writer.add(
        "RESHAPE", [magnitudes, writer.shape(*flat)], flat, options="ReshapeOptions"
    )
    # log(m + offset) + shift = log((m + offset) * exp(shift)): the factor is part of the matrix.
    factor = np.float32(np.exp(SHIFT))
    bands = [
        writer.constant(frontend.mel_matrix() * factor),
        writer.constant(np.full(64, frontend.LOG_OFFSET * factor, np.float32)),
    ]
    mel = writer.add(
        "FULLY_CONNECTED", [magnitudes, *bands], [64, 64], options="FullyConnectedOptions"
    )
    logarithms = writer.add("LOG", [mel], [64, 64])
    patch = [1, 64, 64, 1]
    return writer.add(
        "RESHAPE",
        [logarithms, writer.shape(*patch)],
        patch,
        options="ReshapeOptions",
        name="log_mel",
    )


def _pooled(writer: Writer, seen: int, size: int, width: int, scale: Scale) -> int:
    one = [1, 1, 1, width]
    mean = writer.add(
        "MEAN", [seen, writer.shape(1, 2)], one, scale, options="ReducerOptions", keepDims=True
    )
    highest = writer.add(
        "MAX_POOL_2D",
        [seen],
        one,
        scale,
        options="Pool2DOptions",
        padding=1,
        strideH=size,
        strideW=size,
        filterHeight=size,
        filterWidth=size,
    )
    return writer.add(
        "CONCATENATION",
        [mean, highest],
        [1, 1, 1, 2 * width],
        scale,
        options="ConcatenationOptions",
        axis=3,
        name="embedding",
    )


def _scored(writer: Writer, weights: Float32, biases: Float32, embedding: int, scale: Scale) -> int:
    step = float(np.abs(weights).max()) / 127
    stored = np.round(weights / step).astype(np.int8)
    bias_scale = Scale(float(scale.scale) * step)
    inputs = [
        embedding,
        writer.constant(stored, Scale(step)),
        writer.constant(np.round(biases / bias_scale.scale).astype(np.int32), bias_scale),
    ]
    shape = [1, len(biases)]
    logits = writer.add(
        "FULLY_CONNECTED",
        inputs,
        shape,
        _scale_of_range(*_LOGITS),
        options="FullyConnectedOptions",
    )
    scores = writer.add("LOGISTIC", [logits], shape, _SCORES)
    return writer.add("DEQUANTIZE", [scores], shape, name="scores")


def _weights(writer: Writer, one: Convolution, given: Scale) -> tuple[int, int]:
    """Add kernels with one scale per output channel, and biases with matching scales."""
    steps = np.maximum(np.abs(one.kernels).max(axis=(1, 2, 3)), 1e-8) / 127
    stored = np.round(one.kernels / steps[:, None, None, None]).astype(np.int8)
    bias_steps = steps * float(given.scale)
    biases = np.round(one.biases / bias_steps).astype(np.int32)
    return writer.constant(stored, Scale(steps)), writer.constant(biases, Scale(bias_steps))


def _scale_of_range(low: float, high: float) -> Scale:
    """Map the 256 values of int8 to a range that includes 0 exactly."""
    step = (high - low) / 255
    return Scale(step, round(-128 - low / step))
