"""Controls of live listening: Start and Stop, notices about the microphone, and the panel."""

import streamlit as st

from components.live import panel, playing, refusals, transport, webrtc, webrtc_fallback
from components.live.webrtc import Connection
from components.protocol import serving
from components.style.palette import palette_for
from components.ui import notices, tab
from components.view.settings import LiveViewSettings
from components.workspace.shared import shared
from models.errors import EarmarkError
from models.inference import SoundClassifier
from models.live import LiveSession, Source, Way

LOOK_AGAIN_S = 2.0
"""Interval at which the server's seats, or another tab's audio, are checked, in seconds."""

ELSEWHERE = "The microphone is on in another tab of yours."

PLAYING_ELSEWHERE = (
    "A recording plays in another tab of yours, or was playing before this page was loaded again."
)

ELSEWHERE_SILENT = (
    "The microphone was on in another tab of yours, or before this page was loaded again. No sound "
    "comes from there at the moment."
)

NO_WEBRTC = (
    "This browser has no WebRTC, which is chosen in the sidebar (**Connection**). Start listening "
    "uses the WebSocket instead."
)

AGAIN_S = 0.5
"""Time for the browser to remove a component, in seconds."""

_REMOVED = "_live_removed"


def show_controls(
    session: LiveSession, classifier: SoundClassifier, view: LiveViewSettings
) -> bool:
    """Draw the button that starts and stops listening, or a notice about what prevents it.

    Parameters
    ----------
    session : LiveSession
        The session to start, or to update with these settings.
    classifier : SoundClassifier
        Classifier of the audio.
    view : LiveViewSettings
        Settings of the stream and its display.

    Returns
    -------
    bool
        Whether to draw the panel: False if all seats are taken and the session has no scores.
    """
    with st.container(key="live-controls"):
        return _show_controls(session, classifier, view)


def _show_controls(
    session: LiveSession, classifier: SoundClassifier, view: LiveViewSettings
) -> bool:
    _show_failure(session)
    source = session.source
    if source is not None and source.ended_at is not None and not transport.is_own(session):
        session.stop()  # the tab was closed or reloaded
    if session.listening and not transport.is_own(session):
        _show_elsewhere(session, classifier, view)  # that tab chose the classifier
        return True
    if not (session.has_seat or shared().seats.any_free):
        st.fragment(_show_full, run_every=LOOK_AGAIN_S)()
        return session.snapshot() is not None
    playing.begin_if_wanted(session, classifier, view)
    source = session.source
    if transport.is_own(session) and source is not None and source.way != "webrtc":
        _use(session, classifier, view)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button("Stop", key="live-stop", icon=":material/stop:", on_click=session.stop)
            if session.playback is not None:
                playing.show_name()
    elif panel.show_preflight():
        pass  # it shows what prevents using a microphone
    elif transport.by_websocket():
        _show_start(session, classifier, view)
    elif transport.lacks_webrtc():
        st.warning(NO_WEBRTC, icon=":material/wifi_off:")
        _show_start(session, classifier, view)
    else:
        _show_webrtc(session, classifier, view)
    return True


def show(session: LiveSession, view: LiveViewSettings) -> None:
    """Draw the panel, to which the server pushes the scores.

    Parameters
    ----------
    session : LiveSession
        The session to show.
    view : LiveViewSettings
        Settings of the display.
    """
    panel.show_panel(session, view, palette_for(st.context.theme.type))


def _begin(
    session: LiveSession, way: Way, classifier: SoundClassifier, view: LiveViewSettings
) -> Source:
    settings = view.stream_settings()
    return transport.begin(lambda: session.begin(way, classifier, settings))


def _show_start(session: LiveSession, classifier: SoundClassifier, view: LiveViewSettings) -> None:
    """Draw the button that starts listening over the WebSocket."""
    st.button(
        "Start listening",
        key="live-start",
        type="primary",
        icon=":material/mic:",
        on_click=_press_start,
        args=(session, classifier, view),
    )


def _press_start(session: LiveSession, classifier: SoundClassifier, view: LiveViewSettings) -> None:
    try:
        _begin(session, "websocket", classifier, view)
    except EarmarkError as error:
        notices.show_error(error)


def _use(session: LiveSession, classifier: SoundClassifier, view: LiveViewSettings) -> None:
    """Apply the page's classifier and settings to the session of this tab."""
    try:
        session.use(classifier, view.stream_settings())
    except EarmarkError as error:
        notices.show_error(error)


def _show_webrtc(session: LiveSession, classifier: SoundClassifier, view: LiveViewSettings) -> None:
    """Draw streamlit-webrtc's button, and update the session with its connection's state."""
    try:
        connection = webrtc.listen(
            begin=lambda: _begin(session, "webrtc", classifier, view),
            goes_on=lambda: transport.is_own(session),
            clean=view.clean,
            admit=session.take_seat,
        )
    except EarmarkError as error:
        notices.show_error(error)
        return
    refusals.watch()
    if connection is Connection.IDLE:
        if transport.is_own(session):
            session.stop()
    elif connection is Connection.OVER:
        st.fragment(_draw_again, run_every=AGAIN_S)()
    elif connection is not Connection.REFUSED:
        _use(session, classifier, view)
    webrtc_fallback.show_stuck()


def _draw_again() -> None:
    """Rerun the page once the browser has removed the connection of a stream that ended."""
    if tab.take(_REMOVED, False):
        st.rerun()
    tab.keep(_REMOVED, True)


def _show_elsewhere(
    session: LiveSession, classifier: SoundClassifier, view: LiveViewSettings
) -> None:
    """Show that another tab of this visitor listens, with buttons to stop it or take over."""
    is_silent = session.is_silent
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Stop", key="live-stop", icon=":material/stop:", on_click=session.stop)
        if serving.is_serving() and transport.chosen() != "webrtc":
            st.button(
                "Listen here",
                key="live-here",
                icon=":material/mic:",
                type="primary" if is_silent else "secondary",
                on_click=_press_start,
                args=(session, classifier, view),
            )
        words = ELSEWHERE_SILENT if is_silent else ELSEWHERE
        st.caption(words if session.playback is None else PLAYING_ELSEWHERE)
    if is_silent:
        st.fragment(_look_for_sound, run_every=LOOK_AGAIN_S)(session)


def _look_for_sound(session: LiveSession) -> None:
    """Rerun the page once the other tab sends audio, or its stream has ended."""
    if not (session.listening and session.is_silent):
        st.rerun()


def _show_failure(session: LiveSession) -> None:
    """Show why the browser denied the microphone, or why a recording could not be kept."""
    words = transport.take_failure()
    if words is not None:
        st.warning(words, icon=":material/mic_off:")
    error = session.take_failure()
    if error is not None:
        notices.show_error(error)


def _show_full() -> None:
    """Show that all seats are taken; rerun the page when one is free."""
    seats = shared().seats
    if seats.any_free:
        st.rerun()
    full = (
        "**Another visitor is listening right now**, and this server is set up for one at a time. "
        "As soon as they stop"
        if seats.count == 1
        else f"**{seats.count} visitors are listening right now**, as many as this server is set "
        "up for. As soon as one of them stops"
    )
    st.info(
        f"{full}, you can start here: the page notices by itself. "
        "Meanwhile you can record instead, below.",
        icon=":material/groups:",
    )
