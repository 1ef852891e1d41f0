import io
import json

import jams
import pytest

from models import export
from models.events import Event, taxonomy
from models.events.taxonomy.classes import _classes
from tests.models.export.samples import EVENTS, PROVENANCE


def read(found: list[Event]) -> jams.JAMS:
    text = export.jams_json(found, PROVENANCE)
    loaded = jams.load(io.StringIO(text), validate=True, strict=True)
    assert loaded.validate(strict=True)
    return loaded


def test_jams_validates_events_as_audioset_tags() -> None:
    loaded = read(EVENTS)
    (annotation,) = loaded.annotations
    assert annotation.namespace == "tag_audioset"
    assert [tuple(observation) for observation in annotation.data] == [
        (event.onset_s, pytest.approx(event.offset_s - event.onset_s), event.label, event.peak)
        for event in EVENTS
    ]
    assert loaded.file_metadata.duration == PROVENANCE.duration_s
    assert loaded.file_metadata.title == PROVENANCE.clip_name
    assert loaded.sandbox.earmark["settings"]["threshold"] == 0.3


def test_an_empty_annotation_stands_without_events() -> None:
    (annotation,) = read([]).annotations
    assert annotation.namespace == "tag_audioset"
    assert len(annotation.data) == 0


def test_labels_that_audioset_does_not_have_stand_apart() -> None:
    own = Event(0.5, 1.0, "My dog, barking", 0.75, 0.5)
    assert not taxonomy.mid(own.label)
    tags, others = read([EVENTS[0], own]).annotations
    assert [observation.value for observation in tags.data] == ["Speech"]
    assert others.namespace == "tag_open"
    assert [observation.value for observation in others.data] == [own.label]


def test_every_label_of_the_model_is_one_of_the_namespace() -> None:
    found = [Event(0, 1, label, 0.5, 0.5) for label in _classes()]
    assert len(found) == 521
    (annotation,) = read(found).annotations
    assert len(annotation.data) == 521


def test_jams_would_refuse_another_label_there() -> None:
    content = json.loads(export.jams_json(EVENTS, PROVENANCE, lambda _label: "/m/1"))
    content["annotations"][0]["data"][0]["value"] = "My dog"
    with pytest.raises(jams.SchemaError):
        jams.load(io.StringIO(json.dumps(content)), validate=True, strict=True)
