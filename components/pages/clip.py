"""The page "Clip": from a dropped file to what is in it, and when."""

import streamlit as st

from components import clip_list, model, notices, report, sources, state, text
from components.settings import (
    AnalysisSettings,
    ViewSettings,
    read_hop,
    read_view_settings,
)
from components.state import Recording
from models.analysis import Analysis
from models.classifier import Classifier
from models.errors import Cancelled, EarmarkError, UnexpectedFailure
from models.jobs import Job


def page() -> None:
    """Draw what is known by now, then analyse the next recording and draw again."""
    recordings = sources.read_recordings()
    opened = model.open_chosen(model.choose())
    if opened is None:
        return
    classifier, listener = opened
    settings = AnalysisSettings(listener, read_hop(classifier.contract))
    if not recordings:
        state.attendance().leave()
        state.prepare_results()
        return
    view = read_view_settings(classifier.labels)
    jobs = state.session_jobs(recordings, settings)
    waiting = st.container()
    chosen = clip_list.choose(recordings, jobs, view)
    with st.container(key="clip"):
        _show(recordings[chosen], jobs[chosen], settings, view, classifier.contract.is_exclusive)
    with waiting:
        _analyse_next(recordings, jobs, settings, classifier)


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
        again = (recording.digest, settings)
        st.button("Try again", icon=":material/refresh:", on_click=state.try_again, args=(again,))
    except EarmarkError as error:
        notices.show_error(error, about=recording.name)
    else:
        report.show_clip(recording, analysis, settings, view, exclusive=exclusive)
        state.settle("clip")


def _analyse_next(
    recordings: list[Recording],
    jobs: list[Job[Analysis] | None],
    settings: AnalysisSettings,
    classifier: Classifier,
) -> None:
    """Wait for the first recording that is not analysed yet; the rest follow one by one."""
    unfinished = [
        recording
        for recording, job in zip(recordings, jobs, strict=True)
        if job is None or not job.done
    ]
    wanted = [r for r in unfinished if (r.digest, settings) not in state.cancelled()]
    if not wanted:
        state.attendance().leave()
        if unfinished:
            _offer_to_resume(len(unfinished))
        return
    if _holds_enough(jobs, len(wanted)):
        state.attendance().leave()
        return
    recording = wanted[0]
    progress = notices.beside_cancel(lambda: state.cancel([(r.digest, settings) for r in wanted]))
    name = text.escape_markdown(text.shorten(recording.name))
    more = f" · {len(wanted) - 1} more to come" if len(wanted) > 1 else ""
    with progress:
        try:
            job = state.start_job(recording, settings, classifier)
            notices.wait_for(job, f"Analysing **{name}**{more}")
        except Cancelled:
            return  # the tab is closed: whoever comes back begins anew
        except EarmarkError:
            pass  # it is told where the recording is shown
    st.rerun()


def _holds_enough(jobs: list[Job[Analysis] | None], n_wanted: int) -> bool:
    """Say so where what is known of the clips already takes as much memory as is allowed."""
    known = [job.result() for job in jobs if job is not None and job.succeeded]
    n_bytes = sum(analysis.n_bytes for analysis in known)
    if n_bytes < state.limits().max_results_bytes:
        return False
    more = "One more clip is" if n_wanted == 1 else f"{n_wanted} more clips are"
    st.warning(
        f"**{more} not analysed.** What was found out about the others takes {text.size(n_bytes)}, "
        "as much as this server keeps for one person. Remove some of them, or choose a longer hop.",
        icon=":material/stacks:",
    )
    return True


def _offer_to_resume(count: int) -> None:
    clips = "The analysis" if count == 1 else f"The analysis of {count} clips"
    st.info(f"{clips} was cancelled. What had been found out before is kept.")
    st.button("Analyse", icon=":material/play_arrow:", type="primary", on_click=state.resume)
