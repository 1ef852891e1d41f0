"""Events as JAMS, the annotation format of music and sound research.

Conventions
-----------
JAMS (Humphrey et al., ISMIR 2014) is JSON: observations with time, duration, value and confidence,
in annotations of one namespace each. Here the confidence is the event's peak score. Namespace
``tag_audioset`` allows only AudioSet's labels (632, including YAMNet's 521); events with other
labels, such as those of a user's model, are in an annotation of namespace ``tag_open``.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from models.events import Event, taxonomy
from models.export.provenance import Provenance
from models.export.values import SCORE_DECIMALS, TIME_DECIMALS

_VERSION = "0.3.5"  # the JAMS version that defines the schemas and namespaces


def jams_json(
    events: Iterable[Event], provenance: Provenance, mid: Callable[[str], str] = taxonomy.mid
) -> str:
    """Format events as a JAMS file.

    Parameters
    ----------
    events : iterable of Event
        The events of one clip.
    provenance : Provenance
        Stored in the file's ``sandbox``, under ``earmark``; the clip's name is the title.
    mid : callable
        Maps a label to AudioSet's id, empty if it has none.

    Returns
    -------
    str
        One annotation ``tag_audioset``, possibly empty, and one ``tag_open`` if there are events
        with other labels.
    """
    return "".join(jams_lines(events, provenance, mid))


def jams_lines(
    events: Iterable[Event], provenance: Provenance, mid: Callable[[str], str] = taxonomy.mid
) -> Iterator[str]:
    """Yield the lines of `jams_json`."""
    by_namespace: dict[str, list[Event]] = {"tag_audioset": []}
    for event in events:
        by_namespace.setdefault("tag_audioset" if mid(event.label) else "tag_open", []).append(
            event
        )
    rest = {
        "file_metadata": _file_metadata(provenance),
        "sandbox": {"earmark": provenance.as_dict()},
    }
    separator = '{"annotations": [\n'
    for namespace, found in by_namespace.items():
        yield separator
        yield from _annotation(namespace, found, provenance)
        separator = ",\n"
    yield f"\n],\n{_spell(rest)[1:]}\n"


def _observation(event: Event) -> dict[str, Any]:
    return {
        "time": round(event.onset_s, TIME_DECIMALS),
        "duration": round(event.offset_s - event.onset_s, TIME_DECIMALS),
        "value": event.label,
        "confidence": round(event.peak, SCORE_DECIMALS),
    }


def _annotation(namespace: str, events: Iterable[Event], provenance: Provenance) -> Iterator[str]:
    metadata = {
        "curator": {"name": "", "email": ""},
        "annotator": {"model": provenance.model, "sha256": provenance.model_digest},
        "version": "",
        "corpus": "",
        "annotation_tools": "Earmark",
        "annotation_rules": "",
        "validation": "",
        "data_source": "program",
    }
    before = {"annotation_metadata": metadata, "namespace": namespace}
    after = {"sandbox": {}, "time": 0, "duration": provenance.duration_s}
    separator = "\n"
    yield f'{_spell(before)[:-1]}, "data": ['
    for event in events:
        yield separator + _spell(_observation(event))
        separator = ",\n"
    yield f"], {_spell(after)[1:]}"


def _file_metadata(provenance: Provenance) -> dict[str, Any]:
    return {
        "title": provenance.clip_name,
        "artist": "",
        "release": "",
        "duration": provenance.duration_s,
        "identifiers": {"sha256": provenance.clip_digest},
        "jams_version": _VERSION,
    }


def _spell(value: Any) -> str:  # noqa: ANN401
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
