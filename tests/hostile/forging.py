"""Forged model files, which are valid but which no converter writes."""

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence

RESHAPE = 22  # its value in TFLite's BuiltinOperator

_CONTENT, _TENSORS, _INPUTS, _OUTPUTS, _OPERATORS = 0, 0, 1, 2, 3
_CODES, _GRAPHS, _BUFFERS, _METADATA = 1, 2, 4, 6


class Flatbuffer:
    """A FlatBuffer written from its root, in which several fields may refer to one object."""

    def __init__(self, root_slots: Sequence[int]) -> None:
        self.data = bytearray(struct.pack("<I4s", 0, b"TFL3"))
        self.root, self.fields = self.table(root_slots)
        struct.pack_into("<I", self.data, 0, self.root)

    def table(self, slots: Sequence[int]) -> tuple[int, dict[int, int]]:
        """Append a table of four-byte fields; return its offset, and those of its fields."""
        n_slots = max(slots, default=-1) + 1
        places = {slot: 4 + 4 * number for number, slot in enumerate(slots)}
        vtable = len(self.data)
        self.data += struct.pack("<HH", 4 + 2 * n_slots, 4 + 4 * len(slots))
        self.data += b"".join(struct.pack("<H", places.get(slot, 0)) for slot in range(n_slots))
        self.data += bytes(-len(self.data) % 4)
        at = len(self.data)
        self.data += struct.pack("<i", at - vtable) + bytes(4 * len(slots))
        return at, {slot: at + place for slot, place in places.items()}

    def refer(self, field: int, target: int) -> None:
        """Make a field refer to an object that was appended after it."""
        struct.pack_into("<I", self.data, field, target - field)

    def set(self, field: int, number: int) -> None:
        """Set a field to an integer."""
        struct.pack_into("<i", self.data, field, number)

    def vector(self, field: int, content: bytes, count: int) -> int:
        """Append a vector for a field; return the offset of its first item."""
        self.data += bytes(-len(self.data) % 4)
        self.refer(field, len(self.data))
        self.data += struct.pack("<I", count) + content
        return len(self.data) - len(content)

    def integers(self, field: int, numbers: Sequence[int]) -> None:
        """Append a vector of 32-bit integers for a field."""
        self.vector(field, struct.pack(f"<{len(numbers)}i", *numbers), len(numbers))

    def tables(self, field: int, count: int) -> Sequence[int]:
        """Append a vector of tables for a field; return the offsets of its items."""
        first = self.vector(field, bytes(4 * count), count)
        return range(first, first + 4 * count, 4)


def many_operators_with_one_name(count: int, name: bytes = b"x" * 60_000) -> bytes:
    """Make a model with operator codes that all share one table with a long name."""
    model = Flatbuffer((_CODES, _GRAPHS))
    codes = model.tables(model.fields[_CODES], count)
    (graph,) = model.tables(model.fields[_GRAPHS], 1)
    code, fields = model.table((1,))
    model.vector(fields[1], name, len(name))
    for item in codes:
        model.refer(item, code)
    model.refer(graph, model.table(())[0])
    return bytes(model.data)


def many_outputs_of_one_tensor(count: int, n_scales: int = 60_000) -> bytes:
    """Make a model whose outputs are all one tensor, with many scales and a long name."""
    model = Flatbuffer((_GRAPHS,))
    (item,) = model.tables(model.fields[_GRAPHS], 1)
    graph, fields = model.table((_TENSORS, _OUTPUTS))
    model.refer(item, graph)
    (tensor_item,) = model.tables(fields[_TENSORS], 1)
    model.integers(fields[_OUTPUTS], [0] * count)
    tensor, of_tensor = model.table((3, 4))
    model.refer(tensor_item, tensor)
    model.vector(of_tensor[3], b"x" * 60_000, 60_000)
    quantisation, of_quantisation = model.table((2,))
    model.refer(of_tensor[4], quantisation)
    model.vector(of_quantisation[2], bytes(4 * n_scales), n_scales)
    return bytes(model.data)


def long_chain(count: int) -> bytes:
    """Make a chain of operators, with as many outputs, all of them the last one's."""
    model = Flatbuffer((_CODES, _GRAPHS))
    (code_item,) = model.tables(model.fields[_CODES], 1)
    (graph_item,) = model.tables(model.fields[_GRAPHS], 1)
    code, fields = model.table((3,))
    model.refer(code_item, code)
    model.set(fields[3], RESHAPE)
    graph, fields = model.table((_TENSORS, _INPUTS, _OUTPUTS, _OPERATORS))
    model.refer(graph_item, graph)
    tensors = model.tables(fields[_TENSORS], count + 1)
    model.integers(fields[_INPUTS], [0])
    model.integers(fields[_OUTPUTS], [count] * count)
    operators = model.tables(fields[_OPERATORS], count)
    tensor, _ = model.table(())
    for item in tensors:
        model.refer(item, tensor)
    for number, item in enumerate(operators):
        operator, fields = model.table((1, 2))
        model.refer(item, operator)
        model.integers(fields[1], [number])
        model.integers(fields[2], [number + 1])
    return bytes(model.data)


def metadata_of_many_tensors(count: int, name: bytes = b"x" * 60_000) -> bytes:
    """Make TFLite metadata in which many outputs share one list with a long name."""
    model = Flatbuffer((3,))
    (item,) = model.tables(model.fields[3], 1)
    graph, fields = model.table((3,))
    model.refer(item, graph)
    outputs = model.tables(fields[3], count)
    tensor, of_tensor = model.table((6,))
    for output in outputs:
        model.refer(output, tensor)
    (file_item,) = model.tables(of_tensor[6], 1)
    file, of_file = model.table((0, 2))
    model.refer(file_item, file)
    model.set(of_file[2], 2)
    model.vector(of_file[0], name, len(name))
    return bytes(model.data)


def archive(members: Mapping[str, bytes], *, extra: bytes = b"", comment: bytes = b"") -> bytes:
    """Make a zip archive whose members have the same extra field and comment."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        for name, content in members.items():
            info = zipfile.ZipInfo(name)
            info.extra, info.comment = extra, comment
            packed.writestr(info, content)
    return file.getvalue()


def stating_little_in_its_end(content: bytes) -> bytes:
    """Make an archive whose end record contains the signature of another one without an index.

    zipfile computes the start of the index from the stated length.
    """
    at = content.rindex(b"PK\5\6")
    return content[: at + 4] + b"PK\5\6" + content[at + 8 : at + 16] + bytes(6)


def stating_much_in_zip64(content: bytes) -> bytes:
    """Make an archive whose end record states a short index, and the ZIP64 record the true one."""
    at = content.rindex(b"PK\5\6")
    count, size, offset = struct.unpack_from("<HII", content, at + 10)
    end_64 = struct.pack(
        "<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, offset
    ) + struct.pack("<4sIQI", b"PK\6\7", 0, at, 1)
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, count, count, 100, offset, 0)
    return content[:at] + end_64 + end
