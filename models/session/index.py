"""The index of a session file: `Session` as JSON, and its validated reading.

Conventions
-----------
Times are seconds. Events are rows of onset, offset and the place of their label in ``labels``, the
labels of their list. Reviewed events have a fourth column: the place, from 1, of the true event
that they were accepted as; 0 if they are false. An index that is written is read before, so that no
file is written that would be refused.

Version 1 had no reviewed events: an annotation was written as a list.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from models.audio import Channels
from models.errors import SessionError
from models.events.annotation import ReviewedEvent
from models.events.truth import MAX_INSTANT_S, MAX_ROWS, MAX_TRUE_EVENTS, TrueEvent
from models.session.session import ManyTruths, Session, SessionClip, SessionTruth
from models.untrusted.fields import Fields, Refusal, read_fields

INDEX = "session.json"
"""Name of the index in the archive."""

FORMAT, VERSION = "earmark session", 2

MAX_INDEX_BYTES = 32 << 20
"""Largest index, in bytes: `MAX_EVENTS` rows of 50 bytes, and as much again of names."""

MAX_CLIPS = 1_000
"""As many as a server can be set up for (`max_clips`)."""

MAX_EVENTS = 200_000
"""Most true and reviewed events of all recordings together; 50 MB in memory."""

MAX_TEXT_CHARACTERS = 5_000
"""Longest name, label or sentence."""

MAX_SETTINGS, MAX_SETTING_TEXTS = 200, 1_000
MAX_SETTINGS_CHARACTERS = 50_000
"""Most characters of all settings together: twice the names of all 521 classes."""

MAX_THRESHOLDS = 10_000
MAX_LABELS = 50_000
MAX_NOTICES = 100
MAX_GAPS = 10_000
MAX_SIZE_BYTES = 1 << 40
MAX_TRACKS, MAX_CHANNELS = 128, 1_024

_MOST_SIGNS = {b"{": 60_000, b"[": 400_000, b'"': 1_000_000, b",": 2_000_000}
_SETTING = re.compile("[a-z][a-z0-9-]{0,99}", re.ASCII)
_WAYS: frozenset[str] = frozenset({"mix", "left", "right"})


def write_index(session: Session) -> bytes:
    """Write a session's index.

    Raises
    ------
    SessionError
        If it has more than is read.
    """
    n_events = _n_events(session.clips)
    if session.many_truths is not None:
        n_events += sum(map(len, session.many_truths.truths.values()))
    if n_events > MAX_EVENTS:
        raise _too_large(f"it has {n_events:,} true and reviewed events")
    text = json.dumps(_as_json(session), ensure_ascii=False, separators=(",", ":"))
    index = text.encode(errors="replace")  # lone surrogates, which UTF-8 cannot encode
    if len(index) > MAX_INDEX_BYTES:
        raise _too_large(f"names and true events take {len(index) >> 20:,} MiB")
    try:
        read_index(index)
    except Refusal as refusal:
        raise _too_large(str(refusal)) from refusal
    return index


def _n_events(clips: Iterable[SessionClip]) -> int:
    """Return the number of true and reviewed events of recordings."""
    return sum(one.truth.n_entries for one in clips if one.truth is not None)


def _too_large(reason: str) -> SessionError:
    return SessionError(
        f"This session cannot be saved: {reason}.",
        allowed=f"A session has up to {MAX_CLIPS:,} recordings, {MAX_EVENTS:,} true and reviewed "
        f"events, and names of {MAX_TEXT_CHARACTERS:,} characters.",
        remedy="Remove a list of true events, or some recordings.",
    )


def _as_json(session: Session) -> dict[str, Any]:
    many = session.many_truths
    return {
        "format": FORMAT,
        "version": VERSION,
        "selected": session.selected,
        "settings": {name: list(texts) for name, texts in session.settings.items()},
        "thresholds": dict(session.thresholds),
        "clips": [_clip_as_json(clip) for clip in session.clips],
        "truth_of_many": None
        if many is None
        else {
            "file_name": many.file_name,
            "notices": list(many.notices),
            "recordings": [
                {"name": name, **_events_as_json(events)} for name, events in many.truths.items()
            ],
        },
    }


def _clip_as_json(clip: SessionClip) -> dict[str, Any]:
    return {
        "name": clip.name,
        "sha256": clip.digest,
        "size_bytes": clip.size_bytes,
        "sound": clip.has_sound,
        "remark": clip.remark,
        "live": clip.is_live,
        "gaps": [list(gap) for gap in clip.gaps],
        "audio_track": clip.audio_track,
        "channels": clip.channels,
        "truth": None if clip.truth is None else _truth_as_json(clip.truth),
    }


def _truth_as_json(truth: SessionTruth) -> dict[str, Any]:
    reviewed = truth.reviewed
    return {
        "file_name": truth.file_name,
        "notices": list(truth.notices),
        "annotated": None if truth.annotated is None else sorted(truth.annotated),
        **_events_as_json(truth.events),
        "reviewed": None if reviewed is None else _reviewed_as_json(reviewed),
    }


def _events_as_json(events: Sequence[TrueEvent]) -> dict[str, Any]:
    places = _places(events)
    return {
        "labels": list(places),
        "events": [[e.onset_s, e.offset_s, places[e.label]] for e in events],
    }


def _reviewed_as_json(reviewed: Sequence[ReviewedEvent]) -> dict[str, Any]:
    places = _places(reviewed)
    return {
        "labels": list(places),
        "events": [[e.onset_s, e.offset_s, places[e.label], e.number or 0] for e in reviewed],
    }


def _places(events: Sequence[TrueEvent] | Sequence[ReviewedEvent]) -> dict[str, int]:
    """Return the place of each label among those of events."""
    return {label: place for place, label in enumerate(dict.fromkeys(e.label for e in events))}


def read_index(content: bytes) -> Session:
    """Read a session's index.

    Raises
    ------
    Refusal
        If it is of another format or a newer version, or a value is not of its type and range.
    ValueError, RecursionError
        If it is no JSON, or too deeply nested.
    """
    fields = read_fields(content, _MOST_SIGNS, INDEX)
    if fields.text("format", 100) != FORMAT:
        raise Refusal("it is something else than a session")
    version = fields.whole("version", 1, 10**6)
    if version > VERSION:
        raise Refusal(f"it is of version {version}, of a newer Earmark; this one reads {VERSION}")
    clips = tuple(_read_clip(entry) for entry in fields.entries("clips", MAX_CLIPS))
    digests = {clip.digest for clip in clips}
    if len(digests) != len(clips):
        raise Refusal("two of its recordings are the same")
    many = fields.optional_inner("truth_of_many")
    session = Session(
        clips=clips,
        selected=fields.choice("selected", digests) if fields.has("selected") else None,
        settings=_read_settings(fields.inner("settings")),
        thresholds=_read_thresholds(fields.inner("thresholds")),
        many_truths=None if many is None else _read_many(many),
    )
    if _n_events(clips) > MAX_EVENTS:
        raise Refusal(f"it has more than {MAX_EVENTS:,} true and reviewed events")
    return session


def _read_clip(entry: Fields) -> SessionClip:
    truth = entry.optional_inner("truth")
    return SessionClip(
        name=entry.text("name", MAX_TEXT_CHARACTERS),
        digest=entry.digest("sha256"),
        size_bytes=entry.whole("size_bytes", 0, MAX_SIZE_BYTES),
        remark=entry.text("remark", MAX_TEXT_CHARACTERS),
        is_live=entry.flag("live"),
        gaps=tuple(_read_gap(row) for row in entry.rows("gaps", MAX_GAPS, 2)),
        audio_track=entry.whole("audio_track", 0, MAX_TRACKS) if entry.has("audio_track") else None,
        channels=_read_channels(entry),
        truth=None if truth is None else _read_truth(truth),
        has_sound=entry.flag("sound"),
    )


def _read_gap(row: Sequence[float]) -> tuple[float, float]:
    onset_s, offset_s = row
    if not 0 <= onset_s <= offset_s <= MAX_INSTANT_S:
        raise Refusal("a gap of its recordings is no stretch of time")
    return float(onset_s), float(offset_s)


def _read_channels(entry: Fields) -> Channels:
    if entry.is_text("channels"):
        return cast(Channels, entry.choice("channels", _WAYS))
    return entry.whole("channels", 0, MAX_CHANNELS)


def _read_truth(inner: Fields) -> SessionTruth:
    events = _read_events(inner, MAX_TRUE_EVENTS)
    annotated = (
        frozenset(inner.texts("annotated", MAX_LABELS, MAX_TEXT_CHARACTERS))
        if inner.has("annotated")
        else None
    )
    reviewed = inner.optional_inner("reviewed")
    return SessionTruth(
        inner.text("file_name", MAX_TEXT_CHARACTERS),
        events,
        tuple(inner.texts("notices", MAX_NOTICES, MAX_TEXT_CHARACTERS)),
        annotated,
        None if reviewed is None else _read_reviewed(reviewed, len(events)),
    )


def _read_events(inner: Fields, most: int) -> tuple[TrueEvent, ...]:
    return tuple(
        TrueEvent(onset_s, offset_s, label)
        for onset_s, offset_s, label, _ in _read_rows(inner, most, 3)
    )


def _read_reviewed(inner: Fields, n_events: int) -> tuple[ReviewedEvent, ...]:
    reviewed: list[ReviewedEvent] = []
    for onset_s, offset_s, label, (number,) in _read_rows(inner, MAX_TRUE_EVENTS, 4):
        if not isinstance(number, int) or not 0 <= number <= n_events:
            raise Refusal("a reviewed event was accepted as a true one that is not there")
        reviewed.append(ReviewedEvent(onset_s, offset_s, label, number or None))
    return tuple(reviewed)


def _read_rows(
    inner: Fields, most: int, width: int
) -> Iterator[tuple[float, float, str, list[float]]]:
    """Yield onset, offset and label of each event, and the other columns of its row."""
    labels = inner.texts("labels", MAX_LABELS, MAX_TEXT_CHARACTERS)
    for onset_s, offset_s, place, *others in inner.rows("events", most, width):
        if not 0 <= onset_s <= offset_s <= MAX_INSTANT_S:
            raise Refusal("a true event ends before it begins, or is no time of a recording")
        if not isinstance(place, int) or not 0 <= place < len(labels) or not labels[place]:
            raise Refusal("a true event has no label")
        yield float(onset_s), float(offset_s), labels[place], others


def _read_many(inner: Fields) -> ManyTruths:
    truths: dict[str, tuple[TrueEvent, ...]] = {}
    left = MAX_ROWS
    for entry in inner.entries("recordings", MAX_ROWS):
        name = entry.text("name", MAX_TEXT_CHARACTERS)
        if name in truths:
            raise Refusal("two recordings of a list have the same name")
        truths[name] = _read_events(entry, min(left, MAX_TRUE_EVENTS))
        left -= len(truths[name])
    return ManyTruths(
        inner.text("file_name", MAX_TEXT_CHARACTERS),
        truths,
        tuple(inner.texts("notices", MAX_NOTICES, MAX_TEXT_CHARACTERS)),
    )


def _read_settings(inner: Fields) -> Mapping[str, tuple[str, ...]]:
    names = inner.names(MAX_SETTINGS, MAX_TEXT_CHARACTERS)
    if not all(_SETTING.fullmatch(name) for name in names):
        raise Refusal("one of its settings has a name that none has")
    settings = {
        name: tuple(inner.texts(name, MAX_SETTING_TEXTS, MAX_TEXT_CHARACTERS)) for name in names
    }
    if sum(len(text) for texts in settings.values() for text in texts) > MAX_SETTINGS_CHARACTERS:
        raise Refusal("its settings are longer than are read")
    return settings


def _read_thresholds(inner: Fields) -> Mapping[str, float]:
    labels = inner.names(MAX_THRESHOLDS, MAX_TEXT_CHARACTERS)
    return {label: inner.number(label, 0, 1) for label in labels}
