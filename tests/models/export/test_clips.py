"""Files of several clips: every event under its clip's name, in bounded memory."""

import csv
import io
import json
import tracemalloc
import zipfile
from collections.abc import Sequence
from dataclasses import replace

import pyarrow.parquet as pq
import pytest

from models.events import Event
from models.export import CLIPS_FORMATS, FORMATS, METADATA_KEY, ClipResult, ClipsFormat, file_name
from tests.models.export.samples import EVENTS, PROVENANCE, timeline

BY_NAME = {one.name: one for one in CLIPS_FORMATS}


def clip(name: str, events: Sequence[Event] = EVENTS) -> ClipResult:
    made = replace(PROVENANCE, clip_name=name)
    return ClipResult(timeline(), made, lambda: (events, f"What is in {name}."))


CLIPS = [clip("dog.wav"), clip("=cat.wav", EVENTS[:1]), clip("dog.wav", ())]
ROWS = [("dog.wav", event) for event in EVENTS] + [("=cat.wav", EVENTS[0])]


def write(one: ClipsFormat, clips: Sequence[ClipResult] = CLIPS) -> bytes:
    pieces = list(one.pieces(clips))
    done = [piece.done for piece in pieces]
    assert done == sorted(done)
    assert done[-1] == pytest.approx(1.0)
    return b"".join(piece.content for piece in pieces)


def test_one_csv_has_every_event_with_its_file() -> None:
    text = write(BY_NAME["events_csv"]).decode()
    found = list(csv.DictReader(io.StringIO(text)))
    assert [row["file"].removeprefix("'") for row in found] == [name for name, _ in ROWS]
    assert found[3]["file"] == "'=cat.wav", "a spreadsheet would calculate it"
    assert [(float(row["onset_s"]), row["label"]) for row in found] == [
        (event.onset_s, event.label) for _, event in ROWS
    ]


def test_one_parquet_has_every_event_with_its_file_and_all_clips_in_its_metadata() -> None:
    table = pq.read_table(io.BytesIO(write(BY_NAME["events_parquet"])))
    rows = table.to_pylist()
    assert [(row["file"], row["label"], row["mean"]) for row in rows] == [
        (name, event.label, event.mean) for name, event in ROWS
    ]
    told = json.loads(table.schema.metadata[METADATA_KEY])
    assert [one["file"] for one in told["clips"]] == ["dog.wav", "=cat.wav", "dog.wav (2)"]
    assert told["settings"]["threshold"] == PROVENANCE.settings["threshold"]
    assert "clip_name" not in told


def test_the_event_list_names_a_clip_without_events_too() -> None:
    lines = write(BY_NAME["dcase"]).decode().splitlines()
    assert lines[0].split("\t")[0] == "filename"
    names = [line.split("\t")[0].removeprefix("'") for line in lines[1:]]
    assert names == [*(name for name, _ in ROWS), "dog.wav (2)"]


def test_the_archive_has_every_format_of_every_clip_in_a_folder_of_its_own() -> None:
    with zipfile.ZipFile(io.BytesIO(write(BY_NAME["archive"]))) as members:
        assert members.testzip() is None
        names = members.namelist()
        tables = [one for one in CLIPS_FORMATS if one.name != "archive"]
        assert all(members.read(one.file_name) == write(one) for one in tables)
        told = json.loads(members.read("dog/settings.json"))
    assert told["summary"] == "What is in dog.wav."
    for folder, one in zip(("dog", "_cat", "dog (2)"), CLIPS, strict=True):
        for each in FORMATS:
            assert f"{folder}/{file_name(one.provenance, each)}" in names
    assert len(names) == len(set(names)) == len(tables) + 3 * (len(FORMATS) + 1)


@pytest.mark.parametrize("one", CLIPS_FORMATS, ids=lambda one: one.name)
def test_no_clip_is_a_file_too(one: ClipsFormat) -> None:
    assert b"".join(piece.content for piece in one.pieces([]))


def test_only_the_events_of_one_clip_are_in_memory() -> None:
    n_events = 5_000

    def many() -> tuple[Sequence[Event], str]:
        return [Event(float(n), n + 1.0, "Dog", 0.5, 0.5) for n in range(n_events)], ""

    def peak(n_clips: int) -> int:
        clips = [ClipResult(timeline(), PROVENANCE, many)] * n_clips
        tracemalloc.start()
        for _ in BY_NAME["events_csv"].pieces(clips):
            pass
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(5) < 1.7 * peak(1)
