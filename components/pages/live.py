"""The page "Live": the browser's microphone, classified as it sounds."""

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from components import microphone, model, notices, state, text
from components.live import panel
from components.live.session import LiveSession, title
from components.live.settings import LiveViewSettings, read_live_settings
from components.microphone import Connection
from components.palette import palette_for
from components.teaching import handing_over
from models.classifier import Classifier
from models.errors import EarmarkError
from models.live import Excerpt
from models.playback import wav_file

REFRESH_S = 0.2
"""Time after which the browser asks for the next refresh of the panel, whose script moves on in
between, and for how long that waits for the next scores at most. It comes with the scores then, and
so the label stands on the page at once, and at an interval of 0.25 s no refresh is for nothing."""

FREEZE_S = 10.0
"""What "What was that?" takes."""

LOOK_AGAIN_S = 2.0
"""Time after which is looked again whether somebody has stopped, where all places are taken."""

CONNECTING_S = 10.0
"""Time after which a connection that does not come about needs help: ICE gives up pairs of
addresses after about as long (RFC 8445)."""


def page(inspector: StreamlitPage) -> None:
    """Draw the page; the panel refreshes itself while it listens.

    Parameters
    ----------
    inspector : StreamlitPage
        The page on which what was heard is looked at.
    """
    state.leave_clip_page()
    st.title("Listen live", anchor=False)
    st.markdown("Clap, talk or play music, and see what it is while it sounds.")
    state.prepare_microphone()
    opened = model.open_chosen(model.choose())
    if opened is None:
        return
    classifier, _ = opened
    view = read_live_settings(classifier.labels)
    session = state.live_session()
    panel.show_preflight()
    connection = _listen(session, classifier, view)
    connecting = connection is Connection.CONNECTING
    st.fragment(_show_troubles, run_every=1.0 if connecting else None)(connecting)
    _ways_on(session, inspector)
    refresh = REFRESH_S if session.listening else None
    st.fragment(_refresh, run_every=refresh)(session, classifier.labels, view, connection)


def _listen(session: LiveSession, classifier: Classifier, view: LiveViewSettings) -> Connection:
    was_listening, connection = session.listening, Connection.REFUSED
    if session.has_seat or state.seats().any_free:
        try:
            connection = microphone.listen(session.push, clean=view.clean, admit=session.take_seat)
        except EarmarkError as error:
            notices.show_error(error)
            connection = Connection.IDLE
    if connection in (Connection.CONNECTING, Connection.OPEN):
        _keep_session(session.start(classifier, view.stream_settings()))
    else:
        _keep_session(session.finish())
    if connection is Connection.REFUSED:
        st.fragment(_show_full, run_every=LOOK_AGAIN_S)(was_listening)
    return connection


def _show_full(lost_seat: bool) -> None:
    """Say that nobody else can listen now; the page goes on as soon as somebody can."""
    seats = state.seats()
    if seats.any_free:
        st.rerun()
    lost = (
        "No sound came from your microphone for a while, and somebody else has taken your place. "
        "What was heard until then is kept.\n\n"
    )
    full = (
        "**Somebody is listening right now**, and this server is set up for one person at a time. "
        "As soon as they stop"
        if seats.count == 1
        else f"**{seats.count} people are listening right now**, as many as this server is set up "
        "for. As soon as one of them stops"
    )
    st.info(
        f"{lost if lost_seat else ''}{full}, you can start here: the page notices by itself. "
        "Meanwhile you can record instead, below.",
        icon=":material/groups:",
    )


def _show_troubles(connecting: bool) -> None:
    """Help with a connection that does not come about; the page alone would not run anew."""
    if state.time_connecting(connecting) > CONNECTING_S:
        st.warning(
            "The microphone's connection does not come about. A firewall between this browser and "
            "the server needs a TURN server: see docs/deployment.md, and `[webrtc]` in "
            "`.streamlit/secrets.toml`. You can record instead, below.",
            icon=":material/wifi_off:",
        )


def _refresh(
    session: LiveSession, labels: tuple[str, ...], view: LiveViewSettings, connection: Connection
) -> None:
    """Hand the panel what is new."""
    if session.listening and not session.has_seat:
        st.rerun()  # somebody else has it: the page says so
    n_shown = round(panel.TIMELINE_S / view.interval_s)
    snapshot = session.next_snapshot(-n_shown, patience_s=REFRESH_S)
    data = panel.panel_data(
        snapshot,
        labels,
        view,
        palette_for(st.context.theme.type),
        connection=connection.value,
    )
    panel.show_panel(data)
    state.settle("live" if snapshot is None else "listening")


def _ways_on(session: LiveSession, inspector: StreamlitPage) -> None:
    """Offer the ways from here to the inspector."""
    with st.container(horizontal=True):
        if session.listening and st.button(
            f"What was that? Inspect the last {FREEZE_S:.0f} s",
            type="primary",
            icon=":material/history:",
        ):
            _inspect(session, inspector)
        if session.listening:
            handing_over.offer_last_seconds(session, FREEZE_S)
        if not session.listening and state.shelf():
            st.page_link(inspector, label="Inspect what was heard", icon=":material/graphic_eq:")
        with st.popover("Record instead", icon=":material/mic:"):
            st.markdown("A recording needs no connection of its own. It opens in the inspector.")
            recorded = st.audio_input("Record", sample_rate=48_000, key="record-instead")
    if recorded is not None:
        state.capture_recorded(recorded, "Microphone recording.wav")
        _go(inspector)


def _inspect(session: LiveSession, inspector: StreamlitPage) -> None:
    try:
        excerpt = session.freeze(FREEZE_S)
    except EarmarkError as error:
        notices.show_error(error)
        return
    _keep_session(session.finish())
    _keep(excerpt, "Heard live")
    _go(inspector)


def _go(inspector: StreamlitPage) -> None:
    """Go to the inspector, which knows by itself what was chosen to listen.

    Without parameters for the address given, were it none, Streamlit refuses to leave a page whose
    widgets have any there (seen with 1.67).
    """
    st.switch_page(inspector, query_params={})


def _keep_session(excerpt: Excerpt | None) -> None:
    if excerpt is None:
        return
    kept_s, remark = excerpt.clip.duration_s, ""
    if excerpt.onset_s > 0:
        lasted = text.duration(excerpt.onset_s + kept_s)
        remark = f"The session lasted {lasted}; the last {text.duration(kept_s)} of it are kept."
    _keep(excerpt, "Live session", remark)


def _keep(excerpt: Excerpt, words: str, remark: str = "") -> None:
    state.capture(wav_file(excerpt.clip), title(excerpt, words), excerpt.gaps, remark)
