"""Page "Live": real-time classification of the browser's microphone."""

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from components import model_choice
from components.archive import examples
from components.live import controls, playing, transport
from components.live.settings import read_live_settings
from components.teach import add_example
from components.ui import address, downloads, notices, recorder, recording_sources, tab
from components.ui.downloads import Download
from components.workspace.current import current
from models.errors import EarmarkError
from models.live import LiveSession
from models.live.log_file import log_csv

PATH = "live"

_RECORDER_KEY, _RECORDED = "record-instead", "_live_recorded"

MAX_HEARD = 8
"""Maximum number of heard classes that are offered before all others."""

FREEZE_S = 10.0
"""Duration of the excerpt of "What was that?", in seconds."""


def page(inspector: StreamlitPage) -> None:
    """Draw the page; the server pushes the scores to the panel.

    Parameters
    ----------
    inspector : StreamlitPage
        The page on which excerpts are inspected.
    """
    st.title("Listen live", anchor=False)
    st.markdown("Clap, talk or play music, and see the scores of each class as it sounds.")
    opened = model_choice.open_chosen(model_choice.choose())
    if opened is None:
        return
    classifier, _ = opened
    session = current().live
    view = read_live_settings(classifier.labels, _heard(session))
    transport.note_page(PATH)
    may_listen = controls.show_controls(session, classifier, view)
    _ways_on(session, inspector)
    if may_listen:
        controls.show(session, view)
        _offer_log(session)


def _heard(session: LiveSession) -> list[str]:
    """Return the labels of the log, the latest first, at most `MAX_HEARD`."""
    snapshot = session.snapshot()
    events = () if snapshot is None else snapshot.events[::-1]
    return list(dict.fromkeys(event.label for event in events))[:MAX_HEARD]


def _ways_on(session: LiveSession, inspector: StreamlitPage) -> None:
    """Draw the buttons that lead to the inspector and to the lesson."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if session.listening and st.button(
            f"What was that? Inspect the last {FREEZE_S:.0f} s",
            type="primary",
            icon=":material/history:",
        ):
            _inspect(session, inspector)
        if session.listening:
            add_example.offer_last_seconds(session, FREEZE_S)
            examples.offer_last_seconds(session, FREEZE_S)
        if not session.listening and any(one.is_live for one in current().recordings.all):
            st.page_link(inspector, label="Inspect what was heard", icon=":material/graphic_eq:")
        if not session.listening:
            playing.offer()
        with st.popover("Record instead", icon=":material/mic:"):
            st.markdown(
                "Use this where listening live does not connect. "
                "The recording opens on the page Clip."
            )
            recorder.show_alone("Record", _RECORDER_KEY, _take_recorded)
    if tab.take(_RECORDED, False):
        address.switch_page(inspector)


def _take_recorded() -> None:
    recording_sources.take_recorded(_RECORDER_KEY)
    tab.keep(_RECORDED, True)


def _offer_log(session: LiveSession) -> None:
    """Draw the button that saves the event log, once there is a stream."""
    if session.snapshot() is None:
        return
    downloads.button(
        Download(
            *("Save the log (CSV)", "earmark-live-log.csv", "text/csv"),
            downloads.writing(lambda: _log(session)),
            "All events heard so far: time, label, scores, whether their edges are those of the "
            "sound or of the windows, and whether their class is watched for.",
        ),
        place="live-log",
        key="download-live-log",
    )
    downloads.show_progress("live-log")


def _log(session: LiveSession) -> str:
    snapshot = session.snapshot()
    return "" if snapshot is None else log_csv(snapshot.events, snapshot.settings.watched)


def _inspect(session: LiveSession, inspector: StreamlitPage) -> None:
    """Add the last seconds as a recording and switch to the inspector; the session continues."""
    try:
        excerpt = session.freeze(FREEZE_S)
    except EarmarkError as error:
        notices.show_error(error)
        return
    current().capture(excerpt, "Heard live")
    address.switch_page(inspector)
