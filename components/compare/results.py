"""Layout of the results of a comparison, from top to bottom."""

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from components.clip.event_table import ROW_PX
from components.compare import listening, summary
from components.compare.lanes import DOWN, UP
from components.compare.listening import Compared
from components.compare.sides import TITLE_LENGTH, Side
from components.style import text
from components.ui import callbacks, downloads, widgets
from components.ui.downloads import Download
from models import export
from models.analysis import Analysis
from models.events.concordance import ClassConcordance
from models.events.timeline import Timeline
from models.inference.window_time import ROUNDS
from models.tflite.runtimes import TITLES

MAX_ROWS = 10
"""Number of classes shown before the table scrolls."""

PREDICTIONS = 6
"""Number of top predictions per model."""

MAX_NAMED = 12
"""Maximum number of named classes that one model detects and the other lacks."""


def show(compared: Compared) -> None:
    """Draw the results of a comparison."""
    found, threshold = compared.found, compared.settings.threshold
    if compared.sides[0].listener == compared.sides[1].listener:
        st.info(
            "The same model on both sides: it agrees with itself. Choose another model or "
            "runtime on one of them.",
            icon=":material/equal:",
        )
    with st.container(key="verdict"):
        st.header(text.escape_markdown(summary.headline(found, threshold)), anchor=False)
        said = summary.details(found, threshold)
        st.markdown("\n".join(f"- {text.escape_markdown(sentence)}" for sentence in said))
    _facts(compared)
    st.fragment(listening.show)(compared)
    if found.classes:
        _classes(compared)
    _alone(compared)
    if found.classes:
        _downloads(compared)


def _facts(compared: Compared) -> None:
    sides, analyses = compared.sides, compared.analyses
    window_times_ms = compared.window_times_ms
    rows = [
        _fact(side, analysis, window_ms)
        for side, analysis, window_ms in zip(sides, analyses, window_times_ms, strict=True)
    ]
    first, second = (text.escape_markdown(f"{side.sign} {side.title}") for side in sides)
    st.table(
        {
            "Property": list(rows[0]),
            first: [text.escape_markdown(value) for value in rows[0].values()],
            second: [text.escape_markdown(value) for value in rows[1].values()],
        }
    )
    paces = (
        summary.Pace(side.title, window_ms, analysis.timeline.n_frames)
        for side, analysis, window_ms in zip(sides, analyses, window_times_ms, strict=True)
    )
    said = text.escape_markdown(summary.faster(*paces))
    st.caption(
        f"{said} This is inference alone, in one thread: the shortest of {ROUNDS} runs of each "
        "model, both in turn."
    )


def _fact(side: Side, analysis: Analysis, window_ms: float) -> dict[str, str]:
    timeline, file = analysis.timeline, side.file
    return {
        "Model": text.shorten(file.title, TITLE_LENGTH),
        "Runtime": TITLES[side.listener.runtime],
        "Classes": f"{len(timeline.labels):,}",
        "File": text.size(file.size_bytes),
        "Windows": f"{timeline.n_frames:,}, each {timeline.window_s:.3g} s",
        "Step between windows (hop)": f"{timeline.hop_s:.3g} s",
        "Time per window": f"{window_ms:.2g} ms",
        "Analysis speed": text.speed(analysis.speed),
    }


def _classes(compared: Compared) -> None:
    found = compared.found
    st.header(f"Class by class ({len(found.classes):,} in common)", anchor=False)
    st.dataframe(
        _columns(found.classes),
        key="classes-table",
        hide_index=True,
        on_select=callbacks.light("classes-table", _listen_to_selected, compared),
        selection_mode="single-row",
        height=(min(len(found.classes), MAX_ROWS) + 1) * ROW_PX + 3,
        column_config={
            "label": st.column_config.TextColumn("Label", width="medium"),
            **{name: _number(title) for name, title in _NUMBERS.items()},
            "largest_at_s": _number(_NUMBERS["largest_at_s"], decimals=2),
        },
    )
    st.caption(
        f"{UP} and {DOWN} are the two models. Difference is the mean over all moments, correlation "
        "Pearson's, none where a score stays the same; F1 counts the seconds in which each hears "
        "the class. Select a row to hear where the two differ most."
    )


def _listen_to_selected(compared: Compared) -> None:
    row = widgets.selected_row("classes-table")
    if row is not None:
        listening.listen_to_class(compared, row)


_NUMBERS = {
    "mean_a": f"Mean {UP}",
    "mean_b": f"Mean {DOWN}",
    "peak_a": f"Peak {UP}",
    "peak_b": f"Peak {DOWN}",
    "mean_difference": "Difference",
    "largest_difference": "Largest",
    "largest_at_s": "Largest at (s)",
    "correlation": "Correlation",
    "f1": "F1",
}


def _number(title: str, decimals: int = 3) -> ColumnConfig:
    return st.column_config.NumberColumn(title, format=f"%.{decimals}f", width="small")


def _columns(classes: Sequence[ClassConcordance]) -> dict[str, list[object]]:
    rows = [export.class_row(each) for each in classes]
    chosen = ("label", *_NUMBERS)
    return {name: [row[name] for row in rows] for name in chosen}


def _alone(compared: Compared) -> None:
    sides, found = compared.sides, compared.found
    st.header("Top predictions", anchor=False)
    timelines = (found.aligned.a, found.aligned.b)
    unshared = (frozenset(found.only_a), frozenset(found.only_b))
    columns = st.columns(2, gap="large")
    for column, side, other, timeline, only in zip(
        columns, sides, reversed(sides), timelines, unshared, strict=True
    ):
        with column:
            _top(side, other, timeline, only)
            _unknown_to_the_other(other, timeline, only, compared.settings.threshold)


def _top(side: Side, other: Side, timeline: Timeline, only: frozenset[str]) -> None:
    top = timeline.top(PREDICTIONS)
    peaks = dict(zip(timeline.labels, timeline.aggregate("max").tolist(), strict=True))
    st.markdown(f"**{side.sign} {text.escape_markdown(side.title)}**")
    st.table(
        {
            "Label": [
                text.escape_markdown(label) + (f" · not in {other.sign}" if label in only else "")
                for label, _ in top
            ],
            "Mean": [f"{score:.2f}" for _, score in top],
            "Peak": [f"{peaks[label]:.2f}" for label, _ in top],
        }
    )


def _unknown_to_the_other(
    other: Side, timeline: Timeline, only: frozenset[str], threshold: float
) -> None:
    if not only:
        st.caption(f"All {len(timeline.labels):,} classes are in {other.sign}, too.")
        return
    ranked = [(label, peak) for label, peak in timeline.top(len(timeline.labels), "max")]
    heard = [(label, peak) for label, peak in ranked if label in only and peak >= threshold]
    classes = "class" if len(timeline.labels) == 1 else "classes"
    said = f"{len(only):,} of its {len(timeline.labels):,} {classes} are not in {other.sign}"
    if heard:
        named = ", ".join(f"{label} {peak:.2f}" for label, peak in heard[:MAX_NAMED])
        more = f" and {len(heard) - MAX_NAMED:,} more" if len(heard) > MAX_NAMED else ""
        said += f". Of these, above the threshold: {named}{more}."
    else:
        said += ", and none of these reaches the threshold."
    st.caption(text.escape_markdown(said))


def _downloads(compared: Compared) -> None:
    recording, found, settings = compared.recording, compared.found, compared.settings
    provenance = export.Provenance(
        clip_name=recording.name,
        clip_digest=recording.digest,
        duration_s=found.aligned.a.duration_s,
        model=" vs ".join(side.title for side in compared.sides),
        model_digest="",
        settings={"hop_s": settings.hop_s, "threshold": settings.threshold},
    )
    drawn = [each.label for each in found.classes[: settings.n_classes]]
    files: tuple[tuple[str, str, Callable[[], str]], ...] = (
        ("classes", "Classes as CSV", partial(export.classes_csv, found)),
        ("scores", "Lanes as CSV", partial(export.aligned_csv, found, drawn)),
    )
    with st.container(horizontal=True):
        for name, title, write in files:
            downloads.button(
                Download(
                    title,
                    export.file_name(provenance, f"compared-{name}.csv"),
                    "text/csv",
                    downloads.writing(write),
                    _HELP[name],
                ),
                place="compared",
                key=f"download-{name}",
            )
    downloads.show_progress("compared")


_HELP = {
    "classes": "All figures of every class that both models have.",
    "scores": "Scores of both at every moment that was compared, for the classes that are drawn.",
}
