"""A model with the contract of the original YAMNet, put together by hand.

Its input is a waveform of any length. It computes a spectrum of 64 mel bands every 10 ms, and
embeddings and scores of every 96 spectra, 48 apart. Its weights are random, but for the class
"Silence". It recognises nothing else, and serves the tests of what Earmark does around the model.
"""

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from models.events import taxonomy
from models.inference.contract import (
    DYNAMIC_WINDOW_SAMPLES,
    EMBEDDING_SIZE,
    MEL_BANDS,
    SPECTRA_PER_HOP,
    SPECTRA_PER_WINDOW,
)
from models.inference.spectra import LOG_OFFSET
from tests.models.inference.building import Graph, Model

FRAME_SAMPLES, STEP_SAMPLES = 400, 160
"""Samples of one spectrum and from one to the next: 25 ms and 10 ms at 16 kHz."""

LOWEST_HZ, HIGHEST_HZ = 125, 7_500
"""Edges of the mel bands, as YAMNet's (`params.py`: ``mel_min_hz``, ``mel_max_hz``)."""

Floats = NDArray[np.float32]


def dynamic_model(rate_place: int | None = None) -> bytes:
    """Write the model's file.

    With `rate_place`, the model takes the sample rate as an input of that place, and multiplies the
    waveform by its ratio to 16 kHz, which is 1.
    """
    model = Model()
    graph = model.graph()
    waveform = graph.tensor([DYNAMIC_WINDOW_SAMPLES], signature=[-1], name="waveform")
    inputs, heard = [waveform], waveform
    if rate_place is not None:
        rate = graph.tensor([1], name="sample_rate")
        inputs.insert(rate_place, rate)
        heard = _scaled_by_rate(graph, waveform, rate)
    spectra = _spectra(graph, heard)
    pooled = graph.tensor([1, 1, 1, MEL_BANDS])
    patch = {"filterHeight": SPECTRA_PER_WINDOW, "strideH": SPECTRA_PER_HOP}
    options = {**patch, "filterWidth": 1, "strideW": 1, "padding": schema.Padding.VALID}
    graph.operator("AVERAGE_POOL_2D", [spectra], [pooled], kind="Pool2D", **options)
    weights, biases = _embedding_weights()
    embeddings = _convolved(graph, pooled, weights, 1, biases, relu=True)
    logits = _convolved(graph, embeddings, *_score_weights())
    scores = graph.tensor([1, 1, 1, 521])
    graph.operator("LOGISTIC", [logits], [scores])
    flat = [_rows(graph, one) for one in (scores, embeddings, spectra)]
    graph.ends(inputs, flat)
    return model.file()


def _scaled_by_rate(graph: Graph, waveform: int, rate: int) -> int:
    usual = graph.tensor([1], data=np.array([1 / 16_000], np.float32))
    ratio, scaled = graph.tensor([1]), graph.tensor([DYNAMIC_WINDOW_SAMPLES])
    graph.operator("MUL", [rate, usual], [ratio])
    graph.operator("MUL", [waveform, ratio], [scaled])
    return scaled


def _spectra(graph: Graph, waveform: int) -> int:
    """Logarithms of the mel bands' magnitudes, [1, K, 1, 64]."""
    column = _reshaped(graph, waveform, [1, -1, 1, 1], DYNAMIC_WINDOW_SAMPLES)
    parts = _convolved(graph, column, _filters(), STEP_SAMPLES)
    shape = [1, SPECTRA_PER_WINDOW, 1, 2 * MEL_BANDS]
    squares = graph.tensor(shape)
    graph.operator("MUL", [parts, parts], [squares])
    pairs = np.tile(np.eye(MEL_BANDS, dtype=np.float32), 2)
    made = _convolved(graph, squares, pairs[:, None, None])
    for name, operand in (("SQRT", None), ("ADD", LOG_OFFSET), ("LOG", None)):
        before, made = made, graph.tensor([1, SPECTRA_PER_WINDOW, 1, MEL_BANDS])
        given = [before]
        if operand is not None:
            given.append(graph.tensor([1], data=np.array([operand], np.float32)))
        graph.operator(name, given, [made])
    return made


def _filters() -> Floats:
    """Cosines and sines at the centre of each mel band under a Hann window, [128, 400, 1, 1]."""
    mels = np.linspace(*(1127 * np.log1p(np.array([LOWEST_HZ, HIGHEST_HZ]) / 700)), MEL_BANDS + 2)
    centres_hz = 700 * np.expm1(mels[1:-1, None] / 1127)
    phases = 2 * np.pi * centres_hz * np.arange(FRAME_SAMPLES) / 16_000
    window = np.hanning(FRAME_SAMPLES)
    filters = np.concatenate([np.cos(phases), np.sin(phases)]) * window
    return filters.astype(np.float32)[:, :, None, None]


def _embedding_weights() -> tuple[Floats, Floats]:
    """Random projections of the mean spectrum; the first value is positive in silence alone."""
    generator = np.random.default_rng(0)
    weights = generator.normal(size=(EMBEDDING_SIZE, 1, 1, MEL_BANDS)) / np.sqrt(MEL_BANDS)
    biases = np.zeros(EMBEDDING_SIZE)
    weights[0], biases[0] = -1 / MEL_BANDS, np.log(LOG_OFFSET) + 0.5
    return weights.astype(np.float32), biases.astype(np.float32)


def _score_weights() -> tuple[Floats, int, Floats]:
    generator = np.random.default_rng(1)
    labels = taxonomy.labels()
    weights = generator.normal(size=(len(labels), 1, 1, EMBEDDING_SIZE)) / EMBEDDING_SIZE
    biases = np.full(len(labels), -1.0)
    silence = labels.index("Silence")
    weights[silence] = 0
    weights[silence, ..., 0], biases[silence] = 20, -5
    return weights.astype(np.float32), 1, biases.astype(np.float32)


def _convolved(
    graph: Graph,
    given: int,
    weights: Floats,
    stride: int = 1,
    biases: Floats | None = None,
    *,
    relu: bool = False,
) -> int:
    """Add a convolution along time; `weights` are of shape [out, time, 1, in]."""
    n_out = len(weights)
    bias = np.zeros(n_out, np.float32) if biases is None else biases
    length = graph.parts.tensors[given].shape[1]
    made = graph.tensor([1, (length - weights.shape[1]) // stride + 1, 1, n_out])
    graph.operator(
        "CONV_2D",
        [given, graph.tensor(weights.shape, data=weights), graph.tensor([n_out], data=bias)],
        [made],
        kind="Conv2D",
        padding=schema.Padding.VALID,
        strideH=stride,
        strideW=1,
        dilationHFactor=1,
        dilationWFactor=1,
        fusedActivationFunction=schema.ActivationFunctionType.RELU if relu else 0,
    )
    return made


def _rows(graph: Graph, given: int) -> int:
    shape = graph.parts.tensors[given].shape
    return _reshaped(graph, given, [-1, shape[-1]], shape[1])


def _reshaped(graph: Graph, given: int, wanted: list[int], length: int) -> int:
    """Add a change of shape; `length` is what -1 stands for in the smallest model."""
    made = graph.tensor([length if one == -1 else one for one in wanted])
    shape = graph.tensor([len(wanted)], "int32", data=np.array(wanted, np.int32))
    graph.operator("RESHAPE", [given, shape], [made], newShape=wanted)
    return made
