import re
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import models
from models.errors import EarmarkError, TruthError
from models.events import truth
from models.events.truth import (
    MAX_ROWS,
    MAX_TRUE_EVENTS,
    MAX_TRUTH_BYTES,
    TrueEvent,
    read_truth,
    read_truth_lists,
    read_truths,
    truth_for,
)
from models.untrusted.formulas import unescape_formulas

EVENTS = [
    TrueEvent(0.0, 1.5, "Speech"),
    TrueEvent(1.25, 3.0, "Bee, wasp, etc."),
    TrueEvent(4.0, 4.0, "Ping"),
]

AUDACITY = """\
4.000000\t4.000000\tPing
0.000000\t1.500000\tSpeech
\\\t120.500000\t4000.000000
1.250000\t3.000000\tBee, wasp, etc.
"""

DCASE = "0.0\t1.5\tSpeech\n1.25\t3\tBee, wasp, etc.\n4\t4.0\tPing\n"
DCASE_HEADED = "onset\toffset\tevent_label\n" + DCASE
DCASE_ANY_ORDER = "Event_Label\tOnset\tOffset\nPing\t4\t4\nSpeech\t0\t1.5\n" + (
    "Bee, wasp, etc.\t1.25\t3\n"
)
DCASE_NAMED = "".join(f"audio/a.wav\t{line}\n" for line in DCASE.splitlines())
DCASE_SCENES = "".join(f"audio/a.wav\thome\t{line}\n" for line in DCASE.splitlines())

RAVEN = """\
Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)\tAnnotation
1\tWaveform 1\t1\t0.0\t1.5\t0.0\t8000.0\tSpeech
1\tSpectrogram 1\t1\t0.0\t1.5\t0.0\t8000.0\tSpeech
2\tSpectrogram 1\t1\t1.25\t3.0\t0.0\t8000.0\tBee, wasp, etc.
3\tSpectrogram 1\t1\t4.0\t4.0\t0.0\t8000.0\tPing
"""

KINDS = {
    "audacity": AUDACITY,
    "dcase": DCASE,
    "dcase with a header": DCASE_HEADED,
    "dcase in another order": DCASE_ANY_ORDER,
    "dcase with a name": DCASE_NAMED,
    "dcase with name and scene": DCASE_SCENES,
    "raven": RAVEN,
}

SEVERAL = """\
filename\tonset\toffset\tevent_label
folder/a.wav\t0.0\t1.5\tSpeech
b.wav\t0.5\t1.0\tDog
c.wav\t\t\t
d.wav
"""

ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "as it is": str.encode,
    "with a byte order mark": lambda text: text.encode("utf-8-sig"),
    "with CR LF": lambda text: text.replace("\n", "\r\n").encode(),
    "with CR": lambda text: text.replace("\n", "\r").encode(),
    "with empty lines": lambda text: ("\n" + text.replace("\n", "\n\n \t\n")).encode(),
    "without a last line end": lambda text: text.rstrip("\n").encode(),
}


def refused(data: str | bytes, *words: str, name: str = "", clip_name: str = "") -> TruthError:
    content = data.encode() if isinstance(data, str) else data
    with pytest.raises(TruthError) as caught:
        read_truth(content, name, clip_name=clip_name)
    for word in words:
        assert word in str(caught.value)
    return caught.value


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_known_by_its_content(kind: str, encoding: str) -> None:
    assert read_truth(ENCODINGS[encoding](KINDS[kind])) == EVENTS


def test_the_package_offers_it() -> None:
    assert models.read_truth is read_truth
    assert models.TrueEvent is TrueEvent


@pytest.mark.parametrize("data", [b"", b"\n \r\n", b"onset\toffset\tevent_label\n"])
def test_an_empty_list_has_no_events(data: bytes) -> None:
    assert read_truth(data) == []


def test_spectral_selections_alone_are_no_events() -> None:
    assert read_truth(b"\\\t120.5\t4000.0\n") == []


def test_text_keeps_its_letters_and_its_parentheses() -> None:
    (event,) = read_truth("0\t1\tCafé (road)\n".encode())
    assert event.label == "Café (road)"


@pytest.mark.parametrize(
    ("text", "label"),
    [("Speech (0.97)", "Speech"), ("Speech (1.00)", "Speech"), ("Speech (1.5)", "Speech (1.5)")],
)
def test_earmarks_own_scores_are_taken_off_audacitys_labels(text: str, label: str) -> None:
    (event,) = read_truth(f"0\t1\t{text}\n".encode())
    assert event.label == label
    (event,) = read_truth(f"onset\toffset\tevent_label\n0\t1\t{text}\n".encode())
    assert event.label == text


def test_quoted_labels_of_a_table_with_a_header_lose_their_quotes() -> None:
    (event,) = read_truth(b'onset\toffset\tevent_label\n0\t1\t"the ""dog"""\n')
    assert event.label == 'the "dog"'


@pytest.mark.parametrize("name", ["a.wav", "A.WAV", "C:\\clips\\a.wav", "a.flac"])
def test_rows_of_the_clip_are_picked(name: str) -> None:
    assert read_truth(SEVERAL.encode(), clip_name=name) == [TrueEvent(0.0, 1.5, "Speech")]


@pytest.mark.parametrize("name", ["c.wav", "d.mp3"])
def test_a_clip_with_a_row_of_its_own_may_have_no_events(name: str) -> None:
    assert read_truth(SEVERAL.encode(), clip_name=name) == []


def test_the_whole_name_goes_before_the_stem() -> None:
    text = "a.wav\t0\t1\tSpeech\na.mp3\t0\t1\tDog\n"
    assert read_truth(text.encode(), clip_name="a.mp3") == [TrueEvent(0.0, 1.0, "Dog")]


def test_several_recordings_without_the_clip_are_refused() -> None:
    refused(SEVERAL, "4 recordings", "b.wav", "has to name the one that is shown")
    refused(SEVERAL, "“x.wav” is none of them", clip_name="x.wav")


def test_one_recording_is_the_clip_whatever_it_is_called() -> None:
    assert read_truth(DCASE_NAMED.encode(), clip_name="renamed.wav") == EVENTS


def test_raven_counts_several_files_from_the_first() -> None:
    text = (
        "Selection\tBegin Time (s)\tEnd Time (s)\tBegin File\tFile Offset (s)\tSpecies\n"
        "1\t2.0\t3.0\ta.wav\t2.0\tCrow\n"
        "2\t62.5\t64.0\tb.wav\t2.5\tOwl\n"
    )
    assert read_truth(text.encode(), clip_name="b.wav") == [TrueEvent(2.5, 4.0, "Owl")]


def test_the_same_number_in_two_lists_is_two_selections() -> None:
    text = "Selection\tBegin Time (s)\tEnd Time (s)\tLabel\n1\t0\t1\tCrow\n1\t2\t3\tCrow\n"
    assert len(read_truth(text.encode())) == 2


@pytest.mark.parametrize("kind", KINDS)
def test_a_decimal_comma_is_read(kind: str) -> None:
    text = re.sub(r"(\d)\.(\d)", r"\1,\2", KINDS[kind])
    assert "1,25" in text
    assert read_truth(text.encode()) == EVENTS


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("1.0\tone\tSpeech", ("“one” where a time belongs",)),
        ("1.0\t\tSpeech", ("nothing where a time belongs",)),
        ("1.0\tnan\tSpeech", ("“nan” where a time belongs",)),
        ("1.0\t1_0\tSpeech", ("“1_0” where a time belongs",)),
        ("1.0\t\uff12\tSpeech", ("where a time belongs",)),
        ("-1.0\t2.0\tSpeech", ("goes from -1 s to 2 s",)),
        ("3.0\t2.0\tSpeech", ("goes from 3 s to 2 s",)),
        ("1000\t200000\tSpeech", ("ends at 200,000", "milliseconds, or samples?")),
        ("0\t1e999\tSpeech", ("milliseconds, or samples?",)),
        ("Speech", ("“Speech” where a time belongs",)),
    ],
)
def test_a_line_that_is_no_event_is_refused_by_its_number(
    line: str, words: tuple[str, ...]
) -> None:
    text = f"0.0\t1.0\tDog\n\n{line}\n"
    error = refused(text, "Line 3 of “truth.txt”", *words, name="truth.txt")
    assert error.allowed
    assert error.remedy


@pytest.mark.parametrize(
    ("data", "word"),
    [
        ("one two three\n", "“one two three”, without a tab"),
        ("a\tb\tc\nd\te\tf\n", "“a b c”"),
        ("Selection\tBegin Time (s)\tEnd Time (s)\tPeak\n", "Selection, Begin Time (s)"),
        ("0\t1\tSpeech".encode("utf-16")[:-1], "UTF-16"),
        (b"RIFF\xff\xfe\xfd\xfc", "is not text in UTF-8"),
        (b"0\t1\tSpee\0ch", "zero bytes"),
        (
            b"0\t1\tDog\n" * (MAX_TRUE_EVENTS + 1),
            f"{MAX_TRUE_EVENTS + 1:,} events of one recording",
        ),
        (b"0\t1\tDog\n" * (MAX_ROWS + 1), f"{MAX_ROWS + 1:,} lines"),
        (b"\n" * (MAX_TRUTH_BYTES + 1), f"{MAX_TRUTH_BYTES + 1:,} bytes"),
    ],
)
def test_what_is_no_list_is_refused(data: str | bytes, word: str) -> None:
    error = refused(data, word, name="truth.txt")
    assert error.allowed
    assert error.remedy


def test_the_longest_list_is_read() -> None:
    assert len(read_truth(b"0\t1\tDog\n" * MAX_TRUE_EVENTS)) == MAX_TRUE_EVENTS


def test_a_list_of_many_recordings_may_be_longer() -> None:
    others = b"b.wav\t0\t1\tDog\n" * (MAX_ROWS - MAX_TRUE_EVENTS)
    rows = others + b"a.wav\t0\t1\tDog\n" * MAX_TRUE_EVENTS
    assert len(read_truth(rows, clip_name="a.wav")) == MAX_TRUE_EVENTS


PIECES = ["\t", "\n", "\r\n", "\\", '"', " ", "\ufeff", "\u2028", "\0", "Begin Time (s)"]
PIECES += ["End Time (s)", "File Offset (s)", *["Selection", "Label", "filename", "a.wav", "b.wav"]]
PIECES += ["onset", "offset", "event_label", "0", "1.5", "1,5", "-1", "1e9", "nan", "Dog"]
pieces = st.sampled_from(PIECES)

HEADERS = ["onset\toffset\tevent_label", "filename\tonset\toffset\tevent_label"]
HEADERS += ["Selection\tView\tBegin Time (s)\tEnd Time (s)\tSpecies\tBegin Path\tFile Offset (s)"]
CELLS = [
    "",
    " ",
    "0",
    "1.5",
    "2",
    "-1",
    "1,5",
    "1e999",
    "nan",
    "٣",
    "\\",
    '"a ""b"""',
    '"',
    "Dog (0.97)",
]
CELLS += ["a.wav", "/x/a.wav", "b.wav", "<b>", "=1+1", "\u202e"]
rows = st.lists(st.sampled_from(CELLS), max_size=7).map("\t".join)
tables = st.builds(
    lambda header, lines: "\n".join((header, *lines)).encode(),
    st.sampled_from(HEADERS),
    st.lists(rows, max_size=8),
)


@settings(max_examples=300, deadline=None)  # machines are busy at times
@given(
    st.binary(max_size=300)
    | st.lists(pieces, max_size=40).map(lambda p: "".join(p).encode())
    | tables
)
@example(RAVEN.encode()[:100])
@example(b"\xef\xbb\xbf")
def test_any_bytes_give_events_or_an_error_of_ours(data: bytes) -> None:
    try:
        events = read_truth(data, "x", clip_name="a.wav")
    except EarmarkError as error:
        assert error.arrived
        assert error.remedy
        return
    assert events == sorted(events)
    for event in events:
        assert 0 <= event.onset_s <= event.offset_s <= truth.MAX_INSTANT_S
        assert event.label.strip()


lines = st.tuples(
    st.integers(0, 14_000_000),
    st.integers(0, 100_000),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"])).filter(
        # An apostrophe before what a spreadsheet might evaluate is one of Earmark's own exports.
        lambda label: label and "\ufeff" not in label and unescape_formulas(label) == label
    ),
)


@settings(deadline=None)  # machines are busy at times
@given(st.lists(lines, max_size=5))
def test_whatever_audacity_writes_is_read(given_lines: list[tuple[int, int, str]]) -> None:
    expected = sorted(
        TrueEvent(onset / 1000, (onset + length) / 1000, label)
        for onset, length, label in given_lines
    )
    text = "".join(f"{e.onset_s:.6f}\t{e.offset_s:.6f}\t{e.label}\n" for e in expected)
    assert read_truth(text.encode()) == expected


def test_times_are_as_long_as_numbers_get() -> None:
    (event,) = read_truth(b"0.1000000000000000055511151231257827021\t+2.5e+0000\tdog\n")
    assert (event.onset_s, event.offset_s) == (0.1, 2.5)
    refused("1" * 60_000 + "x\t2\tdog\n", "Line 1", "These lists can be read")
    refused("1\t2\tcat\n1\t" + "1" * 60_000 + "\tdog\n", "Line 2", "where a time belongs")


def test_lines_and_fields_are_counted_before_they_are_read() -> None:
    refused("0\t1\tdog\n" + "\n" * truth.MAX_LINES, "more than 200,000 lines")
    refused("0\t1\tdog" + "\t" * truth.MAX_COLUMNS, "Line 1", "more than 100 fields")
    assert read_truth(b"0\t1\tdog" + b"\t" * (truth.MAX_COLUMNS - 3))


def test_many_fields_take_little_memory() -> None:
    row = b"1\t2\tab" + b"\tab" * (truth.MAX_COLUMNS - 3) + b"\n"
    content = row * min(MAX_TRUTH_BYTES // len(row), MAX_TRUE_EVENTS)
    tracemalloc.start()
    try:
        assert read_truth(content)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 5 * len(content)


def test_a_list_of_several_recordings_is_read_as_a_whole() -> None:
    found = read_truths(SEVERAL.encode(), "list.txt")
    assert found == {
        "folder/a.wav": [TrueEvent(0.0, 1.5, "Speech")],
        "b.wav": [TrueEvent(0.5, 1.0, "Dog")],
        "c.wav": [],
        "d.wav": [],
    }
    for clip in ("a.wav", "B.WAV", "other/c.wav", "d.flac"):
        assert truth_for(found, clip) == read_truth(SEVERAL.encode(), clip_name=clip)
    assert truth_for(found, "e.wav") is None
    assert truth_for(found, "") is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_list_of_one_recording_has_one_entry(kind: str) -> None:
    (found,) = read_truths(KINDS[kind].encode()).items()
    assert found == ("audio/a.wav" if "name" in kind else "", EVENTS)


def test_rows_without_a_label_are_told_of_a_list_of_several_recordings_too() -> None:
    rows = ("filename\tonset\toffset\tevent_label", "a\t0\t1\tDog", "b\t1\t2\t", "a\t3\t4\t")
    reading = read_truth_lists("\n".join(rows).encode(), "list.txt")
    assert reading.events == {"a": [TrueEvent(0.0, 1.0, "Dog")], "b": []}
    assert reading.notices == ("2 events without a label were passed over: lines 3, 4.",)


def test_an_empty_list_names_no_recording() -> None:
    assert read_truths(b"") == {"": []}
    assert truth_for(read_truths(b""), "a.wav") is None


def test_what_cannot_be_read_is_refused_as_a_whole() -> None:
    with pytest.raises(TruthError, match="Line 3"):
        read_truths(b"filename\tonset\toffset\tevent_label\na\t0\t1\tDog\nb\tx\t1\tDog\n")
    rows = [f"{name}\t0\t1\tDog\n" for name in ("a", "b") for _ in range(MAX_TRUE_EVENTS + 1)]
    with pytest.raises(TruthError, match="of one recording"):
        read_truths("".join(rows).encode())
    with pytest.raises(TruthError, match="lines"):
        read_truths(b"0\t1\tDog\n" * (MAX_ROWS + 1))
