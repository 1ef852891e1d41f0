"""Split of a network at its spectrogram, into front end and back end.

Conventions
-----------
Many sound classifiers begin with a front end, which converts a window of samples to a patch: the
spectra of the window, one tensor of shape [1, n_spectra, n_bands, 1]. If all later operators (the
back end) depend on that tensor alone, the graph can be split there.

The file is not rewritten. A graph lists its operators in order of execution, so the front end is
the same file with a shorter list and another output, and the back end the same file with a list
that begins later and another input. That changes a few numbers of 4 bytes; all tables, tensors and
weights remain in place.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from models.tflite.flatbuffer import DamagedError, Table
from models.tflite.schema import GraphField, ModelField, OperatorField, TensorField


@dataclass(frozen=True, eq=False)
class Cut:
    """A model file in two parts.

    Parameters
    ----------
    front_end : bytes
        Model from samples to a patch.
    back_end : bytes
        Model from a patch to the outputs.
    n_spectra, n_bands : int
        Size of a patch, whose shape is (1, n_spectra, n_bands, 1).
    """

    front_end: bytes
    back_end: bytes
    n_spectra: int
    n_bands: int


def cut(content: bytes) -> Cut | None:
    """Split a model at its spectrogram.

    Parameters
    ----------
    content : bytes
        A TFLite file.

    Returns
    -------
    Cut or None
        None if the file has several graphs, no place for a split, or is damaged.
    """
    try:
        graphs = list(Table.root(content).tables(ModelField.GRAPHS))
        return _cut_graph(graphs[0]) if len(graphs) == 1 else None
    except DamagedError:
        return None


def _cut_graph(graph: Table) -> Cut | None:
    if not graph.integers(GraphField.INPUTS) or not graph.integers(GraphField.OUTPUTS):
        return None
    shapes = [tensor.integers(TensorField.SHAPE) for tensor in graph.tables(GraphField.TENSORS)]
    for n_before, given in _waists(graph):
        shape = shapes[given] if 0 <= given < len(shapes) else ()
        if _is_patch(shape):
            front_end, back_end = _beginning(graph, n_before, given), _rest(graph, n_before, given)
            return Cut(front_end, back_end, *shape[1:3])
    return None


def _is_patch(shape: tuple[int, ...]) -> bool:
    return len(shape) == 4 and shape[0] == shape[3] == 1 and min(shape[1:3]) > 1


def _waists(graph: Table) -> Iterator[tuple[int, int]]:
    """Find the tensors that alone determine all later ones, each with the operator count up to it.

    A tensor that is neither an operator's output nor an input is a constant. One pass over the
    operators bounds the time for long lists.
    """
    operators = [
        (operator.integers(OperatorField.INPUTS), operator.integers(OperatorField.OUTPUTS))
        for operator in graph.tables(GraphField.OPERATORS)
    ]
    last_use = {index: place for place, (taken, _) in enumerate(operators) for index in taken}
    last_use.update(dict.fromkeys(graph.integers(GraphField.OUTPUTS), len(operators)))
    before = set(graph.integers(GraphField.INPUTS))
    needed_until = max((last_use.get(index, -1) for index in before), default=-1)
    for place, (_, made) in enumerate(operators[:-1]):
        is_alone = len(made) == 1 and made[0] not in before
        if is_alone and needed_until <= place < last_use.get(made[0], -1):
            yield place + 1, made[0]
        before.update(made)
        needed_until = max((needed_until, *(last_use.get(index, -1) for index in made)))


def _beginning(graph: Table, n_operators: int, output: int) -> bytes:
    content = bytearray(graph.content)
    at, _ = graph.vector(GraphField.OPERATORS)
    struct.pack_into("<I", content, at - 4, n_operators)
    _leave_one(content, graph, GraphField.OUTPUTS, output)
    return bytes(content)


def _rest(graph: Table, n_before: int, given: int) -> bytes:
    content = bytearray(graph.content)
    at, count = graph.vector(GraphField.OPERATORS)
    # The list begins later: its length replaces the last removed entry. Entries are relative to
    # their own position, so the remaining ones stay valid.
    struct.pack_into("<I", content, at - 4 + 4 * n_before, count - n_before)
    field = graph.field(GraphField.OPERATORS) or 0
    struct.pack_into("<I", content, field, at - 4 + 4 * n_before - field)
    _leave_one(content, graph, GraphField.INPUTS, given)
    return bytes(content)


def _leave_one(content: bytearray, graph: Table, field: GraphField, tensor: int) -> None:
    at, _ = graph.vector(field)
    struct.pack_into("<Ii", content, at - 4, 1, tensor)
