import io
import json
import re
import sys
import tracemalloc
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import export
from models.audio import timing
from models.errors import Cancelled, ExportError
from models.events import Event
from models.events.timeline import Timeline
from models.export import ARCHIVE, FORMATS, Format, export_to, file_name
from tests.marking import slow
from tests.models.export.samples import EVENTS, PROVENANCE, timeline

BY_NAME = {each.name: each for each in FORMATS}
NO_ROOM = {
    "events_csv",
    "totals_csv",
    "scores_csv",
    "audacity",
    "dcase",
    "srt",
    "score_matrix",
    "raven",
}


def test_names_titles_and_suffixes_differ() -> None:
    for values in ([getattr(f, field) for f in FORMATS] for field in ("name", "title", "suffix")):
        assert len(set(values)) == len(values)
    assert len(BY_NAME) == 15
    assert all(re.fullmatch(r"[a-z_]+\.[a-z]+", each.suffix) for each in (*FORMATS, ARCHIVE))


@pytest.mark.parametrize("each", FORMATS, ids=lambda each: each.name)
def test_every_format_is_written_with_and_without_events(each: Format) -> None:
    full, empty = (each.write(timeline(), found, PROVENANCE) for found in (EVENTS, []))
    assert full
    assert (full == empty) == (each.kind == "scores")
    if each.name not in ("audacity", "srt"):  # these two have neither header nor settings
        assert empty


@pytest.mark.parametrize("each", FORMATS, ids=lambda each: each.name)
def test_every_format_with_room_for_them_carries_the_settings(each: Format) -> None:
    data = each.write(timeline(), EVENTS, PROVENANCE)
    carries = PROVENANCE.clip_digest.encode() in data and b"threshold" in data
    assert carries == (each.name not in NO_ROOM)


def test_a_name_tells_clip_model_hop_and_threshold() -> None:
    names = [file_name(PROVENANCE, each) for each in (*FORMATS, ARCHIVE)]
    beginning = "rain _ _thunder_ --_ café-YAMNet-hop0.48-threshold0.30-"
    assert all(name.startswith(beginning) for name in names)
    assert file_name(PROVENANCE, BY_NAME["audacity"]) == f"{beginning}audacity.txt"
    assert file_name(PROVENANCE, ARCHIVE).endswith(".zip")


def test_what_is_not_set_is_not_in_the_name() -> None:
    bare = replace(PROVENANCE, clip_name="", model="", settings={})
    assert file_name(bare, BY_NAME["srt"]) == "clip-model-subtitles.srt"


@given(st.text(), st.text(), st.floats() | st.text() | st.none())
def test_a_name_is_safe_whatever_the_clip_is_called(name: str, model: str, hop: object) -> None:
    given_names = replace(PROVENANCE, clip_name=name, model=model, settings={"hop_s": hop})
    for each in (*FORMATS, ARCHIVE):
        safe = file_name(given_names, each)
        assert re.fullmatch(r"[\w\- .]+", safe)
        assert safe[0] not in ". "
        assert safe.endswith(f"-{each.suffix}")
        assert len(safe.encode()) <= 255


@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\clips\\passwd.wav", "passwd"])
def test_a_name_has_no_folder(name: str) -> None:
    given_name = replace(PROVENANCE, clip_name=name)
    assert file_name(given_name, FORMATS[0]).startswith("passwd-YAMNet-")


def test_the_archive_has_every_format_and_the_settings() -> None:
    data = export.archive(timeline(), EVENTS, PROVENANCE)
    with zipfile.ZipFile(io.BytesIO(data)) as members:
        assert members.testzip() is None
        expected = {export.SETTINGS_NAME, *(file_name(PROVENANCE, each) for each in FORMATS)}
        assert set(members.namelist()) == expected
        for each in FORMATS:
            written = each.write(timeline(), EVENTS, PROVENANCE)
            assert members.read(file_name(PROVENANCE, each)) == written
        assert json.loads(members.read(export.SETTINGS_NAME)) == PROVENANCE.as_dict()
    assert ARCHIVE.write(timeline(), EVENTS, PROVENANCE) == data


def test_a_name_that_is_no_unicode_can_be_written() -> None:
    odd = replace(PROVENANCE, clip_name="\udcff.wav")
    for each in (*FORMATS, ARCHIVE):
        assert each.write(timeline(), EVENTS, odd)
        assert file_name(odd, each).encode()


def test_a_name_tells_the_settings_that_are_numbers_and_stays_short_enough() -> None:
    settings = {
        "hop_s": 0.975,
        "threshold": 0.123456,
        "hysteresis": 0.05,
        "merge_gap_s": 12.34567,
        "min_duration_s": 0.25,
        "smooth": 9,
        "gate_dbfs": -50.0,
        "roll_up": "specific",
    }
    made = replace(PROVENANCE, clip_name="\u00e4" * 300 + ".wav", settings=settings)
    for each in (*FORMATS, ARCHIVE):
        name = file_name(made, each)
        assert "-hop0.975-threshold0.123456-hysteresis0.05-gap12.3457-min0.25-smooth9-" in name
        assert "gate-50" in name
        assert len(name.encode()) <= 255


def heard(n_frames: int) -> Timeline:
    labels = tuple(f"label {number}" for number in range(52))
    scores = np.linspace(0, 1, n_frames * 52, dtype=np.float32).reshape(n_frames, 52)
    onsets_s = timing.frame_onsets_s(n_frames, 1_600, 16_000)
    return Timeline(scores, onsets_s, 0.975, 0.1, labels, n_frames / 10)


HEARD = heard(13_000)
LONG = [each for each in (*FORMATS, ARCHIVE) if each.name != "totals_csv"]
"""Formats that grow with the clip; the totals have a line for each class."""

MANY = [Event(number / 10, number / 10 + 1, "Dog", 0.5, 0.5) for number in range(13_000)]


@pytest.mark.parametrize(
    "each", [*LONG[:-1], slow(ARCHIVE)], ids=lambda each: each.name
)  # the archive has them all
def test_a_file_is_written_in_pieces(each: Format) -> None:
    told: list[float] = []
    lengths: list[int] = []

    class Noted(io.BytesIO):
        def write(self, content: bytes) -> int:
            lengths.append(super().write(content))
            return lengths[-1]

    n_bytes = export_to(Noted(), each, HEARD, MANY, PROVENANCE, progress=told.append)
    assert sum(lengths) == n_bytes
    assert max(lengths) < 2 << 20
    assert told == sorted(told)
    assert 0 <= told[0] < told[-1] == 1.0
    assert len(told) > 2


@pytest.mark.parametrize("name", ["mediapipe", "scores_json", "jams"])
def test_a_file_is_never_in_memory_as_a_whole(name: str, tmp_path: Path) -> None:
    short = heard(2_000)
    tracemalloc.start()
    try:
        with (tmp_path / "file").open("wb") as file:
            n_bytes = export_to(file, BY_NAME[name], short, MANY, PROVENANCE)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 768 << 10 < n_bytes


@pytest.mark.parametrize("each", [*FORMATS, ARCHIVE], ids=lambda each: each.name)
def test_what_is_written_in_pieces_is_what_is_written_at_once(each: Format) -> None:
    file = io.BytesIO()
    short = heard(300)
    n_bytes = export_to(file, each, short, MANY[:300], PROVENANCE)
    assert n_bytes == len(file.getvalue())
    assert file.getvalue() == each.write(short, MANY[:300], PROVENANCE)


@pytest.mark.parametrize("each", [*FORMATS, ARCHIVE], ids=lambda each: each.name)
def test_a_file_is_no_longer_than_it_may_be(each: Format) -> None:
    file = io.BytesIO()
    with pytest.raises(ExportError, match=r"up to 0 MiB\.") as caught:
        export_to(file, each, timeline(), EVENTS, PROVENANCE, max_bytes=100)
    assert len(file.getvalue()) <= 100
    assert each.title in caught.value.arrived or each is ARCHIVE


def test_a_member_of_the_archive_is_no_longer_than_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    module = sys.modules["models.export.zip_file"]  # the package has a function of this name
    monkeypatch.setattr(module, "MAX_EXPORT_BYTES", 100_000)
    with pytest.raises(ExportError, match="Events as CSV"):
        export_to(io.BytesIO(), ARCHIVE, HEARD, MANY, PROVENANCE)


@pytest.mark.parametrize("each", LONG, ids=lambda each: each.name)
def test_writing_stops_when_it_is_cancelled(each: Format) -> None:
    told: list[float] = []

    def progress(done: float) -> None:
        told.append(done)
        raise Cancelled

    file = io.BytesIO()
    with pytest.raises(Cancelled):
        export_to(file, each, HEARD, MANY, PROVENANCE, progress=progress)
    assert len(told) == 1
    assert told[0] < 0.5
