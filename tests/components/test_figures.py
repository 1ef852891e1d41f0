import numpy as np
import plotly.graph_objects as go
import pytest

from components.figures import MAX_COLUMNS, bars_figure, clip_figure
from components.palette import LIGHT
from models import timing
from models.envelope import min_max_envelope
from models.events import find_events
from models.spectrogram import log_mel
from models.timeline import Timeline

LABELS = ("Speech", "Conversation, <b>loud</b>", "Dog")


def timeline(n_frames: int) -> Timeline:
    scores = np.zeros((n_frames, 3), np.float32)
    scores[n_frames // 2, 1] = 0.9
    scores[:, 0] = 0.5
    onsets_s = timing.frame_onsets_s(n_frames, 7_680, 16_000)
    return Timeline(scores, onsets_s, 0.975, 0.48, LABELS, onsets_s[-1] + 0.975)


def figure(n_frames: int, view: str = "heatmap", labels: tuple[str, ...] = LABELS) -> go.Figure:
    scores = timeline(n_frames)
    samples = np.sin(np.arange(round(scores.duration_s * 16_000)) / 5).astype(np.float32)
    return clip_figure(
        min_max_envelope(samples, 16_000),
        log_mel(samples, 16_000),
        scores,
        find_events(scores, 0.3),
        labels=labels,
        threshold=0.3,
        view=view,
        palette=LIGHT,
    )


def traces(drawn: go.Figure, kind: str) -> list[object]:
    return [trace for trace in drawn.data if trace.type == kind]


def test_a_cell_of_the_heatmap_lies_on_its_frames_time() -> None:
    scores = timeline(20)
    _, heatmap = traces(figure(20), "heatmap")
    np.testing.assert_allclose(heatmap.x, scores.edges_s)
    np.testing.assert_array_equal(heatmap.z, scores.scores.T)


def test_a_short_event_survives_on_a_long_picture() -> None:
    spectrogram, heatmap = traces(figure(7_500), "heatmap")
    assert np.shape(heatmap.z)[1] <= MAX_COLUMNS
    assert np.max(heatmap.z[1]) == np.float32(0.9)
    column = int(np.argmax(heatmap.z[1]))
    middle_s = timeline(7_500).edges_s[3_750]
    assert heatmap.x[column] <= middle_s < heatmap.x[column + 1]
    assert np.shape(spectrogram.z)[1] <= 1_200


def test_every_event_is_outlined_in_its_lane() -> None:
    scores = timeline(20)
    waveform, outlines = traces(figure(20), "scatter")
    events = find_events(scores, 0.3)
    assert sum(value is None for value in outlines.x) == len(events) == 2
    corners = {(x, round(y)) for x, y in zip(outlines.x, outlines.y, strict=True) if x is not None}
    assert (events[0].offset_s, 0) in corners
    assert (events[1].onset_s, 1) in corners
    assert max(waveform.x) == pytest.approx(scores.duration_s, abs=0.01)


def test_lines_show_one_course_per_class() -> None:
    drawn = figure(20, view="lines")
    lines = [trace for trace in traces(drawn, "scatter") if trace.name]
    assert len(lines) == 3
    assert {trace.yaxis for trace in lines} == {"y3"}
    np.testing.assert_array_equal(lines[0].y, timeline(20).scores[:, 0])


def test_labels_are_text_and_no_markup() -> None:
    assert "<b>loud" not in figure(20).to_json()
    top = [(LABELS[1], 0.9)]
    drawn = bars_figure(top, peaks={LABELS[1]: 1.0}, threshold=0.3, palette=LIGHT).to_json()
    assert "&lt;b&gt;loud" in drawn or "\\u0026lt;b\\u0026gt;loud" in drawn


def test_only_the_classes_asked_for_are_drawn() -> None:
    _, heatmap = traces(figure(20, labels=("Dog",)), "heatmap")
    assert np.shape(heatmap.z) == (1, 20)


def test_no_class_at_all_is_drawn_without_complaint() -> None:
    assert figure(20, labels=()).layout.height > 0


def test_bars_show_clip_scores_and_colour_what_was_heard() -> None:
    top = [("Speech", 0.2), ("Dog", 0.1)]
    drawn = bars_figure(top, peaks={"Speech": 0.8, "Dog": 0.1}, threshold=0.3, palette=LIGHT)
    _, bars, ticks, _, _ = drawn.data
    assert list(bars.marker.color) == [LIGHT.score, LIGHT.below]
    assert list(bars.x) == [0.2, 0.1]
    assert list(ticks.x) == [0.8, 0.1]
