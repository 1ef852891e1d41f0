"""The way to a classifier: its choice in the sidebar, its download, and what to do without it."""

import streamlit as st

from components import notices, state
from components.settings import AnalysisSettings
from models.catalog import CATALOG
from models.classifier import Classifier
from models.download import ModelUnavailable
from models.errors import EarmarkError


def open_classifier(settings: AnalysisSettings) -> Classifier | None:
    """Open the model, with its download's progress; say why and offer a retry where it fails.

    Returns
    -------
    Classifier or None
        None where there is none, and the page has said so.
    """
    job = state.classifier_job(settings.model, settings.runtime)
    try:
        if not job.done:  # else an analysis under way would be left, and end
            state.attendance().wait_only_for([job])
        return notices.wait_for(job, f"Getting {CATALOG[settings.model].title} ready")
    except ModelUnavailable as error:
        notices.show_model_unavailable(error, CATALOG[settings.model].title)
    except EarmarkError as error:
        notices.show_error(error)
    st.button(
        "Retry",
        icon=":material/refresh:",
        type="primary",
        on_click=state.retry_classifier,
        args=(settings.model, settings.runtime),
    )
    return None
