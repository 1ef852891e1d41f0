"""Opening of a classifier, with download progress and substitute models."""

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from components.model_choice import upload
from components.protocol import serving
from components.style import text
from components.ui import notices
from components.view.settings import ModelChoice
from components.workspace import jobs
from components.workspace.current import current, waiting
from models.errors import Cancelled, EarmarkError, ModelError
from models.inference import SoundClassifier
from models.jobs.job import Job
from models.registry.catalog import BUILTIN, CATALOG, FOLDERS_VARIABLE, CatalogEntry, find_model
from models.registry.download import ModelUnavailable

STALL_S = 3.0
"""Time without any downloaded byte after which a substitute is used, in seconds. Otherwise the page
would stay empty until the connection times out in a network that drops all packets."""

REFRESH_S = 2.0
"""Interval between two checks of a background download, in seconds."""


def open_chosen(choice: ModelChoice, slot: str = "") -> tuple[SoundClassifier, ModelChoice] | None:
    """Open a model, showing the progress of its download, or the error if it fails.

    If a catalog model cannot be opened or its download does not start, a substitute is opened, at
    worst the built-in model, and the page says so.

    Parameters
    ----------
    choice : ModelChoice
        The requested model.
    slot : str
        Distinguishes several choices on one page, as for `choose`.

    Returns
    -------
    tuple of SoundClassifier and ModelChoice, or None
        The classifier and its choice, which is that of the substitute if one is used. None if
        there is none, and the page shows why.
    """
    title = text.escape_markdown(text.shorten(current().models.known(choice.model).title, 40))
    replaceable = choice.model in CATALOG and choice.model != BUILTIN
    failure: ModelError | None = None
    try:
        job = jobs.start_opening(current(), waiting(), choice)
        if notices.watch(job, f"Getting {title} ready", _stalls(job) if replaceable else None):
            return job.result(), choice
    except Cancelled:
        return None  # the tab is closed
    except EarmarkError as error:
        if not (replaceable and isinstance(error, ModelError)):
            notices.show_error(error)
            _retry_button(choice, slot)
            return None
        failure = error
    stand_in = replace(choice, model=_next_best(choice.model))
    with st.container(key=f"stand-in{slot}", horizontal=True, vertical_alignment="center"):
        _tell(title, stand_in, job, failure)
        with st.popover("Get it" if failure else f"How to get {title}", type="tertiary"):
            _ways_to_get(CATALOG[choice.model], failure, slot)
            if failure is not None:
                _retry_button(choice, slot)
    return open_chosen(stand_in, slot)


def _next_best(model: str) -> str:
    """Return the substitute: another catalog model on this machine, or else the built-in model."""
    others = (name for name in CATALOG if name not in (model, BUILTIN))
    return next((name for name in others if find_model(CATALOG[name])), BUILTIN)


def _tell(
    title: str, stand_in: ModelChoice, job: Job[SoundClassifier], failure: ModelError | None
) -> None:
    """Show which substitute is used, and why."""
    is_builtin = stand_in.model == BUILTIN
    name = "The built-in model" if is_builtin else CATALOG[stand_in.model].title
    instead = f"{name} is listening."
    if failure is None:
        st.markdown(f":material/cloud_download: {instead} {title} is on its way.")
        st.fragment(_look_again, run_every=REFRESH_S)(job)
    elif isinstance(failure, ModelUnavailable):
        reason = "is more accurate" if is_builtin else "is not on this machine"
        st.caption(f"{instead} {title} {reason}:", width="content")
    else:
        st.markdown(
            f":material/error: {title} cannot be used: {text.escape_markdown(failure.arrived)} "
            f"{instead}"
        )


def _look_again(job: Job[SoundClassifier]) -> None:
    """Rerun the page once a download has ended, with or without success."""
    if job.done:
        st.rerun()


def _retry_button(choice: ModelChoice, slot: str) -> None:
    st.button(
        "Retry",
        icon=":material/refresh:",
        key=f"retry{slot}-{choice.model}",
        on_click=jobs.retry_opening,
        args=(current(), choice),
    )


def _ways_to_get(entry: CatalogEntry, failure: ModelError | None, slot: str) -> None:
    """Show how to get a model; the server's folders are named on a local server only."""
    told = failure if serving.is_local() else None
    if isinstance(failure, ModelUnavailable):
        st.markdown(f"{entry.title} is not on this machine and could not be downloaded.")
    if told is not None:
        st.markdown(text.escape_markdown(told.remedy))
    else:
        st.markdown(
            f"The operator of this server can put its file, {text.size(entry.size_bytes)}, into "
            f"`models/weights`, or into a folder named in `{FOLDERS_VARIABLE}`. Its address "
            f"is {text.escape_markdown(entry.addresses[0])}."
        )
    label = f"Or upload {entry.file_name}, under any name"
    brought = upload.upload_box(label, key=f"bring-{entry.name}{slot}")
    if brought is not None and brought.model != entry.name:
        title = current().models.known(brought.model).title
        st.warning(
            f"That is not {entry.title}. It is in the list of models now, as "
            f"{text.escape_markdown(text.shorten(title, 40))}.",
            icon=":material/label_off:",
        )
    if isinstance(failure, ModelUnavailable):
        tried = {
            "Address": [text.escape_markdown(attempt.address) for attempt in failure.attempts],
            "What happened": [attempt.failure for attempt in failure.attempts],
        }
        st.table(tried)
    if told is not None:
        st.caption(text.escape_markdown(f"{told.arrived} {told.allowed}"))


def _stalls(job: Job[SoundClassifier]) -> Callable[[], bool]:
    """Return a predicate that is true once a download has stalled for `STALL_S`."""
    return lambda: job.fraction == 0.0 and job.elapsed_s > STALL_S
