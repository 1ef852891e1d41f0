"""Lists of true events are read back as they were written."""

import io
import itertools
import json
import random
import re
from pathlib import Path

import jams
import pytest

from models.events import taxonomy
from models.events.truth import TrueEvent, read_truth, read_truth_list, read_truths
from models.export.truth_lists import TRUTH_FORMATS, TruthClip, TruthFormat
from tests.models.events.truth_lists import LISTS

CLIP = TruthClip("a, <b>.wav", 30.0, 48_000)
EVENTS = [
    TrueEvent(0.0, 1.5, "Speech"),
    TrueEvent(1.25, 3.0, "Bee, wasp, etc."),
    TrueEvent(1.25, 3.0, "Dog"),
    TrueEvent(4.0, 4.5, 'A "loud" <b>{ping}</b> & more'),
    TrueEvent(4.5, 5.0, "=SUM(A1)"),
    TrueEvent(10.125, 29.0, "Türklingel 鈴"),
]

names = pytest.mark.parametrize("form", TRUTH_FORMATS, ids=lambda form: form.name)


@names
def test_a_list_is_read_back(form: TruthFormat) -> None:
    content = form.write(reversed(EVENTS), CLIP).encode()
    reading = read_truth_list(content, clip_name=CLIP.name)
    assert list(reading.events) == sorted(EVENTS)
    assert reading.notices == ()


@names
def test_one_event_is_read_back(form: TruthFormat) -> None:
    for event in (TrueEvent(1.0, 2.0, "Dog"), TrueEvent(0.25, 0.75, "1,000 bees")):
        assert read_truth(form.write([event], CLIP).encode()) == [event]


@names
def test_random_lists_are_read_back(form: TruthFormat) -> None:
    chance = random.Random(7)  # noqa: S311
    labels = [*chance.sample(taxonomy.labels(), 20), "My own", "a;b", "x\\y", "'quoted'", "-3 dB"]
    for _ in range(20):
        events = []
        for _ in range(chance.randrange(1, 40)):
            onset_ms, length_ms = chance.randrange(29_000), chance.randrange(1, 1_000)
            label = chance.choice(labels)
            events.append(TrueEvent(onset_ms / 1000, (onset_ms + length_ms) / 1000, label))
        content = form.write(events, CLIP).encode()
        found = read_truth(content, clip_name=CLIP.name)
        assert [event.label for event in found] == [event.label for event in sorted(events)]
        for one, other in zip(found, sorted(events), strict=True):
            assert (one.onset_s, one.offset_s) == pytest.approx((other.onset_s, other.offset_s))


def test_instants_are_points_of_a_textgrid() -> None:
    (form,) = (form for form in TRUTH_FORMATS if form.name == "textgrid")
    events = [TrueEvent(1.0, 1.0, "Click"), TrueEvent(2.0, 3.0, "Dog")]
    assert read_truth(form.write(events, CLIP).encode()) == events


def test_tiers_of_a_textgrid_have_neither_gaps_nor_overlaps() -> None:
    (form,) = (form for form in TRUTH_FORMATS if form.name == "textgrid")
    text = form.write(EVENTS, CLIP)
    tiers = re.split(r'"IntervalTier"\n.*\n', text)[1:]
    assert len(tiers) == 3
    for tier in tiers:
        _, end, n_intervals, *rows = tier.splitlines()
        times = [(float(rows[at]), float(rows[at + 1])) for at in range(0, len(rows), 3)]
        assert len(times) == int(n_intervals)
        assert times[0][0] == 0
        assert times[-1][1] == float(end) == CLIP.duration_s
        assert all(one[1] == two[0] for one, two in itertools.pairwise(times))


def test_a_jams_file_is_valid() -> None:
    (form,) = (form for form in TRUTH_FORMATS if form.name == "jams")
    loaded = jams.load(io.StringIO(form.write(EVENTS, CLIP)), validate=True, strict=True)
    assert [one.namespace for one in loaded.annotations] == ["tag_audioset", "tag_open"]
    assert len(loaded.annotations[0].data) + len(loaded.annotations[1].data) == len(EVENTS)


def test_a_list_names_its_clip() -> None:
    (form,) = (form for form in TRUTH_FORMATS if form.name == "dcase")
    assert list(read_truths(form.write(EVENTS, CLIP).encode())) == [CLIP.name]


def test_json_has_the_clips_duration() -> None:
    (form,) = (form for form in TRUTH_FORMATS if form.name == "json")
    assert json.loads(form.write(EVENTS, CLIP))["duration_s"] == CLIP.duration_s


def test_every_program_whose_lists_are_read_has_a_format() -> None:
    """Other tables are CSV."""
    written = " ".join(form.title for form in TRUTH_FORMATS).casefold()
    assert all(program.split()[0].casefold() in written for program in {*LISTS} - {"Other tables"})


def test_the_documentation_lists_the_formats() -> None:
    document = (Path(__file__).parents[3] / "docs" / "formats.md").read_text(encoding="utf-8")
    for form in TRUTH_FORMATS:
        assert f"`{form.suffix}`" in document
