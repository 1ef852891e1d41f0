"""The settings of the page: frozen values, and the sidebar that reads them.

Every setting here is bound to the page's address, so that a link reproduces the view.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import streamlit as st

from models.classifier import Contract, Squashing
from models.events import EventRules
from models.runtimes import Runtime
from models.timeline import SMOOTHING_WIDTHS, Aggregation, Timeline

HOPS_S = (0.1, 0.24, 0.48, 0.975)
"""Steps offered: fine, a quarter of a window, half a window (YAMNet's own), no overlap."""

_AGGREGATIONS: dict[str, Aggregation] = {"Mean": "mean", "Maximum": "max"}

Breadth = Literal["all", "specific", "broad"]
"""Show every class, of each line only the most specific one heard, or only the broadest."""

_BREADTHS: dict[str, Breadth] = {"All": "all", "Most specific": "specific", "Broad": "broad"}

GATE_DBFS = (-80, 0)
"""Range of the level gate: below lies the noise of the best recorders."""


@dataclass(frozen=True)
class ModelChoice:
    """What listens.

    Parameters
    ----------
    model : str
        Catalog name, or the SHA-256 of a brought model's file.
    runtime : {'litert', 'tflite'}
        What runs the model.
    sample_rate : int, optional
        Rate of the sound that the model takes, in Hz, where its file does not say.
    head : int, optional
        Which of its outputs is read, where there are several.
    squashing : {'softmax', 'sigmoid'}, optional
        What makes scores of that output's values where they are logits.
    labels_sha256 : str, optional
        SHA-256 of the labels of a brought model, in hexadecimal: its file alone does not say
        them, and two visitors may bring the same one with different lists.
    """

    model: str = "yamnet"
    runtime: Runtime = "litert"
    sample_rate: int | None = None
    head: int | None = None
    squashing: Squashing | None = None
    labels_sha256: str | None = None


@dataclass(frozen=True)
class AnalysisSettings:
    """What the scores depend on: changing one of these runs the model again.

    Parameters
    ----------
    listener : ModelChoice
        What listens.
    hop_s : float
        Step between two windows, in seconds.
    """

    listener: ModelChoice = ModelChoice()
    hop_s: float = 0.48

    def as_dict(self) -> dict[str, Any]:
        """Give the settings by name, without those that the model leaves no choice in."""
        chosen = {name: value for name, value in asdict(self.listener).items() if value is not None}
        return {**chosen, "hop_s": self.hop_s}


@dataclass(frozen=True)
class ViewSettings:
    """What is made of the scores: changing one of these only redraws.

    Parameters
    ----------
    n_classes : int
        Classes shown.
    threshold : float
        Score that an event has to reach, in [0, 1].
    hysteresis : float
        How far below that its score may fall before it ends, in [0, 1].
    merge_gap_s, min_duration_s : float
        Gap that is bridged, and duration below which an event is dropped, in seconds.
    smooth : int
        Width of the median filter over the scores, in windows; 1 is none.
    gate_dbfs : float or None
        Level of a window below which nothing counts as heard; None where the gate is off.
    roll_up : {'all', 'specific', 'broad'}
        What becomes of classes that contain each other.
    only, hidden : tuple of str
        Labels to show alone (all where empty), and labels to hide.
    by : {'mean', 'max'}
        How a class's frames become one score.
    curves : bool
        Whether lanes show scores as curves, in place of colours.
    """

    n_classes: int = 16
    threshold: float = 0.3
    hysteresis: float = 0.0
    merge_gap_s: float = 0.5
    min_duration_s: float = 0.0
    smooth: int = 1
    gate_dbfs: float | None = None
    roll_up: Breadth = "all"
    only: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    by: Aggregation = "mean"
    curves: bool = False

    @property
    def shape(self) -> tuple[object, ...]:
        """What the scores that are shown depend on, beside the analysis."""
        return (self.smooth, self.roll_up == "broad", self.only, self.hidden)

    def rules(self, own: Mapping[str, float]) -> EventRules:
        """Give the part that decides what is an event.

        Parameters
        ----------
        own : mapping of str to float
            Thresholds of single classes, in [0, 1].
        """
        return EventRules(
            self.threshold,
            # Rounded: 0.3 - 0.1 is a hair above 0.2, which a score of 0.2 would not reach.
            max(0.0, round(self.threshold - self.hysteresis, 6)),
            self.merge_gap_s,
            self.min_duration_s,
            tuple(sorted(own.items())),
        )

    def labels(self, timeline: Timeline) -> list[str]:
        """Labels that may be shown, in the model's order."""
        allowed = set(self.only or timeline.labels) - set(self.hidden)
        return [label for label in timeline.labels if label in allowed]

    def top(self, timeline: Timeline, labels: Collection[str]) -> list[tuple[str, float]]:
        """Rank labels that may be shown: the best `n_classes` with their clip scores."""
        allowed = set(labels)
        ranked = timeline.top(len(timeline.labels), by=self.by)
        return [(label, score) for label, score in ranked if label in allowed][: self.n_classes]


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
