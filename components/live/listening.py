"""Listening, wherever a page offers it: the connection, help with it, and the panel that moves."""

import time

import streamlit as st

from components import microphone, notices
from components.live import panel
from components.live.settings import LiveViewSettings
from components.microphone import Connection
from components.palette import palette_for
from components.workspace.shared import shared
from models.classifier import Classifier
from models.errors import EarmarkError
from models.live import LiveSession

REFRESH_S = 0.2
"""Time after which the browser asks for the next refresh of the panel, whose script moves on in
between, and for how long that waits for the next scores at most. It comes with the scores then, and
so the label stands on the page at once, and at an interval of 0.25 s no refresh is for nothing."""

REST_SHARE = 3.0
"""For so many times as long as a refresh took it rests before the next: they take a quarter of the
time at most. On a server with time to spare that is over before the next scores are there; on a
busy one each person's panel slows down, in place of everybody's pages and scores."""

MAX_REST_S = 2.0
"""Longest rest, in seconds."""

LOOK_AGAIN_S = 2.0
"""Time after which is looked again whether somebody has stopped, where all places are taken."""

CONNECTING_S = 10.0
"""Time after which a connection that does not come about needs help: ICE gives up pairs of
addresses after about as long (RFC 8445)."""


def connect(session: LiveSession, classifier: Classifier, view: LiveViewSettings) -> Connection:
    """Draw the button that starts and stops listening, and what stands in the way of it.

    Parameters
    ----------
    session : LiveSession
        Begins, or goes on with these settings, while there is a connection. What it heard is kept
        once it ends.
    classifier : Classifier
        What listens.
    view : LiveViewSettings
        How.

    Returns
    -------
    Connection
        How far the connection is. There is one on a page at most.
    """
    panel.show_preflight()
    connection = _listen(session, classifier, view)
    connecting = connection is Connection.CONNECTING
    st.fragment(_show_troubles, run_every=1.0 if connecting else None)(session, connecting)
    return connection


def show(
    session: LiveSession, labels: tuple[str, ...], view: LiveViewSettings, connection: Connection
) -> None:
    """Draw the panel, which refreshes itself while it listens; none where all places are taken.

    Parameters
    ----------
    session, view
        As for `connect`.
    labels : tuple of str
        What listens hears these.
    connection : Connection
        As `connect` gave it.
    """
    if connection is Connection.REFUSED:
        return  # there is nothing to press, and nothing to see
    refresh = REFRESH_S if session.listening else None
    st.fragment(_refresh, run_every=refresh)(session, labels, view, connection)


def _listen(session: LiveSession, classifier: Classifier, view: LiveViewSettings) -> Connection:
    was_listening, connection = session.listening, Connection.REFUSED
    if session.has_seat or shared().seats.any_free:
        try:
            connection = microphone.listen(
                session.push, ended=session.end_track, clean=view.clean, admit=session.take_seat
            )
        except EarmarkError as error:
            notices.show_error(error)
            connection = Connection.IDLE
    if connection in (Connection.CONNECTING, Connection.OPEN):
        session.start(classifier, view.stream_settings())
        session.was_lost = False
    else:
        if session.lost:
            session.was_lost = connection is Connection.IDLE
        session.finish()
    if session.was_lost:
        _show_lost()
    if connection is Connection.REFUSED:
        st.fragment(_show_full, run_every=LOOK_AGAIN_S)(was_listening)
    return connection


def _show_lost() -> None:
    """Say why nothing is heard any more, though nobody pressed Stop, and how to go on."""
    st.warning(
        "**The connection to your microphone was lost**, and listening has ended. What was heard "
        "until then is kept. Press **Start listening** to go on.",
        icon=":material/wifi_off:",
    )


def _show_full(lost_seat: bool) -> None:
    """Say that nobody else can listen now; the page goes on as soon as somebody can."""
    seats = shared().seats
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


def _show_troubles(session: LiveSession, connecting: bool) -> None:
    """Help with a connection that does not come about; the page alone would not run anew."""
    if session.time_connecting(connecting) > CONNECTING_S:
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
    began = time.monotonic()
    data = panel.panel_data(
        snapshot,
        labels,
        view,
        palette_for(st.context.theme.type),
        connection=connection.value,
    )
    panel.show_panel(data)
    if session.listening:
        time.sleep(min(MAX_REST_S, REST_SHARE * (time.monotonic() - began)))
