"""List of the clips on the page: search, table, heat map, export, and steps between clips."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from components.clip import (
    clip_steps,
    clips_export,
    event_table,
    heat_map,
    search,
    segments_panel,
    timeline_strip,
    unreadable,
)
from components.clip.analysed_clip import AnalysedClip
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
from components.style import text
from components.style.palette import palette_for
from components.ui import downloads, settings, widgets
from components.view.findings import shaped
from components.view.settings import AnalysisSettings, ViewSettings
from components.workspace.current import current
from components.workspace.recordings import Recording
from models.analysis import Analysis
from models.errors import EarmarkError
from models.events import taxonomy
from models.jobs.job import Job

MAX_ROWS = 10
"""Number of clips that the table shows before it scrolls."""

MAX_SCORES = 8
"""Maximum number of classes with a column of scores."""

_PLACE = "all-clips"
_TABLE, _HEAT_MAP = "Table", "Heat map"


@dataclass(frozen=True, eq=False)
class _ListedClip:
    """A clip of the list.

    Parameters
    ----------
    recording : Recording
        The file.
    analysed : AnalysisSettings
        Settings of the analysis.
    analysis : Analysis or None
        Its analysis; None until it has ended.
    figures : ClipFigures or None
        Its figures.
    hits : Hits or None
        The events of the classes that are asked for; None if nothing is asked.
    """

    recording: Recording
    analysed: AnalysisSettings
    analysis: Analysis | None = None
    figures: ClipFigures | None = None
    hits: Hits | None = None

    def stretch(self) -> clip_steps.Stretch | None:
        """Return the best event of the classes that are asked for, onset and offset in seconds."""
        best = self.hits.best if self.hits is not None else None
        return None if best is None else (best.onset_s, best.offset_s)


def choose(
    recordings: Sequence[Recording],
    jobs: Sequence[Job[Analysis] | None],
    analysed: Sequence[AnalysisSettings],
    view: ViewSettings,
    labels: Sequence[str],
) -> int | None:
    """Draw the list, and return the index of the selected recording.

    The list is not drawn for a single recording.

    Parameters
    ----------
    recordings : sequence of Recording
        Recordings of the workspace, in the order of the list.
    jobs : sequence of Job or None
        Analysis of each recording; None if it was not started.
    analysed : sequence of AnalysisSettings
        Settings of the analysis of each recording.
    view : ViewSettings
        Settings of events and display.
    labels : sequence of str
        Labels of the model.

    Returns
    -------
    int or None
        Index in `recordings`; None if no recording could be analysed.
    """
    if len(recordings) == 1:
        return 0
    st.header(f"{len(recordings):,} clips", anchor=False)
    with st.container(horizontal=True, key="search", vertical_alignment="top"):
        query = search.read(labels)
        form = settings.segmented_control("View", [_TABLE, _HEAT_MAP], _TABLE, name="clips-as")
    entries, failed = _entries(recordings, jobs, analysed, view, query)
    shown = _matching(entries, query)
    if query.labels:
        st.markdown(search.answer(query, _hits(entries), len(entries)))
    at = _place(shown)
    if at is None:
        if query.labels and entries:
            _tell_closest(entries, query)
        place = _place(entries)
        selected = None if place is None else entries[place]
    else:
        if form == _TABLE or not any(one.figures for one in shown):
            _table(shown, at, query, view)
        else:
            _heat_map(shown, at, query)
        _offer_exports(shown, query, view)
        keys = [one.recording.key for one in shown]
        clip_steps.steps(keys, [one.stretch() for one in shown], at)
        selected = shown[at]
    unreadable.show(
        [(one.recording, error) for one, error in failed], [one.analysed for one, _ in failed]
    )
    return None if selected is None else list(recordings).index(selected.recording)


def _entries(
    recordings: Sequence[Recording],
    jobs: Sequence[Job[Analysis] | None],
    analysed: Sequence[AnalysisSettings],
    view: ViewSettings,
    query: Query,
) -> tuple[list[_ListedClip], list[tuple[_ListedClip, EarmarkError]]]:
    """Return the clips, and those that could not be analysed with their errors."""
    entries: list[_ListedClip] = []
    failed: list[tuple[_ListedClip, EarmarkError]] = []
    for recording, job, how in zip(recordings, jobs, analysed, strict=True):
        entry = _ListedClip(recording, how)
        if job is not None and job.done:
            try:
                entry = _entry(recording, how, job.result(), view, query)
            except EarmarkError as error:
                failed.append((entry, error))
                continue
        entries.append(entry)
    return entries, failed


def _entry(
    recording: Recording,
    analysed: AnalysisSettings,
    analysis: Analysis,
    view: ViewSettings,
    query: Query,
) -> _ListedClip:
    chosen = current().view
    own = tuple(sorted(chosen.thresholds.items()))
    key = recording.digest, analysed, view
    figures = chosen.rows.get(
        (recording.digest, ClipFigures, *key, own),
        lambda: figures_of(analysis, view, chosen.thresholds),
    )
    hits = None
    if query.labels:
        hits = chosen.rows.get(
            (recording.digest, Hits, *key, query), lambda: sum_up(events_of(analysis, view, query))
        )
    assert isinstance(figures, ClipFigures)  # noqa: S101
    assert hits is None or isinstance(hits, Hits)  # noqa: S101
    return _ListedClip(recording, analysed, analysis, figures, hits)


def _matching(entries: Sequence[_ListedClip], query: Query) -> list[_ListedClip]:
    """Return the clips to list: with a question those that it finds, the best first."""
    if not query.labels:
        return list(entries)
    found = [one for one in entries if one.hits is not None and one.hits.best is not None]
    return sorted(found, key=lambda one: -_best_score(one))


def _hits(entries: Sequence[_ListedClip]) -> list[Hits]:
    return [one.hits for one in entries if one.hits is not None]


def _best_score(entry: _ListedClip) -> float:
    best = entry.hits.best if entry.hits is not None else None
    return 0.0 if best is None else best.peak


def _place(entries: Sequence[_ListedClip]) -> int | None:
    """Return the place of the selected clip, else the first; None if there is none."""
    own = current().recordings
    keys = [one.recording.key for one in entries]
    digests = [one.recording.digest for one in entries]
    if own.chosen_key in keys:
        return keys.index(own.chosen_key)
    if own.chosen in digests:
        return digests.index(own.chosen)
    return 0 if entries else None


def _heat_map(shown: Sequence[_ListedClip], at: int, query: Query) -> None:
    known = [(place, one, one.figures) for place, one in enumerate(shown) if one.figures]
    rows = [
        heat_map.HeatMapRow(one.recording.key, one.recording.name, own) for _, one, own in known
    ]
    if query.labels:
        labels = asked_columns(query, _hits(shown), heat_map.MAX_CHOSEN)
    else:
        labels = columns([own for _, _, own in known], heat_map.MAX_CLASSES)
    heat_map.show(
        rows,
        labels,
        selected=next((row for row, (place, _, _) in enumerate(known) if place == at), None),
        palette=palette_for(st.context.theme.type),
    )


def _table(shown: Sequence[_ListedClip], at: int, query: Query, view: ViewSettings) -> None:
    """Draw the table. Each set of clips has its own, as Streamlit stores a row by its number."""
    keys = [one.recording.key for one in shown]
    key = f"clips-{hashlib.sha256(' '.join(keys).encode()).hexdigest()[:12]}"
    widgets.select_row(key, at)
    scores = asked_columns(query, _hits(shown), MAX_SCORES)
    rows = [_row(one, scores, query, view) for one in shown]
    with st.container(key="clip-list"):
        st.dataframe(
            {column: [row[column] for row in rows] for column in rows[0]},
            hide_index=True,
            height=(min(len(rows), MAX_ROWS) + 1) * event_table.ROW_PX + 3,
            key=key,
            on_select=partial(_choose, key, keys, [one.stretch() for one in shown]),
            selection_mode="single-row-required",
            column_config={
                "Clip": st.column_config.TextColumn(width=150),
                "Timeline": st.column_config.ImageColumn(width=130),
                "Events": st.column_config.NumberColumn(format="%d", width=70),
                "Duration": st.column_config.TextColumn(width="small"),
                "Content": st.column_config.TextColumn(width="large"),
                **{label: event_table.score_column(label) for label in scores},
            },
        )


def _row(
    entry: _ListedClip, scores: Sequence[str], query: Query, view: ViewSettings
) -> dict[str, object]:
    figures = entry.figures
    hits = entry.hits if query.labels else figures and figures.hits
    return {
        "Clip": text.shorten(entry.recording.name),
        **{label: figures and figures.peak(label) for label in scores},
        "Events": hits and hits.n_events,
        "Timeline": _strip(entry, query, view),
        "Duration": text.duration(figures.duration_s) if figures else "",
        "Content": figures.summary if figures else "…",
    }


def _strip(entry: _ListedClip, query: Query, view: ViewSettings) -> str | None:
    analysis = entry.analysis
    if analysis is None:
        return None
    palette = palette_for(st.context.theme.type)
    asked = asked_columns(query, _hits([entry]), heat_map.MAX_CHOSEN)
    how = entry.analysed, view.shape, tuple(asked), palette
    key = (entry.recording.digest, timeline_strip.Strip, *how)

    def made() -> timeline_strip.Strip:
        timeline = shaped(analysis.timeline, view)
        labels = asked or view.labels(timeline)
        return timeline_strip.draw(analysis.timeline if query.labels else timeline, labels, palette)

    drawn = current().view.rows.get(key, made)
    return drawn.url if isinstance(drawn, timeline_strip.Strip) else None


def _choose(key: str, keys: Sequence[str], stretches: Sequence[clip_steps.Stretch | None]) -> None:
    """Open the clip of the row that the visitor has selected."""
    row = widgets.selected_row(key)
    if row is not None:
        clip_steps.open_clip(keys[row], stretches[row])


def _tell_closest(entries: Sequence[_ListedClip], query: Query) -> None:
    """Say which clip comes closest to what is asked for."""
    known = [(one, one.figures) for one in entries if one.figures is not None]
    scored = [
        (figures.peak(label), label, one.recording.name)
        for one, figures in known
        for asked in query.labels
        for label in (asked, *taxonomy.descendants(asked))
    ]
    words = "No clip contains this."
    if scored:
        score, label, name = max(scored)
        words = f"The highest score is {score:.2f}, of {label} in {text.shorten(name, 40)}."
    st.info(text.escape_markdown(words), icon=":material/search_off:")


def _cut(clip: AnalysedClip, found: Hits, query: Query, view: ViewSettings) -> Hits:
    """Sum up the events that are cut: those that were found, unless they were corrected."""
    annotation = segments_panel.annotation_of(clip)
    if annotation is None:
        return found
    own = current().view.thresholds
    return sum_up(segments_panel.cut_events(clip, view, query, own, annotation))


def _offer_exports(shown: Sequence[_ListedClip], query: Query, view: ViewSettings) -> None:
    clips: list[AnalysedClip] = []
    found: list[Hits] = []
    for one in shown:
        if one.analysis is not None and one.figures is not None:
            clip = AnalysedClip(one.recording, one.analysis, one.analysed)
            clips.append(clip)
            found.append(_cut(clip, one.hits or one.figures.hits, query, view))
    with st.container(horizontal=True, key="clips-export"):
        segments_panel.offer(clips, view, query, scope="clips", place=_PLACE, found=total(found))
        clips_export.offer(clips, view, place=_PLACE)
    downloads.show_progress(_PLACE)
