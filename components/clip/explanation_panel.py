"""Panel "Why?": scores at an instant, and why each class is or is not an event."""

import html
from typing import Any

import streamlit as st

from components.clip import explanation_text
from components.style import figures, text
from components.style.palette import palette_for
from components.view.findings import Findings
from components.workspace.current import current
from models.analysis import Analysis
from models.events import taxonomy
from models.events.explain import Explanation, Verdict, course, explain

COURSE_S = 6.0
"""Length of the stretch for which a score is drawn over time, in seconds."""

BRIEF = 3
"""Number of verdicts shown beside the picture."""

PREDICTIONS = 5
"""Number of classes named for a selection."""


def explanation_at(instant_s: float, findings: Findings, analysis: Analysis) -> Explanation:
    """Return the explanation of an instant under the page's settings.

    Parameters
    ----------
    instant_s : float
        The instant, in seconds.
    findings, analysis
        Findings and analysis of the same clip.
    """
    return explain(
        findings.timeline,
        instant_s,
        findings.rules,
        labels=findings.labels,
        audible=findings.audible,
        levels_dbfs=analysis.window_levels_dbfs,
        also=[e.label for e in findings.events if e.onset_s <= instant_s <= e.offset_s],
        events=findings.events,
        found=findings.found,
    )


def in_brief(explanation: Explanation, clip_s: float) -> dict[str, Any]:
    """Return the first verdicts on a clip of `clip_s` seconds, as shown beside the picture."""
    first = explanation.verdicts[:BRIEF]
    return {
        "at_s": explanation.at_s,
        "rows": [
            [verdict.label, f"{explanation_text.sentence(verdict, clip_s)}."] for verdict in first
        ],
    }


def show(
    findings: Findings,
    explanation: Explanation | None,
    *,
    selection_s: list[float] | None,
    focus: str = "",
) -> None:
    """Draw the panel.

    Parameters
    ----------
    findings : Findings
        Findings of the clip.
    explanation : Explanation or None
        Explanation of the selected instant; None before one was selected.
    selection_s : list of float or None
        Start and end of the selection, in seconds.
    focus : str
        Label of the clicked event, whose score is drawn first.
    """
    if selection_s:
        _selection(findings, *selection_s)
    if explanation is None:
        st.header("Why?", anchor=False)
        st.markdown(
            "Click anywhere in the picture: this explains the scores there, and why each class is, "
            "or is not, an event."
        )
        return
    clip_s = findings.timeline.duration_s
    st.header(f"Why? At {text.instant(explanation.at_s, clip_s)}", anchor=False)
    st.caption(text.escape_markdown(f"{explanation_text.circumstances(explanation, clip_s)}."))
    st.button(
        "Hear this window",
        icon=":material/hearing:",
        on_click=current().view.make_wish,
        args=(explanation.window_begin_s, explanation.window_end_s),
    )
    st.html(_list(explanation, clip_s))
    _course(findings, explanation, focus)


def _selection(findings: Findings, begin_s: float, end_s: float) -> None:
    timeline, allowed = findings.timeline, set(findings.labels)
    begin, end = (text.instant(edge_s, timeline.duration_s) for edge_s in (begin_s, end_s))
    st.header(f"Selection: {begin} to {end}", anchor=False)
    frames = timeline.frames_between(begin_s, end_s)
    ranked = timeline.top(len(timeline.labels), frames=frames)
    best = [(label, score) for label, score in ranked if label in allowed][:PREDICTIONS]
    words = " · ".join(f"{label} {score:.2f}" for label, score in best)
    st.caption(text.escape_markdown(f"On average: {words}"))


def _list(explanation: Explanation, clip_s: float) -> str:
    """Return an HTML list with an item per class, whose text wraps unlike a table's."""
    rows = "".join(
        f'<li class="{"heard" if verdict.is_heard else "not"}">'
        f"<b>{html.escape(verdict.label)}</b> <i>{verdict.score:.2f}</i>"
        f"<small>{html.escape(_kind_of(verdict))}</small>"
        f"<p>{html.escape(explanation_text.sentence(verdict, clip_s))}.</p></li>"
        for verdict in explanation.verdicts
    )
    return f'<ol class="verdicts">{rows}</ol>'


def _kind_of(verdict: Verdict) -> str:
    *broader, _ = taxonomy.path(verdict.label)
    return " > ".join(broader)


def _course(findings: Findings, explanation: Explanation, focus: str) -> None:
    labels = [verdict.label for verdict in explanation.verdicts]
    first = labels.index(focus) if focus in labels else 0
    # Without a key: different options create a new widget with the default selection.
    label = st.selectbox("Course of the score", labels, index=first)
    times_s, scores = course(findings.timeline, label, explanation.at_s, COURSE_S)
    threshold = findings.rules.onset_for(label)
    st.plotly_chart(
        figures.course_figure(
            times_s,
            scores,
            label=label,
            at_s=explanation.at_s,
            threshold=threshold,
            palette=palette_for(st.context.theme.type),
            clip_s=findings.timeline.duration_s,
        ),
        key="course",
        theme=None,
        config=figures.CONFIG,
        alt=f"Score of {label} around "
        f"{text.instant(explanation.at_s, findings.timeline.duration_s)}; "
        f"threshold {threshold:.2f}",
    )
