"""Upload of models by visitors."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from components.ui import address, notices, tab, widgets
from components.workspace.current import current
from components.workspace.own_models import UploadedModel
from components.workspace.shared import shared
from components.workspace.workspace import Workspace
from models.errors import EarmarkError, ModelError
from models.registry.local_models import LIST_SUFFIXES, MAX_MODEL_BYTES, MODEL_SUFFIXES

_VISIT = "_model_upload_visit"


def upload_box(label: str, *, key: str) -> UploadedModel | None:
    """Draw the upload of a model, or a notice of why it is disabled and how to enable it.

    A model is added as soon as its files are dropped.

    Parameters
    ----------
    label : str
        Text above the upload.
    key : str
        Key of the uploader.

    Returns
    -------
    UploadedModel or None
        What was uploaded here during this visit of the page; None if nothing was.
    """
    try:
        if not shared().limits.allow_model_upload:
            _say_how_to_allow()
            return None
    except EarmarkError as error:
        notices.show_error(error)
        return None
    widgets.uploader(
        label,
        key=key,
        take=_take,
        args=(key,),
        accept_multiple_files=True,
        max_upload_size=MAX_MODEL_BYTES >> 20,
        help="A .tflite file, and its list of labels (.txt or .csv) if none is packed into it; or "
        "an .earmark file, which the page Teach makes.",
    )
    for name, failure in current().messages.show_failures(key):
        notices.show_error(failure, about=name)
    added = latest()
    return added if added is not None and added.place == key else None


def latest() -> UploadedModel | None:
    """Return the latest upload, if a model was uploaded during this visit of the page."""
    return current().models.latest if tab.kept(_VISIT) == address.visit().number else None


def _say_how_to_allow() -> None:
    st.caption(
        "Uploading models is off here, because others may reach this server. It is on where the "
        "server is bound to localhost (`--server.address=localhost`), or where the operator "
        "sets `allow_model_upload = true` under `[earmark]` in `.streamlit/secrets.toml`."
    )


def _take(key: str) -> None:
    workspace = current()  # before the uploader is emptied: see `widgets.uploader`
    tab.keep(_VISIT, address.visit().number)
    files = widgets.take_files(key)
    if not files:
        return
    try:
        _add(files, workspace, key)
    except EarmarkError as error:
        workspace.messages.add_failure(key, files[0].name, error)


def _add(files: Sequence[UploadedFile], workspace: Workspace, place: str) -> None:
    """Store a model with its list of labels."""
    models = [file for file in files if Path(file.name).suffix.lower() in MODEL_SUFFIXES]
    lists = [file for file in files if Path(file.name).suffix.lower() in LIST_SUFFIXES]
    if len(models) != 1 or len(lists) > 1 or len(models) + len(lists) < len(files):
        names = ", ".join(repr(file.name) for file in files[:5])
        raise ModelError(
            f"What arrived is {names}.",
            allowed=f"One model ({' or '.join(MODEL_SUFFIXES)}) is taken at a time, with at most "
            f"one list of labels ({' or '.join(LIST_SUFFIXES)}).",
            remedy="Drop the model, or the model and its list together.",
        )
    (model,) = models
    workspace.models.add(
        model.getvalue(),
        Path(model.name).stem,
        {Path(file.name).suffix.lower(): file.getvalue() for file in lists},
        Path(model.name).suffix.lower(),
        place=place,
    )
    workspace.classifiers.clear()  # forget failures
