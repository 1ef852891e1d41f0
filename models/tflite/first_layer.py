"""Shape in which a network's first convolution takes an input.

The numbers of operators are those of TFLite's schema.
"""

from models.tflite.flatbuffer import DamagedError, Table
from models.tflite.schema import (
    GraphField,
    ModelField,
    OperatorCodeField,
    OperatorField,
    TensorField,
)

_CONVOLUTIONS = (3, 4)  # CONV_2D, DEPTHWISE_CONV_2D
_PASSING = (6, 22, 43, 53, 70, 114)
"""DEQUANTIZE, RESHAPE, SQUEEZE, CAST, EXPAND_DIMS and QUANTIZE, which change the layout or storage
of values only."""

_MAX_PASSING = 16
"""Most such operators in a row."""


def convolved_shape(model: Table, graph: Table, tensor: int) -> tuple[int, ...]:
    """Return the shape in which the first convolution takes a tensor.

    Parameters
    ----------
    model, graph : Table
        The file's root, and its network.
    tensor : int
        Index of an input.

    Returns
    -------
    tuple of int
        Empty if something else than layout precedes a convolution, or the shape is not stated.

    Raises
    ------
    DamagedError
        If the graph refers to what it does not have.
    """
    codes = [
        max(
            code.number(OperatorCodeField.DEPRECATED_BUILTIN_CODE, "b"),
            code.number(OperatorCodeField.BUILTIN_CODE, "i"),
        )
        for code in model.tables(ModelField.OPERATOR_CODES)
    ]
    takers: dict[int, tuple[int, int]] = {}  # of each tensor: the operator, and its output
    for operator in graph.tables(GraphField.OPERATORS):
        inputs = operator.integers(OperatorField.INPUTS)
        outputs = operator.integers(OperatorField.OUTPUTS)
        place = operator.number(OperatorField.CODE_INDEX, "I")
        if place >= len(codes):
            raise DamagedError(f"number {place} of {len(codes)} is asked for")
        if inputs and outputs:
            takers.setdefault(inputs[0], (codes[place], outputs[0]))
    for _ in range(_MAX_PASSING):  # a damaged file may contain a cycle
        code, output = takers.get(tensor, (-1, -1))
        if code in _CONVOLUTIONS:
            return _shape_of(graph, tensor)
        if code not in _PASSING:
            break
        tensor = output
    return ()


def _shape_of(graph: Table, tensor: int) -> tuple[int, ...]:
    for number, each in enumerate(graph.tables(GraphField.TENSORS)):
        if number == tensor:
            return each.integers(TensorField.SHAPE)
    return ()
