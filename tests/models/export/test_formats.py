import io
import json
import re
import zipfile
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import export
from models.export import ARCHIVE, FORMATS, Format, file_name
from tests.models.export.samples import EVENTS, PROVENANCE, timeline

BY_NAME = {each.name: each for each in FORMATS}
NO_ROOM = {"events_csv", "scores_csv", "audacity", "dcase", "srt", "score_matrix", "raven"}


def test_names_titles_and_suffixes_differ() -> None:
    for values in ([getattr(f, field) for f in FORMATS] for field in ("name", "title", "suffix")):
        assert len(set(values)) == len(values)
    assert len(BY_NAME) == 14
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
    beginning = "rain _ _thunder_ --_ café-YAMNet-hop0.48-threshold0.3-"
    assert all(name.startswith(beginning) for name in names)
    assert file_name(PROVENANCE, BY_NAME["audacity"]) == f"{beginning}audacity.txt"
    assert file_name(PROVENANCE, ARCHIVE).endswith(".zip")


def test_what_is_not_set_is_not_in_the_name() -> None:
    bare = replace(PROVENANCE, clip_name="", model="", settings={})
    assert file_name(bare, BY_NAME["srt"]) == "clip-model-subtitles.srt"


@settings(deadline=None)  # machines are busy at times
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
