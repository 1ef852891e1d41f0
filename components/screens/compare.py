"""Page "Compare": comparison of two models on one clip."""

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from components.compare import results, running, sides
from components.compare.listening import Compared
from components.compare.settings import read_compare_settings
from components.style import text
from components.style.palette import palette_for
from components.ui import recording_sources, widgets
from components.workspace.current import current, waiting
from components.workspace.jobs import concordance_of
from components.workspace.recordings import Recording
from components.workspace.shared import shared


def page(inspector: StreamlitPage) -> None:
    """Draw the page.

    Parameters
    ----------
    inspector : StreamlitPage
        The page on which recordings are added.
    """
    st.title("Compare two models", anchor=False)
    recording = _choose_clip(inspector)
    palette = palette_for(st.context.theme.type)
    settings = read_compare_settings()
    chosen = sides.choose(palette)
    if chosen is None or recording is None:
        waiting().leave()
        return
    analyses = running.hear(recording, chosen, settings.hop_s)
    if analyses is None:
        return
    first, second = chosen
    sound = current().view.sound(recording.digest)
    keys = tuple((recording.digest, side.settings(settings.hop_s, sound)) for side in chosen)
    heard = [analysis.timeline for analysis in analyses]
    if first.listener.model != second.listener.model:
        heard = [side.own_labels(each) for side, each in zip(chosen, heard, strict=True)]
    found = concordance_of((keys[0], keys[1]), heard[0], heard[1], settings.rules)
    window_times_ms = running.time_windows(chosen)
    if window_times_ms is None:
        return
    results.show(Compared(recording, chosen, analyses, window_times_ms, found, settings, palette))


def _choose_clip(inspector: StreamlitPage) -> Recording | None:
    """Draw the choice among the workspace's clips and the demonstration clip."""
    recording_sources.take_link()
    own = current().recordings
    if not len(own):
        _invite(inspector)
        return None
    demonstration = shared().demonstration
    recordings = {recording.digest: recording for recording in [*own.all, demonstration]}
    digests = list(recordings)
    wanted = own.chosen
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
    digest = widgets.value("compared-clip")
    if digest == shared().demonstration.digest:
        recording_sources.demonstrate()
    else:
        current().recordings.choose(digest)


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
            on_click=recording_sources.demonstrate,
        )
        st.page_link(inspector, label="Bring a recording", icon=":material/graphic_eq:")
