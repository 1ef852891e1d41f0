"""The page "Compare": two models hear the same clip."""

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from components import state, text
from components.compare import hearing, report, sides
from components.compare.settings import read_compare_settings
from components.palette import palette_for
from components.state import Recording


def page(inspector: StreamlitPage) -> None:
    """Draw the page.

    Parameters
    ----------
    inspector : StreamlitPage
        The page on which recordings come in.
    """
    state.leave_clip_page()
    st.title("Compare two models", anchor=False)
    recording = _choose_clip(inspector)
    palette = palette_for(st.context.theme.type)
    settings = read_compare_settings()
    chosen = sides.choose(palette)
    if chosen is None or recording is None:
        state.attendance().leave()
        return
    analyses = hearing.hear(recording, chosen, settings.hop_s)
    if analyses is None:
        return
    first, second = chosen
    keys = tuple((recording.digest, side.settings(settings.hop_s)) for side in chosen)
    heard = [analysis.timeline for analysis in analyses]
    if first.listener.model != second.listener.model:
        heard = [side.own_labels(each) for side, each in zip(chosen, heard, strict=True)]
    found = state.concordance_of((keys[0], keys[1]), heard[0], heard[1], settings.rules)
    report.show(recording, (first, second), analyses, found, settings, palette)
    state.settle("compare")


def _choose_clip(inspector: StreamlitPage) -> Recording | None:
    """Let one of the session's clips be chosen; the demonstration clip is always among them."""
    demonstrating = st.query_params.get("clip") == "demonstration"
    if not (demonstrating or state.shelf()):
        _invite(inspector)
        return None
    demonstration = state.demonstration()
    recordings = {recording.digest: recording for recording in [*state.shelf(), demonstration]}
    digests = list(recordings)
    wanted = demonstration.digest if demonstrating else state.chosen()
    digest = st.selectbox(
        "Clip",
        digests,
        index=digests.index(wanted) if wanted in digests else 0,
        format_func=lambda digest: text.shorten(recordings[digest].name),
        key="compared-clip",
        on_change=_remember_clip,
        help="Sounds that you brought on the page Clip or kept on the page Live.",
    )
    return recordings[digest]


def _remember_clip() -> None:
    digest = state.selected_option("compared-clip")
    if digest == state.demonstration().digest:
        st.query_params["clip"] = "demonstration"
    else:
        st.query_params.pop("clip", None)
        state.choose(digest)


def _invite(inspector: StreamlitPage) -> None:
    st.markdown(
        "Two models hear the same clip, and you see where they agree, where not, and which is "
        "faster."
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Try the demonstration clip",
            icon=":material/play_circle:",
            type="primary",
            on_click=_demonstrate,
        )
        st.page_link(inspector, label="Bring a recording", icon=":material/graphic_eq:")


def _demonstrate() -> None:
    st.query_params["clip"] = "demonstration"
