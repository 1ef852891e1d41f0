"""Lists of true events as programs write them."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import jams
import pytest

from models.errors import TruthError
from models.events.truth import (
    MAX_ROWS,
    Columns,
    TrueEvent,
    UnknownColumns,
    read_truth,
    read_truth_list,
)
from tests.models.events.truth_lists import EVENTS, LISTS, table

FORMS = [(program, form) for program, forms in LISTS.items() for form in forms]
CLIPS = {"AudioSet-strong": "A-b_c1234-X.wav"}

WRITERS: dict[str, Callable[[str], bytes]] = {
    "UTF-8": str.encode,
    "byte order mark": lambda text: text.encode("utf-8-sig"),
    "UTF-16": lambda text: text.encode("utf-16"),
    "UTF-16, big-endian": lambda text: "\ufeff".encode("utf-16-be") + text.encode("utf-16-be"),
    "UTF-16 without a mark": lambda text: text.encode("utf-16-le"),
    "CR LF": lambda text: text.replace("\n", "\r\n").encode(),
    "CR": lambda text: text.replace("\n", "\r").encode(),
    "no last line end": lambda text: text.rstrip("\n").encode(),
}


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize(("program", "form"), FORMS)
def test_lists_of_programs(program: str, form: str, writer: str) -> None:
    content = WRITERS[writer](LISTS[program][form])
    reading = read_truth_list(content, clip_name=CLIPS.get(program, "a.wav"))
    assert list(reading.events) == [
        TrueEvent(event.onset_s, event.offset_s, event.label) for event in EVENTS
    ]
    assert reading.notices == ()


def test_the_documentation_lists_what_is_read_here() -> None:
    documented = (Path(__file__).parents[3] / "docs" / "formats.md").read_text(encoding="utf-8")
    assert table() in documented, "run python -m tests.models.events.truth_lists"


@pytest.mark.parametrize("header", ["LABEL", " Label ", '"Label"', "label_", "\ufeffLabel"])
@pytest.mark.parametrize(
    ("onset", "offset"),
    [
        ("ONSET", "OFFSET"),
        ("Onset (s)", "Offset (s)"),
        ("onset [sec]", "offset [sec]"),
        ("start_time", "end_time"),
        ("StartTime", "EndTime"),
        ("Begin Time(s)", "End Time(s)"),
        ("t_start", "t_end"),
        ("From", "To"),
        ("Onset in seconds", "Offset in seconds"),
    ],
)
@pytest.mark.parametrize("delimiter", ["\t", ",", ";"])
def test_headers(header: str, onset: str, offset: str, delimiter: str) -> None:
    text = delimiter.join((header, onset, offset)) + "\n" + delimiter.join(("Dog", "0.5", "1.25"))
    assert read_truth(text.encode()) == [TrueEvent(0.5, 1.25, "Dog")]


def test_a_row_without_a_label_is_passed_over_and_told() -> None:
    reading = read_truth_list(b"0\t1\tDog\n1\t2\t\n2\t3\tCat\n")
    assert reading.events == (TrueEvent(0, 1, "Dog"), TrueEvent(2, 3, "Cat"))
    assert reading.notices == ("1 event without a label was passed over: line 2.",)
    many = read_truth_list(b"onset,offset,label\n" + b"1,2,\n" * 7)
    assert many.notices == (
        "7 events without a label were passed over: lines 2, 3, 4, 5, 6 and 2 more.",
    )


def test_quoted_fields_keep_separators_quotes_and_line_ends() -> None:
    text = 'onset,offset,label\r\n0,1,"a, ""b""\r\nc"\r\n"1,5","2,5",d\r\n'
    assert read_truth(text.encode()) == [
        TrueEvent(0, 1, 'a, "b"\r\nc'),
        TrueEvent(1.5, 2.5, "d"),
    ]


@pytest.mark.parametrize(
    ("line", "event"),
    [
        (
            "t\t\t00:00:00.000\t0.0\t00:00:01.250\t1.25\t00:00:01.250\t1.25\tDog",
            TrueEvent(0, 1.25, "Dog"),
        ),
        ("t\t\t0.0\t0\t0.5\t500\t0.5\t500\tDog", TrueEvent(0, 0.5, "Dog")),
        ("t\t\t00:00:02.000\t00:00:02.500\t00:00:00.500\tDog", TrueEvent(2, 2.5, "Dog")),
        ("onset|offset|label\n1|2|Dog", TrueEvent(1, 2, "Dog")),
        ("Dog\t0\t1", TrueEvent(0, 1, "Dog")),
        ("start,end,label\n01:02.5,01:03,Dog", TrueEvent(62.5, 63, "Dog")),
        ('"Begin Time (s)"\t"End Time (s)"\t"ID"\n"1,5"\t"2,5"\t"Dog"', TrueEvent(1.5, 2.5, "Dog")),
    ],
)
def test_lists_of_one_event(line: str, event: TrueEvent) -> None:
    assert read_truth(line.encode()) == [event]


SEGMENTS = (
    "segment_id,start_time_seconds,end_time_seconds,label\n"
    "aaaaaaaaaaa_30000,1,2,/m/0bt9lr\nbbbbbbbbbbb_0,2,3,/m/01yrx\nbbbbbbbbbbb_10000,4,5,/t/xx\n"
)


@pytest.mark.parametrize(
    ("clip_name", "label"),
    [
        ("aaaaaaaaaaa_30000.wav", "Dog"),
        ("aaaaaaaaaaa.flac", "Dog"),
        ("Yaaaaaaaaaaa.wav", "Dog"),
        ("aaaaaaaaaaa_30.000_40.000.wav", "Dog"),
        ("Yaaaaaaaaaaa_30.000_40.000.wav", "Dog"),
        ("aaaaaaaaaaa_30_40.wav", "Dog"),
        ("bbbbbbbbbbb_0.000.wav", "Cat"),
        ("bbbbbbbbbbb_10.wav", "/t/xx"),
    ],
)
def test_segments_of_audioset(clip_name: str, label: str) -> None:
    (event,) = read_truth(SEGMENTS.encode(), clip_name=clip_name)
    assert event.label == label


@pytest.mark.parametrize("clip_name", ["bbbbbbbbbbb.wav", "aaaaaaaaaaa_31.000.wav", "c.wav"])
def test_segments_that_are_not_the_clip(clip_name: str) -> None:
    with pytest.raises(TruthError, match="names 3 recordings"):
        read_truth(SEGMENTS.encode(), clip_name=clip_name)


def test_recordings_may_be_named_without_their_extension() -> None:
    text = "recording,start,end,label\na.b,0,1,Dog\nc.d,1,2,Cat\n"
    assert read_truth(text.encode(), clip_name="c.d.wav") == [TrueEvent(1, 2, "Cat")]


@pytest.mark.parametrize(
    "text",
    [
        "Anfang;Ende;Klasse\n0,5;1,25;Hund\n",
        "Anfang;Dauer;Klasse\n0,5;1;Hund\n1;0,5;Katze\n",
        "Anfang;Ende;Klasse\n1;2;Hund, Katze\n",
        "1.0,2.0,3.5,Dog\n",
        "1,0.4,3.3,Dog\n2,7,9,Cat\n3,12,13,Dog\n",  # rows are numbered
        "a\tb\tc\nd\te\tf\n",
        "onset\toffset\tfrequency\n0\t1\t200\n",
    ],
)
def test_unknown_columns_are_asked_for(text: str) -> None:
    with pytest.raises(UnknownColumns) as caught:
        read_truth(text.encode())
    assert len(caught.value.rows) == len(text.splitlines())
    assert len(caught.value.rows[0]) >= 3


def test_columns_can_be_named() -> None:
    text = "Klasse;Anfang;Dauer;Datei\nHund;500;750;a.wav\nKatze;0;1;b.wav\n"
    columns = Columns(1, None, (0,), duration=2, recording=3, has_header=True, unit_s=1e-3)
    assert read_truth(text.encode(), columns=columns, clip_name="a.wav") == [
        TrueEvent(0.5, 1.25, "Hund")
    ]


def test_points_are_instants() -> None:
    point_tier = (
        'File type = "ooTextFile"\n"TextGrid"\n0\n2\n<exists>\n1\n"TextTier"\n"x"\n0\n2\n1\n'
        '1.5\n"the ""dog"""\n'
    )
    assert read_truth(point_tier.encode()) == [TrueEvent(1.5, 1.5, 'the "dog"')]
    assert read_truth(b"1.5,Ping\n2,Pong\n") == [
        TrueEvent(1.5, 1.5, "Ping"),
        TrueEvent(2, 2, "Pong"),
    ]
    instants = re.sub(' duration="[^"]*"', "", LISTS["Sonic Visualiser"]["layer (.svl)"])
    assert [event.offset_s for event in read_truth(instants.encode())] == [0, 1.25, 4]


def test_points_without_a_label_are_told() -> None:
    layer = LISTS["Sonic Visualiser"]["layer (.svl)"].replace('"Ping"', '""')
    reading = read_truth_list(layer.encode())
    assert len(reading.events) == 2
    assert reading.notices == ("1 event without a label was passed over: point 3.",)


def test_jams_of_the_jams_library() -> None:
    annotation = jams.Annotation(namespace="tag_open")
    for event in EVENTS:
        annotation.append(
            time=event.onset_s,
            duration=event.offset_s - event.onset_s,
            value=event.label,
            confidence=None,
        )
    document = jams.JAMS(annotations=[annotation])
    document.file_metadata.duration = 5
    assert read_truth(document.dumps().encode()) == EVENTS


GRID = LISTS["Praat TextGrid"]["short"]
DEFAULTS = " ".join(f'b{number} CDATA "x"' for number in range(100))
BILLION = '<!ENTITY a "ha"><!ENTITY b "&a;&a;">'


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (f"<!DOCTYPE sv [{BILLION}]><sv>&b;</sv>", "declarations in its DOCTYPE"),
        ('<!DOCTYPE sv [<!ENTITY x SYSTEM "file:///etc/passwd">]><sv>&x;</sv>', "declarations"),
        (f"<!DOCTYPE sv [<!ATTLIST a {DEFAULTS}>]><sv>{1_000 * '<a/>'}</sv>", "declarations"),
        ("<sv><data>", "damaged XML"),
        ("<ANNOTATION_DOCUMENT/>", "export tab-delimited text"),
        ('<sv><dataset id="0"><point frame="1" label="a"/></dataset></sv>', "has no time"),
        ('{"annotations": ' + "[" * 100_000, "too deeply nested"),
        ('{"annotations": [}', "damaged JSON"),
        ('{"a": 1}', "without annotations or events"),
        ('{"events": [{"label": "a"}]}', "no time and duration"),
        ('{"events": [{"onset_s": NaN, "offset_s": 1, "label": "a"}]}', "no time and duration"),
        (GRID[:120], "breaks off"),
        (GRID.replace("TextGrid", "PitchTier"), "no TextGrid"),
        (GRID.replace("1.5\n4\n", "x\n4\n"), "breaks off"),
        (GRID.replace("\n2\n", "\n99999999999\n", 1), "breaks off"),
        (
            "<sv " + " ".join(f'a{i}=""' for i in range(60_000)) + "/>",
            "more than 262,144 characters",
        ),
        ("BZh91AY&SY", "a session of Sonic Visualiser"),
        ("PAR1xxxx", "a Parquet file"),
        ("ooBinaryFile\x08TextGrid", "a binary file of Praat"),
        ('onset,offset,label\n0,1,"' + "a" * 200_000, "is no row of CSV"),
        ("WEBVTT\n\nx --> y\nDog\n", "no times of a cue"),
        ("00:00:02.000 --> 00:00:01.000\nDog\n", "from 2 s to 1 s"),
    ],
)
def test_what_is_refused(content: str, words: str) -> None:
    with pytest.raises(TruthError) as caught:
        read_truth(content.encode(), "truth")
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        '<sv><model dataset="0" sampleRate="1"/><dataset id="0">'
        + '<point frame="1"/>' * (MAX_ROWS + 1)
        + "</dataset></sv>",
        json.dumps({"events": [{"onset_s": 0, "offset_s": 1, "label": ""}] * (MAX_ROWS + 1)}),
        f'"ooTextFile" "TextGrid" 0 1 <exists> 1 "TextTier" "" 0 1 {MAX_ROWS + 1} '
        + '0 "" ' * (MAX_ROWS + 1),
        "WEBVTT\n\n" + "0:01 --> 0:02\n\n" * (MAX_ROWS + 1),
    ],
)
def test_rows_are_bounded(content: str) -> None:
    with pytest.raises(TruthError, match="50,000"):
        read_truth(content.encode())


@pytest.mark.parametrize("arrow", ["-->", " -->", "-->\t"])
@pytest.mark.parametrize("head", ["WEBVTT\n\n", "1\n"])
def test_the_times_of_a_cue_need_no_spaces_between_them(head: str, arrow: str) -> None:
    text = f"{head}00:00:01.000{arrow}00:00:02.500 align:start\nDog --> cat\n"
    assert read_truth(text.encode()) == [TrueEvent(1, 2.5, "Dog --> cat")]


def test_references_to_characters_that_do_not_exist() -> None:
    text = f"WEBVTT\n\n00:00.000 --> 00:01.000\nDog &amp; cat &#{5_000 * '9'};\n"
    (event,) = read_truth(text.encode())
    assert event.label == "Dog & cat \N{REPLACEMENT CHARACTER}"


def test_halves_of_surrogate_pairs() -> None:
    (event,) = read_truth(b'{"events": [{"onset_s": 0, "offset_s": 1, "label": "Dog \\ud800"}]}')
    assert event.label.encode() == b"Dog ?"


@pytest.mark.parametrize("separator", ['"', " ", "\r"])
def test_a_separator_that_is_not_supported_is_no_separator(separator: str) -> None:
    with pytest.raises(TruthError, match="Line 1 of the list is"):
        read_truth(f"sep={separator}\n1{separator}2{separator}Dog\n".encode())


def test_lines_are_counted_with_that_of_the_separator() -> None:
    with pytest.raises(TruthError, match="Line 4 of the list"):
        read_truth(b"sep=;\n\nonset;offset;label\nx;2;Dog\n")
