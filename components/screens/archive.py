"""Page "Archive": search in the features of many recordings."""

import streamlit as st

from components.archive import named, overview, results, search


def page() -> None:
    """Draw what is looked for, and what was found."""
    st.title("Find a sound in an archive", anchor=False)
    chosen = named.choose()
    if chosen is None:
        return
    name, archive = chosen
    summary = overview.show(name, archive)
    if summary is None:
        return
    question = search.read(name, archive, summary)
    if question is None:
        return
    answer = search.find(name, archive, question)
    if answer is not None:
        results.show(name, archive, question, answer)
