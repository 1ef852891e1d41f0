"""Upload of models by visitors."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from components.ui import notices
from components.workspace.current import current
from components.workspace.shared import shared
from models.errors import EarmarkError, ModelError
from models.registry.catalog import CatalogEntry
from models.registry.local_models import LIST_SUFFIXES, MAX_MODEL_BYTES, MODEL_SUFFIXES, ModelFile


def upload_box(label: str, *, key: str) -> CatalogEntry | ModelFile | None:
    """Draw the upload of a model, or a notice of why it is disabled and how to enable it.

    Parameters
    ----------
    label : str
        Text above the upload.
    key : str
        Key of the form.

    Returns
    -------
    CatalogEntry or ModelFile, or None
        The model uploaded in this run; None if there is none.
    """
    try:
        if not shared().limits.allow_model_upload:
            _say_how_to_allow()
            return None
        with st.form(key, clear_on_submit=True, border=False):
            files = st.file_uploader(
                label,
                accept_multiple_files=True,
                max_upload_size=MAX_MODEL_BYTES >> 20,
                help="A .tflite file, and its list of labels (.txt or .csv) if none is packed "
                "into it; or an .earmark file, which the page Teach makes.",
            )
            if st.form_submit_button("Add", icon=":material/add:"):
                return _take(files)
    except EarmarkError as error:
        notices.show_error(error)
    return None


def _say_how_to_allow() -> None:
    st.caption(
        "Uploading models is off here, because others may reach this server. It is on where the "
        "server is bound to localhost (`--server.address=localhost`), or where the operator "
        "sets `allow_model_upload = true` under `[earmark]` in `.streamlit/secrets.toml`."
    )


def _take(files: Sequence[UploadedFile]) -> CatalogEntry | ModelFile:
    """Store an uploaded model with its list of labels."""
    models = [file for file in files if Path(file.name).suffix.lower() in MODEL_SUFFIXES]
    lists = [file for file in files if Path(file.name).suffix.lower() in LIST_SUFFIXES]
    if len(models) != 1 or len(lists) > 1 or len(models) + len(lists) < len(files):
        names = ", ".join(repr(file.name) for file in files[:5])
        raise ModelError(
            f"What arrived is {names}." if files else "No file was chosen.",
            allowed=f"One model ({' or '.join(MODEL_SUFFIXES)}) is taken at a time, with at most "
            f"one list of labels ({' or '.join(LIST_SUFFIXES)}).",
            remedy="Choose the model, or the model and its list.",
        )
    (model,) = models
    data, workspace = model.getvalue(), current()
    brought = workspace.models.add(
        data,
        Path(model.name).stem,
        {Path(file.name).suffix.lower(): file.getvalue() for file in lists},
        Path(model.name).suffix.lower(),
    )
    workspace.classifiers.clear()  # forget failures
    return brought
