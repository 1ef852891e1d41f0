"""Page "Clip": analysis of recordings.

Dropped files come from `recording_sources`. `jobs` analyses them in the background, `findings`
finds their events, and `inspector` draws these.
"""

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from importlib import import_module

import streamlit as st

from components import model_choice
from components.clip import clip_list, inspector, overview, session_files, thresholds, track_choice
from components.clip.settings import read_hop, read_spectrogram_settings, read_view_settings
from components.player.shown_clip import ShownClip
from components.server import background_imports
from components.style import text
from components.ui import class_picker, notices, recording_sources
from components.view.findings import find
from components.view.settings import AnalysisSettings, ViewSettings
from components.workspace import jobs
from components.workspace.current import current, waiting
from components.workspace.recordings import Recording
from models.analysis import Analysis
from models.audio import spectrogram
from models.errors import Cancelled, EarmarkError, UnexpectedFailure
from models.inference import SoundClassifier
from models.jobs.job import Job

REDRAW_S = 3.0
"""Time for which recordings are analysed before the page is drawn with their results, in seconds:
drawing it takes about a second."""


def page() -> None:
    """Draw the finished results, then analyse the next recording and rerun the page.

    The result of a short recording is there within the run that takes it.
    """
    recordings = recording_sources.show_sources()
    session_files.show()
    opened = model_choice.open_chosen(model_choice.choose())
    if opened is None:
        return
    classifier, listener = opened
    settings = AnalysisSettings(listener, read_hop(classifier.contract))
    if not recordings:
        waiting().leave()
        background_imports.prepare(_load_results)
        return
    asked = {each.digest: _settings_of(each, settings) for each in recordings}
    analysed = [asked[each.digest] for each in recordings]
    keys = [(each.digest, how) for each, how in zip(recordings, analysed, strict=True)]
    found = jobs.analysis_jobs(current(), keys)
    begun = _begin_next(recordings, found, asked, classifier)
    if begun is not None:
        notices.wait_shortly(begun)  # a short clip is drawn in this run
        found = jobs.analysis_jobs(current(), keys)
    view = read_view_settings(classifier.labels, _present(recordings, found))
    progress_place = st.container()
    chosen = clip_list.choose(recordings, found, analysed, view, classifier.labels)
    if chosen is not None:
        with st.container(key="clip"):
            recording, exclusive = recordings[chosen], classifier.contract.is_exclusive
            _show(recording, found[chosen], analysed[chosen], view, exclusive)
    with progress_place:
        _analyse_next(recordings, found, asked, classifier)


def _present(recordings: list[Recording], found: list[Job[Analysis] | None]) -> list[str]:
    """Return the labels with the highest scores in the chosen clip, which are offered first."""
    digests = [one.digest for one in recordings]
    chosen = current().recordings.chosen
    job = found[digests.index(chosen) if chosen in digests else 0]
    if job is None or not job.succeeded:
        return []
    best = job.result().timeline.top(class_picker.MAX_PRESENT, by="max")
    return [label for label, score in best if score >= ViewSettings.threshold]


def _settings_of(recording: Recording, settings: AnalysisSettings) -> AnalysisSettings:
    """Return the settings of one recording, with its choice of track and channels."""
    view = current().view
    return replace(settings, sound=view.sound(recording.digest), unplayable=view.unplayable)


def _load_results() -> None:
    """Import the modules that the first result needs."""
    spectrogram.prepare()
    for module in ("pandas", "plotly.graph_objects"):
        import_module(module)


def _show(
    recording: Recording,
    job: Job[Analysis] | None,
    settings: AnalysisSettings,
    view: ViewSettings,
    exclusive: bool,
) -> None:
    if job is None or not job.done:
        return
    try:
        analysis = job.result()
    except UnexpectedFailure as failure:
        notices.show_error(failure, about=recording.name)
        again = current(), (recording.digest, settings)
        st.button("Try again", icon=":material/refresh:", on_click=jobs.retry_analysis, args=again)
    except EarmarkError as error:
        notices.show_error(error, about=recording.name)
        track_choice.offer_default(recording)
    else:
        shown = _shown_clip(recording, analysis, settings, view)
        overview.show_recording(shown)
        st.fragment(inspector.show)(shown)
        overview.show_classes(shown, exclusive=exclusive)


def _shown_clip(
    recording: Recording, analysis: Analysis, settings: AnalysisSettings, view: ViewSettings
) -> ShownClip:
    """Find the events of an analysed recording under the settings of the view."""
    scores = jobs.shown_scores(recording, settings, analysis, view)
    own = thresholds.read(analysis.timeline.labels, view.threshold)
    spectrogram = read_spectrogram_settings()
    findings = current().view.findings.get(
        (recording.digest, settings, view, tuple(sorted(own.items()))),
        lambda: find(scores.timeline, analysis, view, own),
    )
    return ShownClip(recording, analysis, scores, findings, view, settings, spectrogram=spectrogram)


def _analyse_next(
    recordings: list[Recording],
    found: list[Job[Analysis] | None],
    asked: Mapping[str, AnalysisSettings],
    classifier: SoundClassifier,
) -> None:
    """Wait for the first recording that is not analysed; the others follow in later runs."""
    wanted, n_unfinished = _wanted(recordings, found, asked)
    if not wanted:
        waiting().leave()
        if n_unfinished:
            _offer_to_resume(n_unfinished)
        return
    held_bytes = _held_bytes(found)
    if held_bytes >= current().max_results_bytes:
        waiting().leave()
        _tell_full(held_bytes, len(wanted))
        return
    progress = notices.beside_cancel(
        partial(
            jobs.cancel_analyses,
            current(),
            waiting(),
            [(r.digest, asked[r.digest]) for r in wanted],
        )
    )
    # The first result is shown at once. Then several are awaited before the page is drawn again.
    batch = wanted[:1] if len(wanted) == len(recordings) else wanted
    started = time.monotonic()
    with progress:
        for place, recording in enumerate(batch):
            if not _analyse(recording, asked[recording.digest], classifier, len(wanted) - place):
                return  # the tab is closed; a new one starts again
            known = jobs.analysis_jobs(current(), [(r.digest, asked[r.digest]) for r in recordings])
            is_full = _held_bytes(known) >= current().max_results_bytes
            if time.monotonic() - started > REDRAW_S or is_full:
                break
    st.rerun()


def _analyse(
    recording: Recording, settings: AnalysisSettings, classifier: SoundClassifier, n_left: int
) -> bool:
    """Analyse a recording, and show the progress; return whether the tab is still open."""
    name = text.escape_markdown(text.shorten(recording.name))
    more = f" · {n_left - 1} more to come" if n_left > 1 else ""
    try:
        job = jobs.start_analysis(current(), waiting(), recording, settings, classifier)
        notices.wait_for(job, f"Analysing **{name}**{more}")
    except Cancelled:
        return False
    except EarmarkError:
        pass  # it is shown in place of the results
    return True


def _begin_next(
    recordings: list[Recording],
    found: list[Job[Analysis] | None],
    asked: Mapping[str, AnalysisSettings],
    classifier: SoundClassifier,
) -> Job[Analysis] | None:
    """Start the analysis of the next recording; None if it runs already, or there is none."""
    wanted, _ = _wanted(recordings, found, asked)
    if not wanted or _held_bytes(found) >= current().max_results_bytes:
        return None
    recording = wanted[0]
    if found[recordings.index(recording)] is not None:
        return None
    with suppress(Cancelled):  # the tab is closed; a new one starts again
        settings = asked[recording.digest]
        return jobs.start_analysis(current(), waiting(), recording, settings, classifier)
    return None


def _wanted(
    recordings: list[Recording],
    found: list[Job[Analysis] | None],
    asked: Mapping[str, AnalysisSettings],
) -> tuple[list[Recording], int]:
    """Return the recordings to analyse, and the number of those without a result."""
    pairs = zip(recordings, found, strict=True)
    # Recordings with the same contents have one analysis.
    unfinished = list(
        {one.digest: one for one, job in pairs if job is None or not job.done}.values()
    )
    cancelled = current().cancelled
    return [r for r in unfinished if (r.digest, asked[r.digest]) not in cancelled], len(unfinished)


def _held_bytes(found: list[Job[Analysis] | None]) -> int:
    """Return the size of the results, in bytes; recordings with the same contents share theirs."""
    known = {id(job): job for job in found if job is not None and job.succeeded}
    return sum(job.result().n_bytes for job in known.values())


def _tell_full(n_bytes: int, n_wanted: int) -> None:
    more = "One more clip is" if n_wanted == 1 else f"{n_wanted} more clips are"
    st.warning(
        f"**{more} not analysed.** What was found out about the others takes {text.size(n_bytes)}, "
        "as much as this server keeps for one person. Remove some of them, or choose a longer hop.",
        icon=":material/stacks:",
    )


def _offer_to_resume(count: int) -> None:
    clips = "The analysis" if count == 1 else f"The analysis of {count} clips"
    st.info(f"{clips} was cancelled. What had been found out before is kept.")
    st.button(
        "Analyse", icon=":material/play_arrow:", type="primary", on_click=current().cancelled.clear
    )
