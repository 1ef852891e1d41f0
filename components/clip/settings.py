"""Sidebar settings of the page "Clip", all of which the page's address contains."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from components.ui import settings
from components.view.settings import (
    COLOUR_MAPS,
    HOPS_S,
    RANGES_DB,
    TOPS_HZ,
    Breadth,
    SpectrogramSettings,
    ViewSettings,
)
from models.audio.frequency_bands import FrequencyAxis
from models.events.timeline import SMOOTHING_WIDTHS
from models.events.totals import Ranking
from models.inference import Contract

_RANKINGS: dict[str, Ranking] = {"Time": "time", "Mean": "mean", "Maximum": "max"}

_BREADTHS: dict[str, Breadth] = {"All": "all", "Most specific": "specific", "Broad": "broad"}

_AXES: dict[str, FrequencyAxis] = {"Mel": "mel", "Logarithmic": "log", "Linear": "linear"}

GATE_DBFS = (-80, 0)
"""Range of the level gate, in dBFS; the noise of the best recorders is below it."""


def read_hop(contract: Contract) -> float:
    """Draw the choice of the hop and return it in seconds; a fixed hop is shown as disabled."""
    with st.sidebar:
        if contract.hop_samples is not None:
            return _show_fixed_hop(contract.hop_samples / contract.sample_rate)
        window_s = contract.window_samples / contract.sample_rate
        # With a hop longer than the window, audio between windows would not be classified.
        offered = [hop_s for hop_s in HOPS_S if hop_s <= window_s] or [window_s]
        hop_s: float = settings.selectbox(
            "Step between windows (hop, s)",
            offered,
            HOPS_S[2] if HOPS_S[2] in offered else offered[-1],
            format_func=_short,
            name="hop",
            help="Step from one window to the next. Smaller is finer in time and takes longer.",
        )
    return hop_s


def _show_fixed_hop(hop_s: float) -> float:
    st.selectbox(
        "Step between windows (hop, s)",
        (hop_s,),
        format_func=_short,
        key="hop-fixed",
        disabled=True,
        help="Step from one window to the next. This model fixes it: it cuts its windows itself. "
        "YAMNet takes any hop.",
    )
    return hop_s


def _short(value: float) -> str:
    return f"{value:g}"


def read_view_settings(labels: Sequence[str], present: Sequence[str] = ()) -> ViewSettings:
    """Draw the sidebar settings of events and view, and return their values.

    Parameters
    ----------
    labels : sequence of str
        Labels of the model, as options.
    present : sequence of str
        Those that are in the chosen clip, which are offered first.
    """
    with st.sidebar:
        return ViewSettings(**_read_events(), **_read_classes(labels, present))


def read_spectrogram_settings() -> SpectrogramSettings:
    """Draw the sidebar settings of the spectrogram, and return their values."""
    with st.sidebar:
        st.header("Spectrogram")
        axis = settings.selectbox(
            "Frequency axis",
            list(_AXES),
            "Mel",
            name="axis",
            help="Mel is how far apart pitches sound, and the axis of YAMNet; octaves are equally "
            "high on a logarithmic axis, and hertz on a linear one.",
        )
        top_hz = settings.selectbox(
            "Highest frequency",
            list(_TOPS),
            _top(SpectrogramSettings.top_hz),
            name="top-hz",
            help="The models here hear up to 8 kHz. Nyquist is half of the recording's own sample "
            "rate: all that it holds.",
        )
        range_db = settings.slider(
            "Range of levels (dB)",
            *RANGES_DB,
            SpectrogramSettings.range_db,
            10,
            name="range-db",
            help="How far below the loudest sound a level still has a colour of its own.",
        )
        colours = settings.selectbox(
            "Colours",
            COLOUR_MAPS,
            SpectrogramSettings.colours,
            name="colours",
            help="All except Grey are perceptually uniform: equal steps of level look equal.",
        )
    return SpectrogramSettings(_AXES[axis], _TOPS[top_hz], range_db, colours)


def _top(top_hz: int | None) -> str:
    return "Nyquist" if top_hz is None else f"{top_hz // 1_000} kHz"


_TOPS: dict[str, int | None] = {_top(top_hz): top_hz for top_hz in TOPS_HZ}


def _read_events() -> dict[str, Any]:
    st.header("Events")
    rules: dict[str, Any] = {
        "threshold": settings.slider(
            "Score threshold",
            *(0.0, 1.0, ViewSettings.threshold, 0.01),
            name="threshold",
            help="A class counts as heard while its score is at least this.",
        ),
        "hysteresis": settings.slider(
            "Drop until an event ends (hysteresis)",
            *(0.0, 0.5, ViewSettings.hysteresis, 0.01),
            name="hysteresis",
            help="An event that has begun goes on while its score is at most this much below the "
            "threshold: scores that waver give one event, not many.",
        ),
        "merge_gap_s": settings.slider(
            "Merge gap (s)",
            *(0.0, 5.0, ViewSettings.merge_gap_s, 0.1),
            name="gap",
            help="Two events of one class become one if no more than this lies between them.",
        ),
        "min_duration_s": settings.slider(
            "Minimum duration (s)",
            *(0.0, 5.0, ViewSettings.min_duration_s, 0.1),
            name="duration",
            help="Events shorter than this are left out.",
        ),
        "refine": settings.toggle(
            "Edges from the sound",
            default=ViewSettings.refine,
            name="edges",
            help="A window tells what sounds; the level of the sound tells when. Moves the edges "
            "of each event to where its sound begins and ends. Off, they lie on the grid of the "
            "windows.",
        ),
        "smooth": settings.selectbox(
            "Smoothing",
            SMOOTHING_WIDTHS,
            ViewSettings.smooth,
            format_func=lambda width: "Off" if width == 1 else f"Median of {width} windows",
            name="smooth",
            help="Replaces each score by the median of itself and its neighbours: what is heard in "
            "one window alone is ignored.",
        ),
    }
    return {**rules, "gate_dbfs": _read_gate()}


def _read_gate() -> float | None:
    on = settings.toggle(
        "Ignore quiet windows (level gate)",
        name="gated-clip",
        help="Ignores every window that is quieter than the gate.",
    )
    if not on:
        return None
    level_dbfs = settings.level_slider(
        "Quietest level that counts (dBFS)", *GATE_DBFS, -50, name="gate-clip"
    )
    return float(level_dbfs)


def _read_classes(labels: Sequence[str], present: Sequence[str]) -> dict[str, Any]:
    st.header("Classes")
    n_classes = settings.slider(
        "Classes shown",
        *(1, 30, ViewSettings.n_classes),
        name="classes",
        help="How many of the best classes are drawn.",
    )
    ranking = settings.segmented_control(
        "Rank by",
        list(_RANKINGS),
        "Time",
        name="by",
        help="Time ranks classes by how long their events last and how high they score. The mean "
        "score favours what lasts through the clip, silence too; the maximum what stands out once.",
    )
    roll_up = settings.segmented_control(
        "Classes within classes",
        list(_BREADTHS),
        "Most specific",
        name="rollup",
        help="A bark is a dog, and a dog an animal. Show all of them, only the most specific one "
        "that was heard, or only the broadest.",
    )
    first = {"In this clip": present}
    only = settings.classes(
        "Show only",
        labels,
        name="only",
        placeholder="All classes",
        help="Look at these classes and no others. Type to search, or browse.",
        first=first,
    )
    hidden = settings.classes(
        "Hide",
        labels,
        name="hide",
        placeholder="None",
        help="Leave these classes out. Type to search, or browse.",
        first=first,
    )
    curves = settings.toggle(
        "Scores as curves",
        name="curves",
        help="Draws each lane as a curve, in place of colours.",
    )
    return {
        "n_classes": n_classes,
        "by": _RANKINGS[ranking],
        "roll_up": _BREADTHS[roll_up],
        "only": only,
        "hidden": hidden,
        "curves": curves,
    }
