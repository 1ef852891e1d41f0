"""Figures of a clip for the list: peaks, events of classes, and the strip of its timeline."""

import base64
import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest

from components.clip import heat_map, search, timeline_strip
from components.clip.clip_figures import (
    ClipFigures,
    Hits,
    Query,
    asked_columns,
    columns,
    events_of,
    figures_of,
    sum_up,
    total,
)
from components.style.palette import DARK, LIGHT
from components.view.findings import find, shaped
from components.view.settings import ViewSettings
from models.analysis import Analysis, analyse
from models.audio import timing
from models.demonstration import demonstration_recording
from models.events.timeline import Timeline
from models.inference import Classifier

VIEW = ViewSettings()


@pytest.fixture(scope="module")
def analysis(builtin: Classifier) -> Analysis:
    return analyse(
        demonstration_recording(), builtin, hop_s=0.48, max_duration_s=100, progress=lambda _: None
    )


def timeline(scores: list[list[float]], labels: tuple[str, ...]) -> Timeline:
    onsets_s = timing.frame_onsets_s(len(scores), 7_680, 16_000)
    made = np.array(scores, np.float32)
    return Timeline(made, onsets_s, 0.975, 0.48, labels, 0.48 * len(scores) + 0.495)


def test_each_class_has_its_highest_score_and_the_window_of_it(analysis: Analysis) -> None:
    figures, scores = figures_of(analysis, VIEW, {}), analysis.timeline
    for label in ("Siren", "Dog", "Rain"):
        column = scores.scores[:, scores.labels.index(label)]
        onset_s, offset_s = figures.best(label)
        assert figures.peak(label) == column.max()
        assert onset_s == scores.onsets_s[column.argmax()]
        assert offset_s == pytest.approx(min(onset_s + scores.window_s, scores.duration_s))
    assert figures.peak("Wombat") == 0


def test_events_and_words_are_those_of_the_clip_itself(analysis: Analysis) -> None:
    found = find(shaped(analysis.timeline, VIEW), analysis, VIEW, {})
    figures = figures_of(analysis, VIEW, {})
    assert figures.hits.n_events == len(found.events)
    assert figures.summary == found.summary
    assert set(figures.named) <= {event.label for event in found.events}
    own = {event.label: 1.0 for event in found.events}
    assert figures_of(analysis, VIEW, own).hits.n_events < len(found.events)


def test_what_is_below_the_gate_has_no_score(analysis: Analysis) -> None:
    silent = figures_of(analysis, replace(VIEW, gate_dbfs=0.0), {})
    assert not silent.peaks.any()
    assert silent.hits.n_events == 0


def test_a_question_finds_the_events_of_its_classes_however_others_are_shown(
    analysis: Analysis,
) -> None:
    query = Query(("Rain", "Wombat"), 0.4)
    found = events_of(analysis, VIEW, query)
    assert found
    assert {event.label for event in found} == {"Rain"}
    assert min(event.peak for event in found) >= 0.4
    for other in (replace(VIEW, roll_up="broad"), replace(VIEW, hidden=("Rain",), threshold=0.9)):
        assert list(events_of(analysis, other, query)) == list(found)
    assert not events_of(analysis, VIEW, Query(("Wombat",), 0.0))


def test_sums_of_clips_are_sums_of_their_events(analysis: Analysis) -> None:
    dogs = events_of(analysis, VIEW, Query(("Dog",), 0.3))
    rain = events_of(analysis, VIEW, Query(("Rain",), 0.3))
    both = total([sum_up(dogs), sum_up(rain), sum_up([])])
    assert both.n_events == len(dogs) + len(rain)
    assert both.best == max([*dogs, *rain], key=lambda one: one.peak)
    assert both.duration_s == pytest.approx(sum(e.offset_s - e.onset_s for e in [*dogs, *rain]))
    assert total([]).best is None


def figures(*named: str) -> ClipFigures:
    labels = ("Bark", "Dog", "Rain")
    peaks = np.array([0.1, 0.2, 0.3], np.float32)
    best_s = np.array([[0.0, 1.0], [1.0, 2.0], [2.0, 3.0]])
    return ClipFigures(labels, peaks, best_s, 9.0, sum_up([]), "Rain.", named)


def test_columns_are_what_was_asked_for_else_what_stands_for_most_clips() -> None:
    clips = [figures("Dog", "Rain"), figures("Rain"), figures("Bark")]
    query = Query(("Siren", "Dog"))
    hits = [Hits(1, None, 1.0, (("Dog", 1),)), Hits(2, None, 1.0, (("Bark", 2),))]
    assert asked_columns(query, [], 9) == ["Siren", "Dog"]
    assert asked_columns(query, hits, 9) == ["Siren", "Dog", "Bark"]
    assert asked_columns(query, hits, 1) == ["Siren"]
    assert columns(clips, 9) == ["Bark", "Dog", "Rain"]
    assert columns(clips, 1) == ["Rain"]


def test_a_heat_map_has_a_point_for_each_cell_row_by_row() -> None:
    rows = [heat_map.HeatMapRow(f"key {n}", f"<b>{n}</b>.wav", figures("Dog")) for n in range(3)]
    drawn = heat_map.figure(rows, ["Dog", "Rain"], selected=1, palette=LIGHT)
    cells, points = drawn.data
    np.testing.assert_array_equal(cells.z, np.array([[0.2, 0.3]] * 3, np.float32))
    assert list(zip(points.y, points.x, strict=True)) == [(r, c) for r in range(3) for c in (0, 1)]
    assert "highest score 0.30 at 2.00 s" in points.hovertext[1]
    assert "<b>2</b>" not in points.hovertext[5], "names are text"
    bold = [name.startswith("<b>") for name in drawn.layout.yaxis.ticktext]
    assert bold == [False, True, False]


BAR = re.compile(
    r'<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)" fill="(#\w+)"'
)


def bars(drawn: timeline_strip.Strip) -> list[tuple[float, float, str]]:
    """Where each bar begins, how high it is, and its colour."""
    kind, _, content = drawn.url.partition(",")
    assert kind == "data:image/svg+xml;base64"
    svg = base64.b64decode(content).decode()
    ET.fromstring(svg)  # noqa: S314  # made here
    return [(float(one[0]), float(one[3]), one[4]) for one in BAR.findall(svg)]


def test_a_strip_has_the_colour_of_the_best_class_as_high_as_its_score() -> None:
    scores = timeline([[0.9, 0.2], [0.05, 0.02], [0.3, 0.6]], ("Dog", "Rain"))
    (first, height, colour), (last, lower, other) = bars(timeline_strip.draw(scores, (), LIGHT))
    assert (first, colour) == (0, LIGHT.category("Dog"))
    assert (last, other) == (
        pytest.approx(timeline_strip.WIDTH * 2 / 3, abs=0.1),
        LIGHT.category("Rain"),
    )
    assert height > lower > 0
    ((_, _, asked),) = bars(timeline_strip.draw(scores, ("Rain", "Wombat"), DARK))[1:]
    assert asked == DARK.category("Rain")


def test_a_strip_of_a_long_clip_shows_the_shortest_sound_and_stays_small() -> None:
    scores = np.zeros((20_000, 2), np.float32)
    scores[12_345, 0] = 1.0
    drawn = timeline_strip.draw(timeline(scores.tolist(), ("Dog", "Rain")), (), LIGHT)
    assert len(bars(drawn)) == 1
    busy = timeline_strip.draw(timeline(np.ones((20_000, 2)).tolist(), ("Dog", "Rain")), (), LIGHT)
    assert len(bars(busy)) == timeline_strip.COLUMNS
    assert busy.n_bytes < 20_000


def test_the_answer_counts_clips_and_events() -> None:
    hits = [Hits(2, None, 1.0), Hits(0, None, 0.0), Hits(1, None, 1.0)]
    told = search.answer(Query(("Dog", "Bee, wasp, etc."), 0.45), hits, 4)
    assert told.startswith(
        "**Dog** or **Bee, wasp, etc\\.** in 2 of 4 clips: 3 events with a score of 0.45 or more."
    )
    assert "1 are not analysed" not in told
    assert "One is not analysed yet" in told
    none = search.answer(Query(("Dog",), 0.3), [Hits(0, None, 0.0)], 1)
    assert none == "No clip has **Dog** or a subclass with a score of 0.30 or more."


def test_the_answer_says_which_subclasses_were_found() -> None:
    hits = [
        Hits(3, None, 1.0, (("Bark", 2), ("Dog", 1))),
        Hits(2, None, 1.0, (("Howl", 1), ("Dog", 1))),
    ]
    told = search.answer(Query(("Dog",), 0.3), hits, 2)
    assert told.endswith("5 events with a score of 0.30 or more (2 Bark, 2 Dog, 1 Howl).")
    every = tuple((f"Class {number}", 2) for number in range(9))
    told = search.answer(Query(("Dog",), 0.3), [Hits(18, None, 1.0, every)], 1)
    assert told.endswith("2 Class 5, 6 of other subclasses).")
