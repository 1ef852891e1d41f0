"""Parsers of untrusted text take linear time: inputs of doubling length are timed."""

import gc
import io
import itertools
import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from models.errors import EarmarkError
from models.events.truth import MAX_LINES, MAX_ROWS, MAX_TRUE_EVENTS, MAX_TRUTH_BYTES, read_truth
from models.live.intake import TOLERANCE_S, Intake
from models.live.packets import MAX_BYTES, join_packets, read_message
from models.teaching.document import read_document
from models.tflite import read_labels, read_network, read_properties
from models.tflite.graph_split import cut
from models.tflite.label_lists import LIST_LIMIT_BYTES, parse_list
from tests.components.pages import new_tab
from tests.hostile import forging
from tests.models.live.parts import write_message

GROWTH = 2.5
"""Largest ratio of CPU times for a doubled input."""

SLACK_S = 0.05
"""Growth in CPU time that is within the noise of a busy machine, in seconds. Where a buffer first
comes from fresh pages of memory, twice the input takes six times as long: 0.028 s after 0.0045."""

SHORT_S = 0.01
"""CPU time up to which a run is repeated in any case, in seconds."""

RUNS = 4
"""Largest number of runs with the same input."""

FAST_SHARE = 4
"""The fast suite's longest input is this part of what is allowed: growth shows there as well."""

Make = Callable[[int], bytes]
Parse = Callable[[bytes], object]
CheckGrowth = Callable[[Parse, int, Make], None]

RAVEN = "Selection\tBegin Time (s)\tEnd Time (s)\tAnnotation\n"
TRUTH: dict[str, tuple[int, Make]] = {
    "digits": (MAX_TRUTH_BYTES, lambda n: b"1" * (n - 9) + b"x\t2\tdog\n"),
    "digits behind a point": (MAX_TRUTH_BYTES, lambda n: b"1." + b"1" * (n - 11) + b"x\t2\tdog\n"),
    "digits of an exponent": (MAX_TRUTH_BYTES, lambda n: b"1e" + b"1" * (n - 11) + b"x\t2\tdog\n"),
    "digits behind a comma": (MAX_TRUTH_BYTES, lambda n: b"1," + b"1" * (n - 11) + b"x\t2\tdog\n"),
    "a label of digits": (MAX_TRUTH_BYTES, lambda n: b"1\t2\t" + b"1" * (n - 4)),
    "a label of scores": (MAX_TRUTH_BYTES, lambda n: b"1\t2\t" + b" (0.99" * ((n - 4) // 6)),
    "a label of quotes": (
        MAX_TRUTH_BYTES,
        lambda n: b"onset\toffset\tlabel\n1\t2\t" + b'"' * (n - 24),
    ),
    "spaces": (MAX_TRUTH_BYTES, lambda n: b" " * (n - 8) + b"x\t2\tdog\n"),
    "spaces in a label": (MAX_TRUTH_BYTES, lambda n: b"1\t2\ta" + b" " * (n - 6) + b"b"),
    "tabs": (MAX_TRUTH_BYTES, lambda n: b"1\t2\tdog" + b"\t" * (n - 7)),
    "tabs in a header": (
        MAX_TRUTH_BYTES,
        lambda n: b"onset\toffset\tlabel" + b"\tx" * (n // 2 - 9),
    ),
    "empty lines": (MAX_TRUTH_BYTES, lambda n: b"\n" * n),
    "mixed line ends": (MAX_LINES, lambda n: b"\r\n\r" * (n // 3)),
    "lines of spectra": (MAX_LINES, lambda n: b"\\\t1\t2\n" * n),
    "lines without a tab": (MAX_LINES // 4, lambda n: b"dog\n" * n),
    "events": (MAX_TRUE_EVENTS, lambda n: b"1\t2\tdog\n" * n),
    "events in order of a fall": (
        MAX_TRUE_EVENTS,
        lambda n: b"".join(b"%d\t86400\tdog\n" % (n - i) for i in range(n)),
    ),
    "recordings": (
        MAX_ROWS,
        lambda n: b"".join(b"%d.wav\t1\t2\tdog\n" % i for i in range(n)),
    ),
    "selections": (
        MAX_TRUE_EVENTS - 1,
        lambda n: RAVEN.encode() + b"".join(b"%d\t1\t2\tdog\n" % i for i in range(n)),
    ),
}

LISTS: dict[str, tuple[int, Make]] = {
    "commas": (MAX_TRUTH_BYTES, lambda n: b"0,1,dog" + b"," * (n - 7)),
    "semicolons in lines": (MAX_LINES, lambda n: b"0;1;dog\n;;\n" * (n // 2)),
    "quotes": (MAX_TRUTH_BYTES, lambda n: b'0,1,"' + b'"' * n),
    "a quoted field": (130_000, lambda n: b'0,1,"' + b"\n" * n + b'"'),
    "quoted fields": (MAX_TRUE_EVENTS, lambda n: b'0,1,"a ""b"""\n' * n),
    "rows without a label": (MAX_TRUE_EVENTS, lambda n: b"0,1,\n" * n),
    "headers": (MAX_TRUTH_BYTES, lambda n: b"onset,offset,label " + b"Ab" * (n // 2 - 9)),
    "clocks": (MAX_TRUE_EVENTS, lambda n: b"00:00:01.5,00:00:02.5,dog\n" * n),
    "colons": (MAX_TRUTH_BYTES, lambda n: b":" * (n - 6) + b",1,dog"),
    "zeros": (MAX_TRUTH_BYTES, lambda n: b"a\0" * (n // 2)),
    "segments": (
        MAX_ROWS,
        lambda n: (
            b"segment_id,start,end,label\n"
            + b"".join(b"%011d_30000,1,2,dog\n" % i for i in range(n))
        ),
    ),
}

GRID = b'"ooTextFile" "TextGrid" 0 9 <exists> 1 "IntervalTier" "a" 0 9 '
GRIDS: dict[str, tuple[int, Make]] = {
    "intervals": (MAX_TRUE_EVENTS, lambda n: GRID + b"%d " % n + b'0 1 "dog" ' * n),
    "empty intervals": (MAX_ROWS, lambda n: GRID + b"%d " % n + b'0 1 "" ' * n),
    "quotes": (MAX_TRUTH_BYTES, lambda n: GRID + b'1 0 1 "' + b'"' * (n - 80)),
    "quotes apart": (MAX_TRUTH_BYTES, lambda n: GRID + b'1 0 1 "' + b'" ' * (n // 2 - 40)),
    "digits": (MAX_TRUTH_BYTES, lambda n: GRID + b"1" * (n - 80)),
    "digits of a time": (MAX_TRUTH_BYTES, lambda n: GRID + b"1 " + b"1" * (n - 80)),
    "digits and quotes": (MAX_TRUTH_BYTES, lambda n: GRID + b'1"' * (n // 2 - 40)),
    "brackets": (MAX_TRUTH_BYTES, lambda n: GRID + b"<" * (n - 80)),
    "brackets apart": (MAX_TRUTH_BYTES, lambda n: GRID + b" <" * (n // 2 - 40)),
    "comments": (MAX_TRUTH_BYTES, lambda n: GRID + b" !" * (n // 2 - 40)),
    "spaces": (MAX_TRUTH_BYTES, lambda n: GRID + b" " * (n - 80)),
}

LAYERS: dict[str, tuple[int, Make]] = {
    "points": (
        MAX_TRUE_EVENTS,
        lambda n: (
            b'<sv><model dataset="0" sampleRate="9"/><dataset id="0">'
            + b'<point frame="1" label="dog"/>' * n
            + b"</dataset></sv>"
        ),
    ),
    "elements": (MAX_TRUTH_BYTES, lambda n: b"<sv>" + b"<a/>" * (n // 4 - 2)),
    "depth": (MAX_TRUTH_BYTES, lambda n: b"<sv>" + b"<a>" * (n // 3 - 2)),
    "an attribute": (MAX_TRUTH_BYTES, lambda n: b'<sv a="' + b"&lt;" * (n // 4 - 3) + b'"/>'),
    "attributes": (
        200_000,
        lambda n: b"<sv " + b" ".join(b'a%d=""' % i for i in range(n)) + b"/>",
    ),
    "an unfinished token": (MAX_TRUTH_BYTES, lambda n: b"<sv><" + b"a" * (n - 5)),
    "models": (
        50_000,
        lambda n: b"<sv>" + b"".join(b'<model dataset="%d" sampleRate="9"/>' % i for i in range(n)),
    ),
}

NOTATIONS: dict[str, tuple[int, Make]] = {
    "observations": (
        MAX_TRUE_EVENTS,
        lambda n: json.dumps(
            {"annotations": [{"data": [{"time": 1, "duration": 1, "value": "dog"}] * n}]}
        ).encode(),
    ),
    "annotations": (200_000, lambda n: b'{"annotations": [' + b"{}," * n + b"{}]}"),
    "digits": (MAX_TRUTH_BYTES, lambda n: b'{"events": ' + b"1" * (n - 12) + b"}"),
    "digits of a time": (
        1_000,
        lambda n: b'{"events": [' + b",".join([b'{"onset_s": %s}' % (b"1" * 4000)] * n) + b"]}",
    ),
    "brackets": (MAX_TRUTH_BYTES, lambda n: b'{"events": ' + b"[" * (n - 12)),
    "cues": (MAX_TRUE_EVENTS, lambda n: b"WEBVTT\n\n" + b"0:01 --> 0:02\ndog\n\n" * n),
    "a cue of lines": (MAX_LINES - 9, lambda n: b"WEBVTT\n\n0:01 --> 0:02\n" + b"dog\n" * n),
    "a cue of arrows": (
        MAX_TRUTH_BYTES,
        lambda n: b"WEBVTT\n\n0:01 --> 0:02" + b" -->" * (n // 4 - 6),
    ),
    "references": (
        MAX_TRUTH_BYTES,
        lambda n: b"WEBVTT\n\n0:01 --> 0:02\n" + b"&#" * (n // 2 - 12),
    ),
}

LINES: dict[str, tuple[int, Make]] = {
    "digits": (LIST_LIMIT_BYTES, lambda n: b"9" * (n - 4) + b" foo"),
    "digits alone": (LIST_LIMIT_BYTES, lambda n: b"0" * n),
    "lines of digits": (LIST_LIMIT_BYTES, lambda n: (b"0" * 190 + b" a\n") * (n // 193)),
    "spaces": (LIST_LIMIT_BYTES, lambda n: b"0" + b" " * (n - 2) + b"a"),
    "spaces at the end": (LIST_LIMIT_BYTES, lambda n: b"0 a" + b" " * (n - 3)),
    "empty lines": (LIST_LIMIT_BYTES, lambda n: b"a" + b"\n" * (n - 2) + b"b"),
    "labels": (100_000, lambda n: b"".join(b"label %d\n" % i for i in range(n))),
    "numbered labels": (50_000, lambda n: b"".join(b"%d label %d\n" % (i, i) for i in range(n))),
}

TABLES: dict[str, tuple[int, Make]] = {
    "commas": (LIST_LIMIT_BYTES, lambda n: b"," * n),
    "a header": (LIST_LIMIT_BYTES, lambda n: b"label" + b",x" * (n // 2 - 3)),
    "quotes": (LIST_LIMIT_BYTES, lambda n: b'"' * n),
    "a quoted field": (130_000, lambda n: b'"' + b"a" * n + b'"'),
    "rows": (60_000, lambda n: b"index,label\n" + b"".join(b"%d,l%d\n" % (i, i) for i in range(n))),
    "rows in order of a fall": (
        60_000,
        lambda n: b"index,label\n" + b"".join(b"%d,l%d\n" % (n - 1 - i, i) for i in range(n)),
    ),
}

NETWORKS: dict[str, tuple[int, Make]] = {
    "names": (60_000, forging.many_operators_with_one_name),
    "outputs": (60_000, forging.many_outputs_of_one_tensor),
    "a chain": (8_000, forging.long_chain),
}

ARCHIVES: dict[str, tuple[int, Make]] = {
    "members": (40_000, lambda n: forging.archive({f"{i}.txt": b"" for i in range(n)})),
    "members that hide": (
        40_000,
        lambda n: forging.stating_little_in_its_end(
            forging.archive({f"{i}.txt": b"" for i in range(n)})
        ),
    ),
    "extra fields": (
        16_000,
        lambda n: forging.archive({"a.txt": b"dog"}, extra=b"\0\0\0\0" * n),
    ),
    "comments": (60_000, lambda n: forging.archive({"a.txt": b"dog"}, comment=b"x" * n)),
    "a label list": (500_000, lambda n: forging.archive({"labels.txt": b"0" * n})),
}


def document(**fields: object) -> bytes:
    index = {"format": "earmark taught classifier", "version": 1, **fields}
    return forging.archive({"earmark.json": json.dumps(index).encode()})


def raw_document(text: bytes) -> bytes:
    return forging.archive({"earmark.json": text})


DOCUMENTS: dict[str, tuple[int, Make]] = {
    **ARCHIVES,
    "digits": (4 << 20, lambda n: raw_document(b'{"version": ' + b"1" * n + b"}")),
    "numbers of digits": (
        1_000,
        lambda n: raw_document(b'{"version": [' + b",".join([b"1" * 4000] * n) + b"]}"),
    ),
    "digits of a fraction": (4 << 20, lambda n: raw_document(b'{"version": 1.' + b"1" * n + b"}")),
    "brackets": (4 << 20, lambda n: raw_document(b"[" * n)),
    "spaces": (4 << 20, lambda n: raw_document(b" " * n)),
    "escapes": (1 << 20, lambda n: raw_document(b'{"format": "' + b"\\u0041" * n + b'"}')),
    "names": (200_000, lambda n: document(**{str(i): i for i in range(n)})),
    "labels": (200_000, lambda n: document(labels=[str(i) for i in range(n)])),
}


SAMPLES = np.full(8, 5_000, np.int16)


def messages(numbers: Iterable[int], rates_hz: Sequence[int] = (48_000,)) -> bytes:
    """Encode messages of the browser's microphone, of eight samples each."""
    rates = itertools.cycle(rates_hz)
    return b"".join(write_message(1, next(rates), number, SAMPLES) for number in numbers)


MESSAGES: dict[str, tuple[int, Make]] = {
    "in order": (10_000, lambda n: messages(range(0, 8 * n, 8))),
    "with gaps": (10_000, lambda n: messages(range(0, 4_000 * n, 4_000))),
    "far apart": (10_000, lambda n: messages(range(0, n << 40, 1 << 40))),
    "backwards": (10_000, lambda n: messages(range(8 * n, 0, -8))),
    "one and the same": (10_000, lambda n: messages([0] * n)),
    "to and fro": (10_000, lambda n: messages([0, (1 << 64) - 1] * (n // 2))),
    "of many rates": (1_000, lambda n: messages(range(0, 8 * n, 8), range(8_000, 9_000))),
}


@pytest.fixture(
    params=[
        pytest.param(FAST_SHARE, id="a quarter"),
        pytest.param(1, id="all that is allowed", marks=pytest.mark.slow),
    ]
)
def check_growth(request: pytest.FixtureRequest) -> CheckGrowth:
    """Check an input that is as long as allowed, or a part of that."""

    def check(parse: Parse, most: int, make: Make) -> None:
        grow(parse, most // request.param, make)

    return check


@pytest.fixture(autouse=True)
def no_collections() -> Iterator[None]:
    """Disable the garbage collector, whose time depends on all objects of the process."""
    gc.disable()
    yield
    gc.enable()


def cpu_s(parse: Parse, content: bytes) -> float:
    """Return the CPU time of a run, in seconds."""
    began_s = time.process_time()
    with suppress(EarmarkError):
        parse(content)
    return time.process_time() - began_s


def grow(parse: Parse, most: int, make: Make) -> None:
    """Double from a 256th of the longest input on, so that a quadratic parser fails early.

    Short runs, and those that seem to take too long, are repeated: another thread of this process
    may have been at work. The fastest counts.
    """
    times_s: list[float] = []
    for halvings in range(8, -1, -1):
        content = make(most >> halvings)
        times_s.append(cpu_s(parse, content))
        for _ in range(RUNS - 1):
            if times_s[-1] > SHORT_S and grows_slowly(times_s):
                break
            times_s[-1] = min(times_s[-1], cpu_s(parse, content))
        assert grows_slowly(times_s), times_s


def grows_slowly(times_s: Sequence[float]) -> bool:
    """Whether no time exceeds the one before by more than `GROWTH` and `SLACK_S`."""
    pairs = itertools.pairwise(times_s)
    return all(longer_s <= GROWTH * shorter_s + SLACK_S for shorter_s, longer_s in pairs)


def test_quadratic_growth_is_noticed() -> None:
    with pytest.raises(AssertionError):
        grow(lambda content: re.search(rb"1+x", content), 1 << 20, lambda n: b"1" * n)


@pytest.mark.parametrize("kind", TRUTH)
def test_truth(kind: str, check_growth: CheckGrowth) -> None:
    check_growth(lambda content: read_truth(content, clip_name="1.wav"), *TRUTH[kind])


@pytest.mark.parametrize(
    "recipe",
    [
        pytest.param(recipe, id=f"{family}: {kind}")
        for family, kinds in (
            ("list", LISTS),
            ("grid", GRIDS),
            ("layer", LAYERS),
            ("notation", NOTATIONS),
        )
        for kind, recipe in kinds.items()
    ],
)
def test_truth_of_other_programs(recipe: tuple[int, Make], check_growth: CheckGrowth) -> None:
    check_growth(lambda content: read_truth(content, clip_name="00000000001.wav"), *recipe)


@pytest.mark.parametrize("kind", LINES)
def test_label_lists(kind: str, check_growth: CheckGrowth) -> None:
    check_growth(lambda content: parse_list(content, "a.txt", "given"), *LINES[kind])


@pytest.mark.parametrize("kind", TABLES)
def test_label_tables(kind: str, check_growth: CheckGrowth) -> None:
    check_growth(lambda content: parse_list(content, "a.csv", "given"), *TABLES[kind])


@pytest.fixture
def at_path(tmp_path: Path) -> Callable[[Callable[[Path], object]], Parse]:
    path = tmp_path / "model.tflite"

    def wrap(read: Callable[[Path], object]) -> Parse:
        def parse(content: bytes) -> object:
            path.write_bytes(content)
            return read(path)

        return parse

    return wrap


@pytest.mark.parametrize("kind", NETWORKS)
def test_networks(
    kind: str, at_path: Callable[[Callable[[Path], object]], Parse], check_growth: CheckGrowth
) -> None:
    check_growth(at_path(read_network), *NETWORKS[kind])
    check_growth(cut, *NETWORKS[kind])


def test_metadata(check_growth: CheckGrowth) -> None:
    check_growth(read_properties, 60_000, forging.metadata_of_many_tensors)


@pytest.mark.parametrize("kind", ARCHIVES)
def test_archives_packed_into_models(
    kind: str, at_path: Callable[[Callable[[Path], object]], Parse], check_growth: CheckGrowth
) -> None:
    check_growth(at_path(read_labels), *ARCHIVES[kind])


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_documents(kind: str, check_growth: CheckGrowth) -> None:
    check_growth(lambda content: read_document(io.BytesIO(content)), *DOCUMENTS[kind])


@pytest.mark.parametrize("kind", MESSAGES)
def test_sound_of_the_browser_s_microphone(kind: str, check_growth: CheckGrowth) -> None:
    n_bytes = len(write_message(1, 48_000, 0, SAMPLES))

    def parse(content: bytes) -> None:
        starts = range(0, len(content), n_bytes)
        packets = [read_message(content[at : at + n_bytes], at / 1e6)[1] for at in starts]
        intake = Intake(16_000)
        for packet, n_joined in join_packets(packets, TOLERANCE_S):
            intake.take(packet, n_joined)

    check_growth(parse, *MESSAGES[kind])


@pytest.mark.parametrize("size", [MAX_BYTES, 1 << 24])
def test_messages_of_any_length(size: int, check_growth: CheckGrowth) -> None:
    check_growth(
        lambda content: read_message(content, 0.0), size, lambda n: b"\xbb\0\0\0" * (n // 4)
    )


def sidebar() -> None:
    from components.clip import settings
    from components.ui import address

    address.begin("")
    labels = [f"label {number}" for number in range(521)]
    settings.read_view_settings(labels)


# Streamlit's limits for an address: 1,000 values, 512 Ki characters.
QUERIES: dict[str, tuple[int, Callable[[int], dict[str, str | list[str]]]]] = {
    "digits": (500_000, lambda n: {"threshold": "0." + "1" * n}),
    "digits before a point": (500_000, lambda n: {"threshold": "1" * n}),
    "digits of an exponent": (500_000, lambda n: {"threshold": "1e" + "1" * n}),
    "digits of a choice": (500_000, lambda n: {"smooth": "1" * n, "classes": "1" * n}),
    "spaces": (500_000, lambda n: {"threshold": " " * n + "1", "gated-clip": " " * n}),
    "unknown labels": (900, lambda n: {"only": [f"{i}" * 100 for i in range(n)]}),
    "known labels": (900, lambda n: {"hide": [f"label {i % 521}" for i in range(n)]}),
}


@pytest.mark.parametrize("kind", QUERIES)
def test_queries(kind: str, check_growth: CheckGrowth) -> None:
    most, make = QUERIES[kind]

    def parse(content: bytes) -> None:
        page = new_tab(sidebar)
        for name, value in json.loads(content).items():
            page.query_params[name] = value
        page.run()
        assert not page.exception

    check_growth(parse, most, lambda n: json.dumps(make(n)).encode())
