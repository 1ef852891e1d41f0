import json
from dataclasses import fields, replace

import numpy as np
from mediapipe.tasks.python import audio
from mediapipe.tasks.python.components import containers

from models import export
from tests.models.export.samples import EVENTS, PROVENANCE, timeline


def test_events_as_json() -> None:
    content = json.loads(export.events_document(EVENTS, PROVENANCE))
    assert content["events"][1] == {
        "onset_s": 0.7275,
        "offset_s": 2.4,
        "label": "Bee, wasp, etc.",
        "peak": 0.5,
        "mean": 0.33333333,
    }


def test_documents_carry_their_provenance() -> None:
    content = json.loads(export.events_document(EVENTS, PROVENANCE))
    assert [event["label"] for event in content.pop("events")] == [e.label for e in EVENTS]
    assert content == json.loads(PROVENANCE.as_json())
    assert content["clip_name"] == PROVENANCE.clip_name
    assert content["settings"]["only"] == ["Speech", "Bee, wasp, etc."]


def test_no_events_are_an_empty_list() -> None:
    assert json.loads(export.events_document([], PROVENANCE))["events"] == []


def test_scores_survive_json() -> None:
    given_scores = timeline()
    content = json.loads(export.scores_document(given_scores, PROVENANCE))
    assert content["labels"] == list(given_scores.labels)
    np.testing.assert_array_equal(content["scores"], given_scores.scores)
    np.testing.assert_allclose(content["onsets_s"], given_scores.onsets_s)
    assert (content["window_s"], content["hop_s"]) == (0.975, 0.48)
    assert content["settings"]["threshold"] == 0.3


def test_settings_may_be_anything() -> None:
    settings = {
        "array": np.arange(2),
        "score": np.float32(0.5),
        "labels": {"b", "a"},
        "nothing": None,
        "never": float("nan"),
        "kind": int,
        "on": True,
    }
    assert replace(PROVENANCE, settings=settings).as_dict()["settings"] == {
        "array": [0, 1],
        "score": 0.5,
        "labels": ["a", "b"],
        "nothing": None,
        "never": None,
        "kind": "<class 'int'>",
        "on": True,
    }


def test_mediapipe_classes_take_the_results() -> None:
    given_scores = timeline()
    content = json.loads(export.mediapipe_json(given_scores, PROVENANCE))
    assert content["settings"]["hop_s"] == 0.48
    assert [result["timestamp_ms"] for result in content["results"]] == [0, 480, 960, 1440]
    for result, scores in zip(content["results"], given_scores.scores, strict=True):
        (head,) = result["classifications"]
        categories = [containers.Category(**category) for category in head["categories"]]
        read = audio.AudioClassifierResult(
            [containers.Classifications(**{**head, "categories": categories})],
            result["timestamp_ms"],
        )
        assert set(result) == {field.name for field in fields(read)}
        heard = read.classifications[0].categories
        assert [category.score for category in heard] == sorted(scores[scores > 0], reverse=True)
        for category in heard:
            assert category.category_name == given_scores.labels[category.index]
            assert category.score == scores[category.index]
