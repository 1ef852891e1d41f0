"""The settings of the page: frozen values, and the sidebar that reads them.

Every setting is bound to the page's address, so that a link reproduces the view.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from components.figures import View
from models.catalog import CATALOG
from models.runtimes import TITLES, Runtime, available_runtimes
from models.timeline import Aggregation, Timeline

HOPS_S = (0.1, 0.24, 0.48, 0.975)
"""Steps offered: fine, a quarter of a window, half a window (YAMNet's own), no overlap."""

_AGGREGATIONS: dict[str, Aggregation] = {"Mean": "mean", "Maximum": "max"}
_VIEWS: dict[str, View] = {"Heatmap": "heatmap", "Lines": "lines"}


@dataclass(frozen=True)
class AnalysisSettings:
    """What the scores depend on: changing one of these runs the model again.

    Parameters
    ----------
    model : str
        Catalog name.
    runtime : {'litert', 'tflite'}
        What runs the model.
    hop_s : float
        Step between two windows, in seconds.
    """

    model: str = "yamnet"
    runtime: Runtime = "litert"
    hop_s: float = 0.48


@dataclass(frozen=True)
class ViewSettings:
    """What is made of the scores: changing one of these only redraws.

    Parameters
    ----------
    n_classes : int
        Classes shown.
    threshold : float
        Score from which a class counts as heard, in [0, 1].
    merge_gap_s, min_duration_s : float
        Gap that is bridged, and duration below which an event is dropped, in seconds.
    smooth : bool
        Whether each score is replaced by the median of itself and its neighbours first.
    only, hidden : tuple of str
        Labels to show alone (all where empty), and labels to hide.
    by : {'mean', 'max'}
        How a class's frames become one score.
    """

    n_classes: int = 16
    threshold: float = 0.3
    merge_gap_s: float = 0.5
    min_duration_s: float = 0.0
    smooth: bool = False
    only: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    by: Aggregation = "mean"

    def labels(self, timeline: Timeline) -> list[str]:
        """Labels that may be shown, in the model's order."""
        allowed = set(self.only or timeline.labels) - set(self.hidden)
        return [label for label in timeline.labels if label in allowed]

    def top(self, timeline: Timeline, by: Aggregation | None = None) -> list[tuple[str, float]]:
        """Rank the labels that may be shown: the best `n_classes` with their scores."""
        allowed = set(self.labels(timeline))
        ranked = timeline.top(len(timeline.labels), by=self.by if by is None else by)
        return [(label, score) for label, score in ranked if label in allowed][: self.n_classes]


def read_analysis_settings() -> AnalysisSettings:
    """Draw the sidebar's choice of model, runtime and hop, and read it."""
    chosen = read_model_settings()
    with st.sidebar:
        hop_s = st.selectbox(
            "Hop (s)",
            HOPS_S,
            index=HOPS_S.index(AnalysisSettings.hop_s),
            format_func=lambda hop: f"{hop:g}",
            key="hop",
            bind="query-params",
            help="Step from one window to the next. Smaller is finer in time and takes longer.",
        )
    return replace(chosen, hop_s=hop_s)


def read_model_settings() -> AnalysisSettings:
    """Draw the sidebar's choice of model and runtime, and read it."""
    with st.sidebar:
        st.subheader("Model")
        model = st.selectbox(
            "Model",
            list(CATALOG),
            format_func=lambda name: CATALOG[name].title,
            key="model",
            bind="query-params",
            help="What listens. YAMNet knows 521 kinds of sound.",
        )
        runtime = st.selectbox(
            "Runtime",
            available_runtimes(),
            format_func=TITLES.__getitem__,
            key="runtime",
            bind="query-params",
            help="What runs the model. Both give nearly the same scores; LiteRT is faster.",
        )
    return AnalysisSettings(model, runtime)


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
    return {
        "threshold": st.slider(
            "Score threshold",
            *(0.0, 1.0, ViewSettings.threshold, 0.01),
            key="threshold",
            bind="query-params",
            help="A class counts as heard while its score is at least this.",
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
        "smooth": st.toggle(
            "Smooth",
            key="smooth",
            bind="query-params",
            help="Passes over what is heard in one window alone: the median of three scores.",
        ),
    }


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
    by = _AGGREGATIONS[aggregation]
    return {"n_classes": n_classes, "by": by, "only": tuple(only), "hidden": tuple(hidden)}


def read_view() -> View:
    """Draw the switch between heatmap and lines, and read it."""
    name = st.segmented_control(
        "Class timelines as",
        list(_VIEWS),
        default="Heatmap",
        required=True,
        key="view",
        bind="query-params",
        label_visibility="collapsed",
    )
    return _VIEWS[name]
