"""Sidebar table of per-class thresholds, which the player and the truth panel also set."""

from collections.abc import Sequence

import streamlit as st

from components.ui import address, class_picker
from components.workspace.current import current

_NAME = "thresholds"


def read(labels: Sequence[str], begin_at: float) -> dict[str, float]:
    """Draw the table and return its thresholds.

    Parameters
    ----------
    labels : sequence of str
        Labels of the model, as options.
    begin_at : float
        Threshold of a class that is added, in [0, 1].

    Returns
    -------
    dict of str to float
        Thresholds in [0, 1] of the classes in the table.
    """
    import pandas as pd  # slow import, needed only if a clip is shown

    view = current().view
    if address.is_new(_NAME):  # a table that is created again has lost its edits
        address.note(_NAME, tuple)
        view.set_thresholds(view.thresholds)
    begun = view.table
    known = {label: value for label, value in begun.thresholds.items() if label in labels}
    title = "Thresholds of single classes"
    with st.sidebar, st.expander(title, expanded=bool(known)):
        st.caption("Drag a lane's dotted line in the picture, or add a class here.")
        class_picker.draw(
            "Add a class",
            labels,
            name="threshold-class",
            placeholder="Type to search, or browse",
            take_each=lambda label: _add(label, begin_at),
        )
        if not known:
            view.thresholds = {}
            return {}
        table = st.data_editor(
            pd.DataFrame({"Label": list(known), "Threshold": list(known.values())}),
            key=f"thresholds-{begun.edition}",
            num_rows="delete",
            disabled=["Label"],
            hide_index=True,
            column_config={
                "Threshold": st.column_config.NumberColumn(
                    min_value=0.0, max_value=1.0, step=0.01, format="%.2f", required=True
                ),
            },
        )
    # A row without a number is being edited.
    rows = zip(table["Label"], table["Threshold"], strict=True)
    edited = {label: float(value) for label, value in rows if not pd.isna(value)}
    view.thresholds = edited
    return edited


def _add(label: str, threshold: float) -> None:
    view = current().view
    view.set_thresholds({label: threshold, **view.thresholds})
