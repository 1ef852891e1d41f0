"""The sidebar's settings of the page "Clip".

Every setting here is bound to the page's address, so that a link reproduces the view.
"""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from components.workspace.settings import HOPS_S, Breadth, ViewSettings
from models.classifier import Contract
from models.timeline import SMOOTHING_WIDTHS, Aggregation

_AGGREGATIONS: dict[str, Aggregation] = {"Mean": "mean", "Maximum": "max"}

_BREADTHS: dict[str, Breadth] = {"All": "all", "Most specific": "specific", "Broad": "broad"}

GATE_DBFS = (-80, 0)
"""Range of the level gate: below lies the noise of the best recorders."""


def read_hop(contract: Contract) -> float:
    """Draw the sidebar's choice of the hop, unless the model fixes it, and read it in seconds."""
    with st.sidebar:
        if contract.hop_samples is not None:
            return _show_fixed_hop(contract.hop_samples / contract.sample_rate)
        window_s = contract.window_samples / contract.sample_rate
        # Sound between two windows that do not touch would go unheard.
        offered = [hop_s for hop_s in HOPS_S if hop_s <= window_s] or [window_s]
        hop_s: float = st.selectbox(
            "Hop (s)",
            offered,
            index=len(offered) - 1 if HOPS_S[2] not in offered else offered.index(HOPS_S[2]),
            format_func=_short,
            key="hop",
            bind="query-params",
            help="Step from one window to the next. Smaller is finer in time and takes longer.",
        )
    return hop_s


def _show_fixed_hop(hop_s: float) -> float:
    st.selectbox(
        "Hop (s)",
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


def read_view_settings(labels: Sequence[str]) -> ViewSettings:
    """Draw the sidebar's settings of events and view, and read them.

    Parameters
    ----------
    labels : sequence of str
        The model's labels, to choose from.
    """
    with st.sidebar:
        return ViewSettings(**_read_events(), **_read_classes(labels))


def _read_events() -> dict[str, Any]:
    st.subheader("Events")
    settings: dict[str, Any] = {
        "threshold": st.slider(
            "Score threshold",
            *(0.0, 1.0, ViewSettings.threshold, 0.01),
            key="threshold",
            bind="query-params",
            help="A class counts as heard while its score is at least this.",
        ),
        "hysteresis": st.slider(
            "Hysteresis",
            *(0.0, 0.5, ViewSettings.hysteresis, 0.01),
            key="hysteresis",
            bind="query-params",
            help="An event that has begun goes on while its score is at most this much below the "
            "threshold: scores that waver give one event, not many.",
        ),
        "merge_gap_s": st.slider(
            "Merge gap (s)",
            *(0.0, 5.0, ViewSettings.merge_gap_s, 0.1),
            key="gap",
            bind="query-params",
            help="Two events of one class become one if no more than this lies between them.",
        ),
        "min_duration_s": st.slider(
            "Minimum duration (s)",
            *(0.0, 5.0, ViewSettings.min_duration_s, 0.1),
            key="duration",
            bind="query-params",
            help="Events shorter than this are left out.",
        ),
        "smooth": st.selectbox(
            "Smoothing",
            SMOOTHING_WIDTHS,
            format_func=lambda width: "Off" if width == 1 else f"Median of {width} windows",
            key="smooth",
            bind="query-params",
            help="Replaces each score by the median of itself and its neighbours: what is heard in "
            "one window alone is passed over.",
        ),
    }
    return {**settings, "gate_dbfs": _read_gate()}


def _read_gate() -> float | None:
    on = st.toggle(
        "Level gate",
        key="gated-clip",
        bind="query-params",
        help="Passes over every window that is quieter than the gate.",
    )
    if not on:
        return None
    level_dbfs = st.slider("Gate (dBFS)", *GATE_DBFS, -50, key="gate-clip", bind="query-params")
    return float(level_dbfs)


def _read_classes(labels: Sequence[str]) -> dict[str, Any]:
    st.subheader("Classes")
    n_classes = st.slider(
        "Classes shown",
        *(1, 30, ViewSettings.n_classes),
        key="classes",
        bind="query-params",
        help="How many of the best classes are drawn.",
    )
    aggregation = st.segmented_control(
        "Clip score",
        list(_AGGREGATIONS),
        default="Mean",
        required=True,
        key="by",
        bind="query-params",
        help="Mean favours what lasts through the clip, maximum what stands out once.",
    )
    roll_up = st.segmented_control(
        "Classes within classes",
        list(_BREADTHS),
        default="All",
        required=True,
        key="rollup",
        bind="query-params",
        help="A bark is a dog, and a dog an animal. Show all of them, only the most specific one "
        "that was heard, or only the broadest.",
    )
    only = st.multiselect(
        "Show only",
        labels,
        key="only",
        bind="query-params",
        placeholder="All classes",
        help="Look at these classes and no others. Type to search.",
    )
    hidden = st.multiselect(
        "Hide",
        labels,
        key="hide",
        bind="query-params",
        placeholder="None",
        help="Leave these classes out. Type to search.",
    )
    curves = st.toggle(
        "Scores as curves",
        key="curves",
        bind="query-params",
        help="Draws each lane as a curve, in place of colours.",
    )
    return {
        "n_classes": n_classes,
        "by": _AGGREGATIONS[aggregation],
        "roll_up": _BREADTHS[roll_up],
        "only": tuple(only),
        "hidden": tuple(hidden),
        "curves": curves,
    }
