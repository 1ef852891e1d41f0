"""Sidebar table of per-class thresholds, which the player and the truth panel also set."""

from collections.abc import Sequence

import streamlit as st

from components.ui import address
from components.workspace.current import current

_NAME = "thresholds"


def read(labels: Sequence[str]) -> dict[str, float]:
    """Draw the table and return its thresholds.

    Parameters
    ----------
    labels : sequence of str
        Labels of the model, as options.

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
        st.caption("Drag a lane's dotted line in the picture, or add a row here.")
        table = st.data_editor(
            pd.DataFrame(  # an empty table needs its dtypes
                {
                    "Label": pd.Series(list(known), dtype="object"),
                    "Threshold": pd.Series(list(known.values()), dtype="float64"),
                }
            ),
            key=f"thresholds-{begun.edition}",
            num_rows="dynamic",
            hide_index=True,
            column_config={
                "Label": st.column_config.SelectboxColumn(options=list(labels), required=True),
                "Threshold": st.column_config.NumberColumn(
                    min_value=0.0, max_value=1.0, step=0.01, format="%.2f", required=True
                ),
            },
        )
    rows = zip(table["Label"], table["Threshold"], strict=True)
    # An incomplete row has one of the two values, or neither.
    edited = {label: float(value) for label, value in rows if label and not pd.isna(value)}
    view.thresholds = edited
    return edited
