"""Layers of Sonic Visualiser (.svl).

Conventions
-----------
A layer is XML: a model with a sample rate, and points with a frame, a label and, in regions, notes
and boxes, a duration in frames; points without one are instants. Its DOCTYPE has no content. A
file whose DOCTYPE has declarations is refused, and no tree is built, so that nothing expands,
neither entities nor default attributes: defusedxml would add a package, and bounds the former only.
"""

from xml.parsers import expat

from models.errors import TruthError
from models.events.truth.event import (
    ALLOWED,
    MAX_ROWS,
    TrueEvent,
    check_number,
    checked_event,
    list_named,
    told_without_label,
    too_long,
)
from models.events.truth.times import read_time

MAX_ELEMENT_CHARACTERS = 1 << 18
"""Longest element with its attributes, and longest text between two."""


class _Layers:
    """Collects the points of all layers of a file."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.root = ""
        self.rates: dict[str, float] = {}  # of each dataset, in Hz
        self.points: list[tuple[str, dict[str, str]]] = []
        self._dataset = ""

    def begin(self, tag: str, attributes: dict[str, str]) -> None:
        self.root = self.root or tag
        if tag == "model" and "dataset" in attributes:
            rate = read_time(attributes.get("sampleRate", "")) or 0
            self.rates[attributes["dataset"]] = rate
        elif tag == "dataset":
            self._dataset = attributes.get("id", "")
        elif tag == "point":
            kept = ("frame", "duration", "label")
            self.points.append((self._dataset, {k: attributes.get(k, "") for k in kept}))
            if len(self.points) > MAX_ROWS:
                raise too_long(f"{list_named(self.name)} has more than {MAX_ROWS:,} points.")

    def begin_doctype(
        self, _name: str, _system_id: str | None, _public_id: str | None, has_declarations: int
    ) -> None:
        if has_declarations:
            raise TruthError(
                f"{list_named(self.name)} has declarations in its DOCTYPE.",
                allowed="A layer of Sonic Visualiser has none, such as of entities.",
                remedy="Export the layer again from Sonic Visualiser.",
            )


def read_layers(text: str, name: str) -> tuple[list[TrueEvent], tuple[str, ...]]:
    """Read the events of all layers of a file, and what was passed over.

    Raises
    ------
    TruthError
        If the file is no layer of Sonic Visualiser, is damaged or too long.
    """
    layers = _Layers(name)
    _check_elements(text, name)
    parser = expat.ParserCreate(encoding="utf-8")
    parser.StartElementHandler = layers.begin
    parser.StartDoctypeDeclHandler = layers.begin_doctype
    try:
        parser.Parse(text.encode(), True)  # positional only
    except expat.ExpatError as error:
        raise TruthError(
            f"{list_named(name)} is damaged XML: {error}.", allowed=ALLOWED, remedy=_REMEDY
        ) from None
    if layers.root != "sv":
        raise TruthError(
            f"{list_named(name)} is XML of another kind: its root is {layers.root[:40]!r}.",
            allowed=ALLOWED,
            remedy=_REMEDY,
        )
    return _events(layers)


def _check_elements(text: str, name: str) -> None:
    """Bound elements: the time of one grows faster than its number of attributes."""
    if max(map(len, text.split(">"))) > MAX_ELEMENT_CHARACTERS:
        raise TruthError(
            f"An element of {list_named(name, start=False)} has more than "
            f"{MAX_ELEMENT_CHARACTERS:,} characters.",
            allowed="A point of a layer has some hundred of them.",
            remedy=_REMEDY,
        )


_REMEDY = (
    "Export a layer by File, Export Annotation Layer; from ELAN export tab-delimited text instead."
)


def _events(layers: _Layers) -> tuple[list[TrueEvent], tuple[str, ...]]:
    events: list[TrueEvent] = []
    without_label: list[int] = []
    check_number(len(layers.points), layers.name)
    for number, (dataset, point) in enumerate(layers.points, start=1):
        rate = layers.rates.get(dataset, 0)
        frame, length = read_time(point["frame"]), read_time(point["duration"] or "0")
        where = f"Point {number} of {list_named(layers.name, start=False)}"
        if rate <= 0 or frame is None or length is None:
            raise TruthError(
                f"{where} has no time: frame {point['frame'][:40]!r} at {rate:g} Hz.",
                allowed="A point has a frame, and its model a sample rate.",
                remedy=_REMEDY,
            )
        label = point["label"].strip()
        event = checked_event(frame / rate, (frame + length) / rate, label, where)
        if label:
            events.append(event)
        else:
            without_label.append(number)
    return events, told_without_label(without_label, "point")
