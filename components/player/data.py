"""Data sent to the player at each run of the page, with numbers as arrays."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.player.colour_maps import stops
from components.player.shown_clip import NO_TRUTH, ShownClip, TruthMarks
from components.style import text
from components.style.palette import Palette
from components.view.picture import in_steps
from components.view.settings import ColourMap
from models.events import Event, EventRules
from models.events.timeline import Timeline

MAX_COLUMNS = 16_384
"""Maximum number of columns of the lanes' scores: two hours at a hop of 0.48 s, 500 kB for 30
classes. For longer clips several frames share a column, which has their highest score."""


def clip_data(shown: ShownClip, palette: Palette) -> dict[str, Any]:
    """Return the data of a clip in the form that player.js draws.

    Parameters
    ----------
    shown : ShownClip
        The clip with its analysis and settings.
    palette : Palette
        Palette of the page's theme.
    """
    findings = shown.findings
    return {
        **scores_data(
            findings.timeline,
            findings.events,
            findings.lanes(shown.view.n_classes),
            rules=findings.rules,
            palette=palette,
            truth=shown.truth,
            colours=shown.spectrogram.colours,
        ),
        "clip": shown.recording.digest,
        "name": text.shorten(shown.recording.name),
        "range_db": shown.spectrogram.range_db,
        "spectrogram": None,
        "as_curves": shown.view.curves,
        "wish": None,
        "why": None,
    }


def scores_data(
    timeline: Timeline,
    events: Sequence[Event],
    lanes: Sequence[str],
    *,
    rules: EventRules,
    palette: Palette,
    truth: TruthMarks = NO_TRUTH,
    colours: ColourMap = "Viridis",
) -> dict[str, Any]:
    """Return scores and events in the form that player.js draws.

    Parameters
    ----------
    timeline : Timeline
        Scores of the clip.
    events : sequence of Event
        Detected events.
    lanes : sequence of str
        Labels of the lanes, from top to bottom.
    rules : EventRules
        Thresholds and rules of events.
    palette : Palette
        Palette of the page's theme.
    truth : TruthMarks
        True events, and the judgements of `events`.
    colours : ColourMap
        Colour map of the spectrogram.
    """
    shared = -(-timeline.n_frames // MAX_COLUMNS)
    return {
        "duration_s": timeline.duration_s,
        "window_s": timeline.window_s,
        "hop_s": timeline.hop_s,
        "n_frames": timeline.n_frames,
        "lanes": {
            "names": list(lanes),
            "colours": [palette.category(label) for label in lanes],
            "thresholds": [rules.onset_for(label) for label in lanes],
            "frames_per_column": shared,
        },
        "scores": _scores(timeline, lanes, shared),
        "events": _events(events, lanes, timeline.labels),
        "judgements": list(truth.judgements),
        "truth": [
            {
                "onset": mark.onset_s,
                "offset": mark.offset_s,
                "label": mark.label,
                "state": mark.state,
                "number": mark.number,
                "name": mark.name,
            }
            for mark in truth.marks
        ],
        "threshold": rules.threshold,
        "palette": _look(palette, colours),
    }


def _scores(timeline: Timeline, lanes: Sequence[str], shared: int) -> NDArray[np.uint8]:
    column_of = {label: column for column, label in enumerate(timeline.labels)}
    scores = timeline.scores[:, [column_of[label] for label in lanes]]
    firsts = np.arange(0, timeline.n_frames, shared)
    highest = np.maximum.reduceat(scores, firsts, axis=0) if shared > 1 else scores
    return in_steps(highest.T).ravel()


def _events(
    events: Sequence[Event], lanes: Sequence[str], labels: Sequence[str]
) -> NDArray[np.float64]:
    """Return a flat array of onset, offset, lane (-1 for no lane) and class index per event."""
    lane_of = {label: lane for lane, label in enumerate(lanes)}
    index_of = {label: index for index, label in enumerate(labels)}
    rows = [(e.onset_s, e.offset_s, lane_of.get(e.label, -1), index_of[e.label]) for e in events]
    return np.array(rows, np.float64).ravel()


def _look(palette: Palette, colour_map: ColourMap) -> dict[str, Any]:
    names = ("text", "muted", "grid", "sound", "score", "outline", "warn", "lane", "head", "page")
    colours = {name: getattr(palette, name) for name in names}
    return {
        "colours": {**colours, "on-score": palette.on_score, "border": palette.grid},
        "levels": stops(colour_map, palette),
        "categories": list(palette.categories.items()),
    }
